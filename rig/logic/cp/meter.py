"""The energy register of a connector, integrated from the current."""

from rig.logic.cp.profiles import Supply

HOUR = 3600.0  # s


class Meter:
    """Energy in Wh since the start. Stays 0 where the bench names no voltage and phases."""

    def __init__(self, supply: Supply | None) -> None:
        self._supply = supply
        self._since: tuple[float, float] | None = None
        self._energy = 0.0

    @property
    def reading(self) -> int:
        """Whole Wh, as StartTransaction and StopTransaction carry it."""
        return int(self._energy)

    def measured(self, current: float, now: float) -> None:
        """A current (A per phase) was reported; the one before flowed until now."""
        if self._since and self._supply:
            before, at = self._since
            watts = before * self._supply.voltage * self._supply.phases
            self._energy += watts * (now - at) / HOUR
        self._since = (current, now)

    def lost(self) -> None:
        """Nothing is known until the next report: what flows meanwhile is not counted."""
        self._since = None
