"""What flows, against what a charger was told: more than may, or nothing.

The most that may flow is a ceiling: the limit while it runs, else 0 A. After Stop or a lower limit
it does not fall at once, but as the current of a slow charger does: `settle` of the bench's
`[expect]` is two parts in thirty of waiting, then time constants of eight in thirty. Currents in A,
times in s on the clock of `now`.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from rig.bus.logic.messages import Current
from rig.role.logic.expect import Expect

LAG, DECAY = 1 / 15, 4 / 15  # parts of `settle`
PART = 0.03  # of the limit, where that is more than `accuracy`
OVER_FOR, SAMPLES = 1.5, 3  # s and reports in a row above the ceiling until it counts
WATCHED = 9  # reports that show whether one charger sends them or two
UNEVEN, EVEN = 0.2, 0.1  # of the time of two reports: intervals that differ so much, or so little


class Ceiling:
    """Of one charger. `is_above`: its last report, or one of its last burst, is above the ceiling.
    `over`: more flows than may, in words, until SAMPLES reports are not above it.
    """

    def __init__(self, expect: Expect) -> None:
        self._expect = expect
        self.over: str | None = None
        self.is_above = False
        self._allowed, self._tolerance = 0.0, expect.zero
        self._from, self._since = math.inf, -math.inf  # the ceiling when `_allowed` changed last
        self._above: list[float] = []  # when the reports above it came, the first ones and the last
        self._below = 0  # reports in a row

    def believes(self, current: float) -> bool:
        """Whether a charger of this bench can deliver this."""
        return current <= self._expect.max

    def begin(self) -> None:
        """What was before the next report is not known: it may be on its way down from there."""
        self._from, self._since = math.inf, -math.inf

    def measured(self, current: float, allowed: float, now: float) -> None:
        """It reports this, and may deliver so much."""
        if self._from == math.inf:
            self._from, self._since = current, now
        if allowed != self._allowed:
            self._from, self._since = max(self._ceiling(now), allowed), now
            self._allowed, self._tolerance = allowed, self._tolerance_of(allowed)
        less = current - self._tolerance
        self.is_above = less > allowed and less > self._ceiling(now)
        if self.is_above:
            self._is_above(current, now)
        elif self._above or self.over:
            self._is_below()

    def _tolerance_of(self, allowed: float) -> float:
        return max(self._expect.accuracy, PART * allowed) if allowed else self._expect.zero

    def _ceiling(self, now: float) -> float:
        waited = max(0.0, now - self._since - LAG * self._expect.settle)
        above = max(0.0, self._from - self._allowed)
        return self._allowed + above * math.exp(-waited / (DECAY * self._expect.settle))

    def _is_above(self, current: float, now: float) -> None:
        self._above, self._below = [*self._above[: SAMPLES - 1], now], 0
        is_long = len(self._above) >= SAMPLES and now - self._above[0] >= OVER_FOR
        if is_long and self.over is None:
            told = f"no more than {self._allowed:g} A" if self._allowed else "Stop"
            self.over = f"{current:g} A flow, it was told {told}"

    def _is_below(self) -> None:
        self._above, self._below = [], self._below + 1
        if self._below >= SAMPLES:
            self.over = None


class Flow(Ceiling):
    """Of one charger. `takes_nothing`: it may deliver, and nothing flows, for `settle` already.
    `two`: two chargers report in turns, in two grids of time or of values.
    """

    def __init__(self, expect: Expect) -> None:
        super().__init__(expect)
        self.takes_nothing = False
        self.two: str | None = None
        self._senders = Senders(expect.accuracy)
        self._idle_since = math.inf

    def measured_each(self, reports: Iterable[tuple[Current, float]], allowed: float) -> None:
        """It reported these, each with when, and may deliver so much."""
        is_above = False
        for report, at in reports:
            self.measured(report.current, allowed, at)
            is_above |= self.is_above
        self.is_above = is_above

    def measured(self, current: float, allowed: float, now: float) -> None:
        if allowed != self._allowed:
            self._idle_since = math.inf
        super().measured(current, allowed, now)
        self._look_for_nothing(current, now)
        self.two = self._senders.report(current, now)

    def _look_for_nothing(self, current: float, now: float) -> None:
        if current > self._expect.zero or self._allowed <= self._expect.accuracy:
            self._idle_since, self.takes_nothing = math.inf, False
            return
        self._idle_since = min(self._idle_since, now)
        self.takes_nothing = now - self._idle_since >= self._expect.settle


class Senders:
    """Of Current on one bus."""

    def __init__(self, accuracy: float) -> None:
        self._accuracy = accuracy  # A
        self._two: str | None = None
        self._reports: list[tuple[float, float]] = []  # when, and what; WATCHED at most

    def report(self, current: float, now: float) -> str | None:
        """It was reported. That there are two, in words, by the last WATCHED reports."""
        self._reports.append((now, current))
        if len(self._reports) == WATCHED:
            self._look()
        return self._two

    def _look(self) -> None:
        times, values = zip(*self._reports, strict=True)
        self._reports.clear()
        intervals = [after - before for before, after in pairwise(times)]
        both, exact = intervals[0] + intervals[1], self._accuracy
        are_two = _take_turns(intervals, EVEN * both, UNEVEN * both)
        are_two = are_two or _take_turns(values, exact, exact)
        self._two = "two senders of Current: a second charger?" if are_two else None


def _take_turns(values: Sequence[float], same: float, other: float) -> bool:
    """Whether each second one is the same, within `same`, and so are the others, elsewhere."""
    first, second = values[::2], values[1::2]
    if max(first) - min(first) > same or max(second) - min(second) > same:
        return False
    return min(first) - max(second) > other or min(second) - max(first) > other
