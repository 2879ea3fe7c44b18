"""Frames that do not come as they should (`can_timing`): Current too often or not at all, from two
senders, frames that nobody knows or that are wrong, a flood. Times in s.

A charger may report faster than the DBC says, so its period is learnt: from reports that come
evenly, which those of two chargers do not.
"""

from collections import deque
from collections.abc import Mapping
from statistics import median

from rig.bus.logic.link import LinkDown, LinkUp, Lost
from rig.bus.logic.messages import Bad, Current, Frame, SetLimit, Start, Stop
from rig.detect.events import Another
from rig.detect.flow import Senders
from rig.detect.verdict import Detector, Hear, Verdict
from rig.role.logic.expect import Expect

LEARNT = 8  # gaps between reports that show the period
BACK = 3  # gaps as before that end an alarm
ANEW = 60  # gaps that show that a charger reports at another rate now
EVEN = 0.2  # of the period, by which an even gap may differ; two chargers 0.4 periods apart do more
FASTEST = 20  # times as often as the DBC says: what comes faster is no report
SILENT = 2.5  # periods without Current, as the plot and the charge point have it
SMOOTHING = 0.05  # of the period, by which an even gap corrects it: eight may all be long
DRIFT = 0.95  # of the period: one report too many is forgotten after 20 more
TOO_MANY = 2.2  # reports ahead of the period: one that is late by 0.7 and the next on time are 1.2
CREDIT = 0.5  # reports that may be owed, so that a pause does not pay for those of another sender
FLOOD = 40  # frames within 1 s that are no Current: 20 commands a second, and again from another
STANDS = 8.0  # s after the last frame of its kind
NOT_HEARD, NOT_LEARNT = "no Current heard yet", "how often Current comes is not known yet"
UNKNOWN = "a frame that the DBC does not know"
OK = "Current comes evenly, and nothing else"


class CanTiming(Detector):
    """Of the bus of one connector, whose charger reports each `period` (s) by the DBC."""

    looks_back = STANDS

    def __init__(self, expect: Expect, period: float, connector: int = 1) -> None:
        super().__init__("can_timing", connector)
        self._accuracy, self._by_dbc = expect.accuracy, period
        self._begin(NOT_HEARD)

    @property
    def hears(self) -> Mapping[type, Hear]:
        commands: dict[type, Hear] = dict.fromkeys((Start, Stop, SetLimit), self._count)
        frames: dict[type, Hear] = {Current: self._measured, Another: self._other, Bad: self._bad}
        links: dict[type, Hear] = {Lost: self._lost, LinkDown: self._down, LinkUp: self._up}
        return commands | frames | links

    def _begin(self, why: str) -> None:
        """What comes next has nothing to do with what was before."""
        self._blind: str | None = why
        self._period = self._by_dbc  # until it is learnt
        self._is_odd = False  # Current does not come as before
        self._until = 0.0  # an alarm of other frames stands
        self._at: float | None = None  # Current
        self._ahead = 0.0  # reports
        self._gaps: deque[float] = deque(maxlen=ANEW)
        self._senders = Senders(self._accuracy)
        self._frames: deque[float] = deque(maxlen=FLOOD)

    def tick(self, now: float) -> Verdict | None:
        if self._at is not None and now - self._at > SILENT * self._period:
            for_ = now - self._at
            why = f"no Current for {for_:.0f} s, it came each {self._period:.3g} s"
            return self._begins_odd(why, now, for_, SILENT * self._period)
        return self._clear(now)

    def _clear(self, now: float) -> Verdict | None:
        if self._is_odd or now < self._until:
            return None
        return self.say("unknown", self._blind, now) if self._blind else self.say("ok", OK, now)

    def _lose(self, why: str, now: float) -> Verdict | None:
        self._begin(why)
        return self.say("unknown", why, now)

    def _lost(self, lost: Lost, now: float) -> Verdict | None:
        return self._lose(f"{lost.frames} frames lost: this role was too slow to read", now)

    def _down(self, down: LinkDown, now: float) -> Verdict | None:
        return self._lose(down.why, now)

    def _up(self, _up: LinkUp, now: float) -> Verdict | None:
        return self._lose(NOT_HEARD, now)

    def _count(self, _frame: object, now: float) -> Verdict | None:
        """One more frame that is no Current."""
        frames = self._frames
        frames.append(now)
        if len(frames) < FLOOD or now - frames[0] >= 1.0:
            return None
        self._until = now + STANDS
        return self.say("alarm", f"flood: {FLOOD} frames within 1 s", now, FLOOD, FLOOD)

    def _other(self, other: Another, now: float) -> Verdict | None:
        flood = self._count(other, now)
        return flood if other.is_known else flood or self._wrong(UNKNOWN, other.frame, now)

    def _bad(self, bad: Bad, now: float) -> Verdict | None:
        return self._count(bad, now) or self._wrong(bad.why, bad.frame, now)

    def _wrong(self, why: str, frame: Frame, now: float) -> Verdict | None:
        """Of many within a second the first is told."""
        if now + STANDS < self._until + 1.0:
            return None
        self._until = now + STANDS
        return self.say("alarm", f"{why}: {frame}", now, 1, 1)

    def _measured(self, report: Current, now: float) -> Verdict | None:
        two = self._senders.report(report.current, now)
        if self._at is None:
            self._at, self._blind = now, NOT_LEARNT
            return None
        gap, self._at = now - self._at, now
        self._gaps.append(gap)
        if self._blind or self._is_odd:
            return self._learn(two, now)
        off = gap - self._period
        if abs(off) <= EVEN * self._period:
            self._period += SMOOTHING * off
        self._ahead = max(-CREDIT, self._ahead - gap / (DRIFT * self._period)) + 1
        if self._ahead <= TOO_MANY:
            return None
        why = f"Current comes too often, it came each {self._period:.3g} s: another sender?"
        return self._begins_odd(why, now, self._ahead, TOO_MANY)

    def _begins_odd(self, why: str, now: float, score: float, most: float) -> Verdict | None:
        self._is_odd = True
        return self.say("alarm", why, now, score, most)

    def _learn(self, two: str | None, now: float) -> Verdict | None:
        """How often Current comes is not known, or it does not come as before."""
        if not (self._is_odd and self._come_each(self._period, BACK)):
            if two:
                return self._begins_odd(two, now, 2, 2)
            period = median(self._gaps)
            is_report = period * FASTEST >= self._by_dbc
            if not is_report or not self._come_each(period, LEARNT if self._blind else ANEW):
                return None
            self._period = period
        self._is_odd, self._blind, self._ahead = False, None, CREDIT
        return self._clear(now)

    def _come_each(self, period: float, times: int) -> bool:
        """Whether the latest gaps, so many, are of this length."""
        latest = [*self._gaps][-times:]
        return len(latest) == times and all(abs(gap - period) <= EVEN * period for gap in latest)
