"""The energy register of a connector, integrated from the current."""

from rig.role.logic.supply import Supply

HOUR = 3600.0  # s


class Meter:
    """Energy in Wh, from an `initial` reading on: the register goes on over a restart (7.31).

    It stands still where the bench names no voltage and phases.
    """

    def __init__(self, supply: Supply | None, initial: float = 0.0) -> None:
        self._supply = supply
        self._since: tuple[float, float] | None = None
        self.energy = initial  # Wh

    @property
    def reading(self) -> int:
        """Whole Wh, as StartTransaction and StopTransaction carry it."""
        return int(self.energy)

    def measured(self, current: float, now: float) -> None:
        """A current (A per phase) was reported; the one before flowed until now."""
        if self._since and self._supply:
            before, at = self._since
            watts = before * self._supply.voltage * self._supply.phases
            self.energy += watts * (now - at) / HOUR
        self._since = (current, now)

    def lost(self) -> None:
        """Nothing is known until the next report: what flows meanwhile is not counted."""
        self._since = None
