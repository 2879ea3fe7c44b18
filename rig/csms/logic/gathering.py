"""When a group of what waits to be written is due.

A large group costs less. But whoever was answered may ask again at once, and where all of them have
there is nothing more to wait for: a charge point that is alone is not held up. Times in s on the
clock of `now`.
"""

import math
from collections.abc import Iterable

GATHERING = 0.1  # s that anything waits for others, at most


class Gathering:
    """Of the group that gathers now, and who is expected to join it. `due_at`: when to write it;
    inf if there is none."""

    def __init__(self) -> None:
        self.due_at = self._since = math.inf
        self._is_urgent = False
        self._awaited: set[str] = set()

    def adds(self, now: float, charge_point: str | None = None, *, urgent: bool = False) -> None:
        """Something joins the group; `charge_point`: who waits for it, and asks nothing else."""
        self._since = min(self._since, now)
        self._is_urgent |= urgent
        if charge_point is not None:
            self._awaited.discard(charge_point)
        self._settle()

    def taken(self) -> None:
        """The group is being written; the next one gathers."""
        self.due_at = self._since = math.inf
        self._is_urgent = False

    def answered(self, charge_points: Iterable[str], again: Iterable[str]) -> None:
        """These were; those of `again` have asked since."""
        self._awaited = set(charge_points) - set(again)
        self._settle()

    def _settle(self) -> None:
        is_due = self._is_urgent or not self._awaited
        self.due_at = self._since if is_due else self._since + GATHERING
