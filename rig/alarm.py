"""A timer of the event loop that is put off again and again, which mostly costs nothing."""

import asyncio
import math
from collections.abc import Callable


class Alarm:
    """Calls `ring` at the moment that it is set to, or before: then it is to be set again.

    A timer that is too early stays, since what it is for is mostly put off or done by then: to look
    once too often costs less than a new timer for each.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring, self._loop = ring, asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def set(self, moment: float) -> None:
        """Ring at this time of the event loop (s) at the latest; inf: not for this."""
        if self._timer and self._timer.when() <= moment:
            return
        self.off()
        if moment < math.inf:
            self._timer = self._loop.call_at(moment, self._on_timer)

    def off(self) -> None:
        """Do not ring."""
        if self._timer:
            self._timer.cancel()
        self._timer = None

    def _on_timer(self) -> None:
        self._timer = None
        self._ring()
