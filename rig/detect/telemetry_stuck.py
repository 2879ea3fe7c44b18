"""A charger whose report is frozen (`telemetry_stuck`): the same value again and again.

Only a meter that trembles shows it: one without noise holds a value for minutes. So how often the
report changes while nothing else does is learnt first. Times in s, currents in A.
"""

import math
from collections.abc import Mapping

from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import Current
from rig.detect.commanded import MINIMUM, Target
from rig.detect.verdict import Detector, Hear, Verdict
from rig.role.logic.expect import Expect

LEAST = 20  # equal reports in a row; the facts' detector had no false alarm in 70 h with so many
LEARNT = 20  # reports of a steady charger
DOUBT = 10  # reports without a change that the estimate has besides, so that it begins careful
SELDOM = 0.1  # of the reports; one that changes less often is as one that does not tremble
LATER = 0.5  # as often as before a meter may change later, when less flows
CHANCE = 1e-6  # that so many equal reports come from one that does


class TelemetryStuck(Detector):
    """Of one charger, while it runs."""

    def __init__(self, expect: Expect, connector: int = 1) -> None:
        super().__init__("telemetry_stuck", connector)
        self._settle = expect.settle
        self._target: float | None = None
        self._changed_at = math.inf  # the target
        self._steady = self._changes = 0  # reports of a steady charger, and how many were others
        self._most: int | None = None  # so many equal reports are too many; None: not known yet
        self._value, self._equal = math.nan, 0

    @property
    def hears(self) -> Mapping[type, Hear]:
        return {Target: self._follow, Current: self._measured, LinkDown: self._lose}

    def _follow(self, target: Target, now: float) -> None:
        if target.amps != self._target:
            self._target, self._changed_at, self._equal = target.amps, now, 0

    def _lose(self, down: LinkDown, now: float) -> Verdict | None:
        self._value, self._equal = math.nan, 0
        return self.say("unknown", down.why, now)

    def _measured(self, report: Current, now: float) -> Verdict | None:
        current = report.current
        if current == self._value:
            self._equal += 1
            if self._most is not None and self._equal < self._most:
                return None
        else:
            self._learn(now)
            self._value, self._equal = current, 1
        if not self._target or current < MINIMUM:
            self._equal = 0  # it tapers off or is told to, or nobody knows what should flow
        return self._judge(now)

    def _judge(self, now: float) -> Verdict | None:
        most = self._most
        if most is None:
            return self.say("unknown", "its report does not tremble, or is not known enough", now)
        if self._equal < most:
            return self.say("ok", "its report trembles", now)
        why = f"{self._value:g} A reported {self._equal} times in a row, alarm from {most}"
        return self.say("alarm", why, now, self._equal, most)

    def _learn(self, now: float) -> None:
        """A run of equal reports ended. One that raised an alarm teaches nothing."""
        is_steady = now - self._changed_at >= self._settle
        if is_steady and self._equal and (self._most is None or self._equal < self._most):
            self._steady += self._equal
            self._changes += 1
            self._most = self._too_many()

    def _too_many(self) -> int | None:
        often = self._changes / (self._steady + DOUBT)
        if self._steady < LEARNT or often < SELDOM:
            return None
        return max(LEAST, math.ceil(math.log(CHANCE) / math.log(1 - LATER * often)))
