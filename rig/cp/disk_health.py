"""The health of the disk that a state lies on, told in the log, and to whoever lives from it.

It happens in the thread that uses the disk; it is told in the event loop.
"""

import asyncio
import functools
import logging
import time
from collections.abc import Callable

from rig.cp.logic.events import Damaged, DiskFailed, DiskWorks

REPEAT_EVERY = 60.0  # s between two lines of the log that say that it cannot be written
LOSES = "a restart now would not know what happened since"

DiskEvent = DiskFailed | DiskWorks | Damaged
Hears = Callable[[DiskEvent], None]


class DiskHealth:
    """Of the disk of the state at `path`."""

    def __init__(self, path: str, log: logging.Logger) -> None:
        self._path, self._log = path, log
        self._loop = asyncio.get_running_loop()
        self.trouble: str | None = None  # as the thread has it
        self._told_at = 0.0  # when the log said so
        self._hears: Hears | None = None
        self._failure: DiskFailed | None = None  # as the event loop has it
        self._untold: list[Damaged] = []

    def tell(self, hears: Hears | None) -> None:
        """Tell this, from now on, what happens to the disk, and what nobody heard yet."""
        self._hears = hears
        if hears is None:
            return
        untold, self._untold = self._untold, []
        if self._failure:
            hears(self._failure)
        for damaged in untold:
            hears(damaged)

    def call(self, done: Callable[[], None]) -> None:
        """Call this in the event loop, from the thread."""
        try:
            self._loop.call_soon_threadsafe(done)
        except RuntimeError:  # the loop is closed: the role has ended
            return

    # in the thread

    def failed(self, why: str) -> None:
        """It cannot be written, or not be read."""
        now = time.monotonic()
        if self.trouble is None or now >= self._told_at + REPEAT_EVERY:
            self._log.error("state = cannot write %s: %s; %s", self._path, why, LOSES)
            self._told_at = now
        if self.trouble is None:
            self._tell(DiskFailed(why))
        self.trouble = why

    def works(self) -> None:
        """All is on it."""
        if self.trouble is not None:
            self._log.warning("state = %s is written again, nothing is missing", self._path)
            self._tell(DiskWorks())
        self.trouble = None

    def damaged(self, what: str) -> None:
        """Some of it was set aside."""
        self._log.error("state = %s", what)
        self._tell(Damaged(what))

    def _tell(self, event: DiskEvent) -> None:
        self.call(functools.partial(self._hear, event))

    def _hear(self, event: DiskEvent) -> None:
        if not isinstance(event, Damaged):
            self._failure = event if isinstance(event, DiskFailed) else None
        if self._hears:
            self._hears(event)
        elif isinstance(event, Damaged):
            self._untold.append(event)
