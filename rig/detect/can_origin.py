"""Current that this host sent while a real charger reports (`can_origin`): it cannot be the
charger's.

The kernel marks what this host sent. On a vcan it marks everything, so nothing is known there; on
an adapter a Current without the mark comes from a device, which from then on is the charger.
"""

import math
from collections.abc import Mapping

from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import Current
from rig.detect.events import Heard
from rig.detect.verdict import Detector, Hear, Verdict

REAL_FOR = 60.0  # s after its last report, a charger counts as there: then one may take its place
STANDS = 8.0  # s after the last Current of this host
NO_MARK = "the bus does not tell who sent a frame"
NO_DEVICE = "no Current of another device heard: the charger may be simulated on this host"
OK = "Current comes from the charger alone"


class CanOrigin(Detector):
    """Of the bus of one connector."""

    looks_back = REAL_FOR

    def __init__(self, connector: int = 1) -> None:
        super().__init__("can_origin", connector)
        self._real_until = self._until = -math.inf

    @property
    def hears(self) -> Mapping[type, Hear]:
        return {Heard: self._heard, LinkDown: self._lose}

    def tick(self, now: float) -> Verdict | None:
        if now < self._until or self.verdict.state == "unknown":
            return None
        if now >= self._real_until:
            return self.say("unknown", NO_DEVICE, now)
        return self.say("ok", OK, now)

    def _lose(self, down: LinkDown, now: float) -> Verdict | None:
        self._real_until = self._until = -math.inf
        return self.say("unknown", down.why, now)

    def _heard(self, frame: Heard, now: float) -> Verdict | None:
        if not isinstance(frame.what, Current):
            return None
        if frame.is_local is False:
            self._real_until = now + REAL_FOR
            return None if now < self._until else self.say("ok", OK, now)
        if frame.is_local is None:
            return self.say("unknown", NO_MARK, now)
        if now >= self._real_until:
            return self.say("unknown", NO_DEVICE, now)
        self._until = now + STANDS
        current = frame.what.current
        return self.say("alarm", f"Current {current:g} A was sent by this host", now, 1, 1)
