"""A charger whose report is frozen (`telemetry_stuck`): the same value again and again.

Only a meter that trembles shows it: one without noise holds a value for minutes. So how often the
report changes while nothing else does is learnt first. Times in s, currents in A.
"""

import math

from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import Current
from rig.detect.commanded import Commanded
from rig.detect.verdict import NOTHING_SEEN, Verdict
from rig.role.logic.expect import Expect

LEAST = 20  # equal reports in a row; the facts' detector had no false alarm in 70 h with so many
LEARNT = 20  # reports of a steady charger
DOUBT = 10  # reports without a change that the estimate has besides, so that it begins careful
SELDOM = 0.1  # of the reports; one that changes less often is as one that does not tremble
CHANCE = 1e-6  # that so many equal reports come from a meter that trembles as before


class TelemetryStuck:
    """Of one charger, while it runs."""

    looks_back = 0.0

    def __init__(self, expect: Expect) -> None:
        self._settle = expect.settle
        self._commanded = Commanded()
        self._verdict = Verdict("telemetry_stuck")
        self._target: float | None = None
        self._changed_at = math.inf  # the target
        self._steady = self._changes = 0  # reports of a steady charger, and how many were others
        self._forget(NOTHING_SEEN)

    def receive(self, event: object, now: float) -> Verdict:
        before = self._target
        self._commanded.receive(event)
        self._target = self._commanded.target
        if self._target != before:
            self._changed_at = now
        match event:
            case Current(current):
                self._measured(current, now)
            case LinkDown(why):
                self._forget(why)
        return self.tick(now)

    def tick(self, now: float) -> Verdict:
        most = self._most()
        if self._blind is not None:
            self._verdict = self._verdict.then("unknown", self._blind, now)
        elif most is None:
            why = "its report does not tremble, or is not known long enough"
            self._verdict = self._verdict.then("unknown", why, now)
        elif self._equal >= most:
            why = f"{self._value:g} A reported {self._equal} times in a row, alarm from {most}"
            self._verdict = self._verdict.then("alarm", why, now)
        else:
            self._verdict = self._verdict.then("ok", "its report trembles", now)
        return self._verdict

    def _forget(self, why: str) -> None:
        self._blind: str | None = why
        self._value, self._equal = math.nan, 0

    def _measured(self, current: float, now: float) -> None:
        self._blind = None
        if not self._target or not current:
            self._value, self._equal = current, 0  # nothing flows, or nobody knows what should
        elif current == self._value:
            self._equal += 1
        else:
            self._learn(now)
            self._value, self._equal = current, 1

    def _learn(self, now: float) -> None:
        """A run of equal reports ended. One that raised an alarm teaches nothing."""
        most = self._most()
        is_steady = now - self._changed_at >= self._settle
        if is_steady and self._equal and (most is None or self._equal < most):
            self._steady += self._equal
            self._changes += 1

    def _most(self) -> int | None:
        """So many equal reports are too many; None while that is not known."""
        often = self._changes / (self._steady + DOUBT)
        if self._steady < LEARNT or often < SELDOM:
            return None
        return max(LEAST, math.ceil(math.log(CHANCE) / math.log(1 - often)))
