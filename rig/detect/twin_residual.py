"""What is reported against a twin of the simulated charger (`twin_residual`), both ways.

Opt-in, for the simulated charger alone: a car that takes less than its limit, or a charger with
another ramp, is no twin of it. The twin goes a fifth of the way to the target with each report
(rig/charger_module/logic/charger.py); a command that comes near to a report may be obeyed with it
or with the next one, so there are two, and what is between them is right.
"""

import math
from collections.abc import Mapping

from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import Current
from rig.detect.commanded import Target
from rig.detect.verdict import Detector, Hear, Verdict
from rig.role.logic.expect import Expect

RAMP = 0.2  # share of the way in one step
SAMPLES = 2  # reports in a row that are out of the band
STANDS = 8.0  # s
NOT_KNOWN = "what the charger was told is not known yet"
OK = "what is reported is what the simulated charger would report"


class TwinResidual(Detector):
    """Of one charger. Currents in A."""

    def __init__(self, expect: Expect, connector: int = 1) -> None:
        super().__init__("twin_residual", connector)
        self._most = expect.accuracy
        self._until = -math.inf
        self._begin()

    @property
    def hears(self) -> Mapping[type, Hear]:
        return {Target: self._follow, Current: self._measured, LinkDown: self._lose}

    def tick(self, now: float) -> Verdict | None:
        if self.verdict.state != "alarm" or now < self._until:
            return None
        return self.say("ok", OK, now)

    def _begin(self) -> None:
        self._target: float | None = None  # now
        self._before: float | None = None  # when the last report came
        self._twins: tuple[float, float] | None = None  # obeys at once, and with the next report
        self._out = 0  # reports in a row

    def _lose(self, down: LinkDown, now: float) -> Verdict | None:
        self._begin()
        return self.say("unknown", down.why, now)

    def _follow(self, target: Target, now: float) -> None:
        self._target = target.amps

    def _measured(self, report: Current, now: float) -> Verdict | None:
        if self._target is None:
            return self.say("unknown", NOT_KNOWN, now)
        late = self._target if self._before is None else self._before
        self._before = self._target
        if self._twins is None:
            self._twins = (report.current, report.current)
            return self.say("ok", OK, now)
        soon, later = self._twins
        soon += (self._target - soon) * RAMP
        later += (late - later) * RAMP
        self._twins = (soon, later)
        residual = max(min(soon, later) - report.current, report.current - max(soon, later))
        self._out = self._out + 1 if residual > self._most else 0
        if self._out < SAMPLES:
            return None
        self._until = now + STANDS
        why = f"{report.current:g} A reported, the simulated charger would be {residual:.0f} A off"
        return self.say("alarm", why, now, residual, self._most)
