"""Which limit one charger is held to, and when it is told. Limits in A, times in s."""

from rig.cp.logic.charger_link import ChargerLink, Output
from rig.cp.logic.condition import Condition
from rig.cp.logic.surroundings import Surroundings


class HeldLimit:
    """The limit of the charger of one connector, whose condition it is."""

    def __init__(
        self, number: int, around: Surroundings, charger: ChargerLink, condition: Condition
    ) -> None:
        self._number, self._around, self._charger = number, around, charger
        self._condition = condition

    def to_start_with(self, now: float, *, brings_its_own: bool = False) -> float | None:
        """What must reach the charger before Start; None if it was told that for certain.

        The limit of a RemoteStartTransaction is told in any case: it answers for it.
        """
        limit = self._in_force(now, is_busy=True)
        if limit is None:
            return None
        carried = self._charger.carried(limit)
        return carried if brings_its_own or not self._charger.was_told(carried) else None

    def put_in_force(self, now: float, *, is_busy: bool) -> list[Output]:
        """See to it that the charger is told the limit that is in force now.

        Without a transaction an old limit may stay: the next one sets its own before it starts.
        """
        limit = self._in_force(now, is_busy=is_busy)
        return [] if limit is None else self._charger.restore_limit(limit)

    def _in_force(self, now: float, *, is_busy: bool) -> float | None:
        """None: no profile says any, and none was told that a transaction must not have."""
        if self._condition.deauthorized:
            return 0.0
        limit = self._around.limit_of(self._number, now)
        if limit is None and is_busy and self._charger.was_limited:
            return self._around.limit
        return limit
