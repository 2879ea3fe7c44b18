"""More flows than the commands allow (`limit_exceeded`): a limit or a Stop that is not obeyed.

The ceiling and its reasons: `flow.py`, by the bench's `[expect]`.
"""

import math

from rig.bus.logic.link import LinkDown, LinkUp
from rig.bus.logic.messages import Current
from rig.detect.commanded import Commanded
from rig.detect.flow import Flow
from rig.detect.verdict import NOTHING_SEEN, Verdict
from rig.role.logic.expect import Expect

NOT_TOLD = "what the charger was told is not known yet"
ALLOWED = "no more flows than may"
SILENT = 8.0  # s without Current after which nobody knows what flows: eight periods of the seed's


class LimitExceeded:
    """Of one charger. Unknown until it was told a limit or Stop and has reported."""

    looks_back = 0.0

    def __init__(self, expect: Expect) -> None:
        self._expect = expect
        self._commanded = Commanded()
        self._verdict = Verdict("limit_exceeded")
        self._blind: str | None = None
        self._heard_at = -math.inf  # Current
        self._begin(NOTHING_SEEN)

    def receive(self, event: object, now: float) -> Verdict:
        self._commanded.receive(event)
        match event:
            case Current(current) if self._flow.believes(current):
                self._measured(current, now)
            case LinkUp():
                self._begin(NOTHING_SEEN)
            case LinkDown(why):
                self._begin(why)
        return self.tick(now)

    def tick(self, now: float) -> Verdict:
        if self._blind is None and now - self._heard_at >= SILENT:
            self._begin(f"no Current for {SILENT:g} s")
        if self._blind is not None:
            self._verdict = self._verdict.then("unknown", self._blind, now)
        elif self._flow.over:
            self._verdict = self._verdict.then("alarm", self._flow.over, now)
        else:
            self._verdict = self._verdict.then("ok", ALLOWED, now)
        return self._verdict

    def _begin(self, why: str) -> None:
        """What was before is not known."""
        self._flow, self._blind = Flow(self._expect), why

    def _measured(self, current: float, now: float) -> None:
        target = self._commanded.target
        self._blind, self._heard_at = NOT_TOLD if target is None else None, now
        if target is not None:
            self._flow.measured(current, target, now)
