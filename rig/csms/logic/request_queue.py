"""The requests of the central system to one charge point, one outstanding at a time.

Source: OCPP-J 1.6, 4.1.1.
"""

import math
from dataclasses import dataclass
from typing import Any

from rig.csms.logic.events import Done, NotTaken
from rig.ocppj.logic.exchange import Ask, Failed

WAITING = 32  # commands that may wait for their turn
PATIENCE = 60.0  # s that one waits; with the time to its answer less than what `rig send` waits


@dataclass(frozen=True, slots=True)
class QueuedRequest:
    """A request, with the key of the Command that it came with; without one: of the cycle."""

    request: Any
    key: object = None
    until: float = math.inf  # s on the clock of `now`; then nobody wants it sent any more


class RequestQueue:
    """Sends in order. What a lost connection cuts off is given up: the cycle goes on without."""

    __slots__ = ("_is_open", "_outstanding", "_waiting")

    def __init__(self) -> None:
        self._waiting: list[QueuedRequest] = []
        self._outstanding: QueuedRequest | None = None
        self._is_open = False

    @property
    def wake_at(self) -> float:
        """When the first of the commands that wait has waited too long."""
        return min(queued.until for queued in self._waiting) if self._waiting else math.inf

    @property
    def is_idle(self) -> bool:
        """Whether a request put now would be sent at once."""
        return self._is_open and self._outstanding is None

    def open(self) -> None:
        """The charge point is connected."""
        self._is_open = True

    def close(self, why: str) -> list[Done]:
        """The connection is gone; every command fails."""
        sent, waiting = self._outstanding, self._waiting
        self._is_open, self._outstanding, self._waiting = False, None, []
        failed = [Done(sent.key, Failed(sent.request, f"sent, but {why}"))] if sent else []
        return [each for each in (*failed, *_not_sent(waiting, why)) if each.key is not None]

    def overdue(self, now: float) -> list[Done]:
        """The commands that waited too long fail, and will not be sent."""
        if self.wake_at > now:
            return []
        late = [queued for queued in self._waiting if queued.until <= now]
        self._waiting = [queued for queued in self._waiting if queued.until > now]
        return _not_sent(late, f"its turn did not come within {PATIENCE:g} s", in_time=False)

    def withdraw(self, key: object) -> QueuedRequest | None:
        """Nobody waits for this command any more: forget it. None if it does not wait here."""
        found = next((queued for queued in self._waiting if queued.key == key), None)
        if found:
            self._waiting.remove(found)
        return found

    def drop_cycle(self) -> None:
        """Forget the requests of the cycle that wait: they were for one that booted since."""
        self._waiting = [queued for queued in self._waiting if queued.key is not None]

    def put(self, request: Any) -> list[Ask]:
        """A request of the cycle: before every command that waits."""
        self._waiting.insert(0, QueuedRequest(request))
        return self.next()

    def put_command(self, key: object, request: Any, now: float) -> list[Ask | Done]:
        """A request from outside. It fails at once if it cannot be sent, or not soon."""
        queued = QueuedRequest(request, key, now + PATIENCE)
        if not self._is_open:
            return [*_not_sent([queued], "not connected")]
        if len(self._waiting) >= WAITING:
            return [Done(key, NotTaken(f"not sent: {WAITING} commands wait already"))]
        self._waiting.append(queued)
        return [*self.next()]

    def finish(self, request: Any) -> QueuedRequest | None:
        """The outstanding request got what it gets; None if it is not the outstanding one."""
        queued = self._outstanding
        if queued is None or queued.request is not request:
            return None
        self._outstanding = None
        return queued

    def next(self) -> list[Ask]:
        """Send what waits, if nothing is outstanding."""
        if not self.is_idle or not self._waiting:
            return []
        self._outstanding = self._waiting.pop(0)
        return [Ask(self._outstanding.request)]


def _not_sent(items: list[QueuedRequest], why: str, *, in_time: bool = True) -> list[Done]:
    text = f"not sent: {why}"
    return [Done(queued.key, Failed(queued.request, text, in_time=in_time)) for queued in items]
