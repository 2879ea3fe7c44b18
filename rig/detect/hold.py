"""Puts what comes from several sources in the order of its stamps, so that a recording is judged as
the live traffic was. Times in s since 1970.

An event is held for HOLD, since others with an earlier stamp may still be on their way. One that
comes later than that is judged when it comes, and counted.
"""

import heapq
import math
from collections.abc import Iterator
from typing import NamedTuple

from rig.detect.events import Event, OnBus, Said

HOLD = 0.25  # s


class Late(NamedTuple):
    """An event that came too late for its place: it is judged at another one."""

    event: Event
    stamp: float
    judged_at: float


class Hold:
    """Events since `start`."""

    def __init__(self, start: float) -> None:
        self._held: list[tuple[float, str, int, Event]] = []
        self._number = 0  # of an event: those of one source keep their order
        self.until = start  # so far it is judged
        self._second = math.floor(start) + 1

    @property
    def wake_at(self) -> float:
        """When something is due."""
        first = self._held[0][0] if self._held else math.inf
        return min(first, self._second) + HOLD

    def add(self, event: Event, stamp: float) -> Late | None:
        """It came now; Late, if that is too late."""
        late = Late(event, stamp, self.until) if stamp < self.until else None
        self._number += 1
        item = (max(stamp, self.until), source_of(event), self._number, event)
        heapq.heappush(self._held, item)
        return late

    def due(self, now: float) -> Iterator[tuple[float, Event | None]]:
        """All that is due at `now`, each with its stamp; None stands for a whole second.

        What has the stamp `now - HOLD` itself waits: another one with that stamp may still come.
        """
        until = max(self.until, now - HOLD)
        while (stamp := min(self._first, self._second)) < until:
            self.until = stamp
            if stamp == self._second:
                self._second += 1
                yield stamp, None
            else:
                yield stamp, heapq.heappop(self._held)[3]
        self.until = until

    @property
    def _first(self) -> float:
        return self._held[0][0] if self._held else math.inf


def source_of(event: Event) -> str:
    """Of two events with one stamp, that of the first source in the alphabet goes first."""
    if isinstance(event, OnBus):
        return f"can{event.connector}"
    return f"ocpp {event.end}" if isinstance(event, Said) else f"ocpp {event.end} link"
