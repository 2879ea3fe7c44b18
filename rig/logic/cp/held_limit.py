"""Which limit one charger is held to, and when it is told. Limits in A, times in s."""

from rig.logic.cp.charger_link import ChargerLink, Output
from rig.logic.cp.charging_profile import Profile
from rig.logic.cp.surroundings import Surroundings


class HeldLimit:
    """The limit of the charger of one connector."""

    def __init__(self, number: int, around: Surroundings, charger: ChargerLink) -> None:
        self._number, self._around, self._charger = number, around, charger
        self._in_force: float | None = None

    def to_start_with(self, profile: Profile | None, now: float) -> float | None:
        """What must reach the charger before Start; None if it is told that already."""
        limit = self._around.limit_of(self._number, now, profile)
        if limit is None and self._charger.limit is not None:
            limit = self._around.limit  # what an earlier transaction had does not bind this one
        if limit is None:
            return None
        carried = self._charger.carried(limit)
        return None if carried == self._charger.limit and not profile else carried

    def put_in_force(self, limit: float | None, *, charging: bool, now: float) -> list[Output]:
        """This limit is in force from now on; None: no profile says any."""
        if limit == self._in_force:
            return []
        self._in_force = limit
        if limit is None and charging and self._charger.limit is not None:
            limit = self._around.limit
        # Without a transaction an old limit may stay: the next one sets its own before it starts.
        return [] if limit is None else self._charger.restore_limit(limit, now)
