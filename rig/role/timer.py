"""A timer of the event loop that is put off again and again, which mostly costs nothing."""

import asyncio
import math
from collections.abc import Callable

LATE = 0.05  # s; this process stood still, and something may have arrived meanwhile
READING = 0.05  # s in which that is read


class Timer:
    """Calls `fire` at the moment that it is set to, or before: then it is to be set again.

    A timer that is too early stays, since what it is for is mostly put off or done by then: to look
    once too often costs less than a new timer for each. One that is late lets go first what arrived
    meanwhile: after SIGCONT the event loop has its timers before its sockets.
    """

    def __init__(self, fire: Callable[[], None]) -> None:
        self._fire, self._loop = fire, asyncio.get_running_loop()
        self._handle: asyncio.TimerHandle | None = None
        self._is_reading = False

    def set(self, moment: float) -> None:
        """Fire at this time of the event loop (s) at the latest; inf: not for this."""
        if self._handle and (self._is_reading or self._handle.when() <= moment):
            return
        self.cancel()
        if moment < math.inf:
            self._handle = self._loop.call_at(moment, self._on_time)

    def cancel(self) -> None:
        """Do not fire."""
        if self._handle:
            self._handle.cancel()
        self._handle, self._is_reading = None, False

    def _on_time(self) -> None:
        now = self._loop.time()
        if self._handle and not self._is_reading and now - self._handle.when() > LATE:
            self._is_reading = True
            self._handle = self._loop.call_at(now + READING, self._on_time)
            return
        self._handle, self._is_reading = None, False
        self._fire()
