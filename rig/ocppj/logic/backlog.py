"""What a peer leaves unread, and when it is cut off for it.

For more than UNSENT_ALLOWED bytes, and for taking nothing in SEND_TIMEOUT s while something waits:
pings, which would notice that, wait behind it.
"""

import math

from rig.role.logic.timeout import Timeout

UNSENT_ALLOWED = 1 << 18  # bytes
SEND_TIMEOUT = 30.0  # s of listening: what it takes is only seen then


class Backlog:
    """Judges the bytes that wait for a peer. `wake_at`: when to look again (s), or inf."""

    def __init__(self) -> None:
        self._timeout = Timeout(SEND_TIMEOUT)
        self._unsent, self._takes = 0, False

    @property
    def wake_at(self) -> float:
        return self._timeout.wake_at

    def add(self, before: int, after: int, now: float) -> bool:
        """A text was added; bytes that waited before and after it. False if that is too much."""
        self._takes |= before < self._unsent
        self._unsent = after
        if after and self.wake_at == math.inf:
            self._timeout, self._takes = Timeout(SEND_TIMEOUT, now), False
        return after <= UNSENT_ALLOWED

    def tick(self, unsent: int, now: float) -> bool:
        """Look again. False if the peer took nothing in SEND_TIMEOUT s."""
        if now < self.wake_at:
            return True
        takes = self._takes or unsent < self._unsent
        self._unsent, self._takes = unsent, False
        if takes:
            self._timeout = Timeout(SEND_TIMEOUT, now if unsent else math.inf)
        return not self._timeout.is_over(now)
