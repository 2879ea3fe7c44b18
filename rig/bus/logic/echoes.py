"""Which frames were really sent: a frame counts when its own echo came back from the bus."""

import math
from collections import deque
from dataclasses import dataclass

from rig.bus.logic.link import Late, NotSent, Sent
from rig.bus.logic.messages import Frame
from rig.role.logic.timeout import Timeout

ECHO_TIMEOUT = 0.1  # s of listening, from handing a frame over to giving it up
REMEMBERED = 64  # frames given up whose late echo is still recognised


@dataclass(slots=True)
class _Waiting:
    token: int
    frame: Frame
    timeout: Timeout
    bus_worked: bool = False  # another echo came while it waited


class Echoes:
    """Frames handed to the bus and not yet seen on it, oldest first. Times in s.

    A frame given up on a bus that stood still may come later; on one that worked it is lost.
    """

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._given_up: deque[_Waiting] = deque(maxlen=REMEMBERED)

    @property
    def wake_at(self) -> float:
        """When to look again whether a frame is to be given up."""
        return min([item.timeout.wake_at for item in self._waiting], default=math.inf)

    def handed_over(self, token: int, frame: Frame, now: float) -> None:
        """The frame was given to the bus at `now`."""
        self._waiting.append(_Waiting(token, frame, Timeout(ECHO_TIMEOUT, now)))

    def echoed(self, frame: Frame, stamp: float | None = None) -> Sent | Late | None:
        """An own frame came back, with this stamp (s since 1970).

        An old one comes first, since the bus keeps the order of one sender. So what was given up
        before it is lost: else one loss would make all later echoes Late.
        """
        outcome = self._late(frame, stamp) or self._in_time(frame, stamp)
        if outcome:
            for item in self._waiting:
                item.bus_worked = True
        return outcome

    def _late(self, frame: Frame, stamp: float | None) -> Late | None:
        if not (old := _find(self._given_up, frame)):
            return None
        while self._given_up.popleft() is not old:
            pass
        return Late(old.token, stamp)

    def _in_time(self, frame: Frame, stamp: float | None) -> Sent | None:
        if not (new := _find(self._waiting, frame)):
            return None
        self._given_up.clear()
        self._waiting.remove(new)
        return Sent(new.token, stamp)

    def refused(self, token: int, why: str) -> NotSent | None:
        """The bus would not take the frame, so it can never come back."""
        for item in self._waiting:
            if item.token == token:
                self._waiting.remove(item)
                return NotSent(token, why)
        return None

    def tick(self, now: float) -> list[NotSent]:
        """Give up what is due."""
        late = []
        for item in [item for item in self._waiting if item.timeout.is_over(now)]:
            self._waiting.remove(item)
            if item.bus_worked:
                self._given_up.clear()
            else:
                self._given_up.append(item)
            late.append(NotSent(item.token, f"no echo within {ECHO_TIMEOUT * 1000:.0f} ms"))
        return late

    def flushed(self, why: str) -> list[NotSent]:
        """The bus is gone and what waited with it."""
        lost = [NotSent(item.token, why) for item in self._waiting]
        self._waiting.clear()
        self._given_up.clear()
        return lost


def _find(items: deque[_Waiting], frame: Frame) -> _Waiting | None:
    return next((item for item in items if item.frame == frame), None)
