"""An alarm that stood when the watcher before this one died (`raised_before`).

It stands on until as much was seen as any detector looks back: before, this watcher knows less than
the one that raised it.
"""

import math
from collections.abc import Mapping

from rig.bus.logic.link import LinkDown
from rig.detect.events import Heard
from rig.detect.verdict import Detector, Hear, Verdict


class RaisedBefore(Detector):
    """Since `start` (s), for `why`."""

    def __init__(self, why: str, start: float, looks_back: float) -> None:
        super().__init__("raised_before", 0)
        self.looks_back = looks_back
        self._sees_since = math.inf
        self.say("alarm", why, start)

    @property
    def hears(self) -> Mapping[type, Hear]:
        return {Heard: self._heard, LinkDown: self._lose}

    def tick(self, now: float) -> Verdict | None:
        if now - self._sees_since < self.looks_back:
            return None
        return self.say("ok", "as much was seen again as any detector looks back", now)

    def _heard(self, _frame: Heard, now: float) -> None:
        self._sees_since = min(self._sees_since, now)

    def _lose(self, _down: LinkDown, now: float) -> None:
        self._sees_since = math.inf
