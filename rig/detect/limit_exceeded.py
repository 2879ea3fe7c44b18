"""More flows than the commands allow (`limit_exceeded`): a limit or a Stop that is not obeyed.

The ceiling and its reasons: `flow.py`, by the bench's `[expect]`.
"""

import math
from collections.abc import Mapping

from rig.bus.logic.link import LinkDown, LinkUp
from rig.bus.logic.messages import Current
from rig.detect.commanded import Target
from rig.detect.flow import Ceiling
from rig.detect.verdict import NOTHING_SEEN, Detector, Hear, Verdict
from rig.role.logic.expect import Expect

NOT_TOLD = "what the charger was told is not known yet"
ALLOWED = "no more flows than may"
SILENT = 8.0  # s without Current after which nobody knows what flows: eight periods of the seed's


class LimitExceeded(Detector):
    """Of one charger. Unknown until it was told a limit or Stop and has reported."""

    def __init__(self, expect: Expect, connector: int = 1) -> None:
        super().__init__("limit_exceeded", connector)
        self._expect, self._ceiling = expect, Ceiling(expect)
        self._target: float | None = None
        self._heard_at = -math.inf  # Current, of a charger whose target is known

    @property
    def hears(self) -> Mapping[type, Hear]:
        return {
            Target: self._follow,
            Current: self._measured,
            LinkUp: self._came_up,
            LinkDown: self._went_down,
        }

    def tick(self, now: float) -> Verdict | None:
        if now - self._heard_at < SILENT or self.verdict.state == "unknown":
            return None
        return self._begin(f"no Current for {SILENT:g} s", now)

    def _begin(self, why: str, now: float) -> Verdict | None:
        """What was before is not known."""
        self._ceiling = Ceiling(self._expect)
        return self.say("unknown", why, now)

    def _follow(self, target: Target, now: float) -> None:
        self._target = target.amps

    def _came_up(self, _up: LinkUp, now: float) -> Verdict | None:
        return self._begin(NOTHING_SEEN, now)

    def _went_down(self, down: LinkDown, now: float) -> Verdict | None:
        return self._begin(down.why, now)

    def _measured(self, report: Current, now: float) -> Verdict | None:
        if self._target is None:
            return self.say("unknown", NOT_TOLD, now)
        if not self._ceiling.believes(report.current):
            return None
        self._heard_at = now
        self._ceiling.measured(report.current, self._target, now)
        if self._ceiling.over:
            return self.say("alarm", self._ceiling.over, now, report.current, self._target)
        return self.say("ok", ALLOWED, now)
