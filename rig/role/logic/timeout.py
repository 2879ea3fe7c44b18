"""How long somebody else may be silent, over time in which this process listened."""

import math

LOOKS = 4  # a stop of this process counts for no more than one part of so many


class Timeout:
    """Ends `within` s after `now`, at the last of LOOKS looks (times in s); never if it has no
    begin.

    A look that comes late, for this process stood still or had too much to do, counts as any: what
    arrived meanwhile is read before the next one.
    """

    __slots__ = ("_left", "_part", "wake_at")

    def __init__(self, within: float, now: float = math.inf) -> None:
        self._part = part = within / LOOKS
        self.wake_at, self._left = now + part, LOOKS

    def begin(self, now: float) -> None:
        """From now on, as if nothing was before."""
        self.wake_at, self._left = now + self._part, LOOKS

    def end(self) -> None:
        """Nobody is waited for."""
        self.wake_at = math.inf

    def is_over(self, now: float) -> bool:
        """Look, if it is time to; whether this was the last look. Then it has ended."""
        if now < self.wake_at:
            return False
        self._left -= 1
        self.wake_at = now + self._part if self._left else math.inf
        return not self._left
