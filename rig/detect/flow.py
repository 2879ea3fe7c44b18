"""What flows, against what a charger was told: more than may, or nothing.

The most that may flow is a ceiling: the limit while it runs, else 0 A. After Stop or a lower limit
it does not fall at once, but as the current of a slow charger does: `settle` of the bench's
`[expect]` is two parts in thirty of waiting, then time constants of eight in thirty. Currents in A,
times in s on the clock of `now`.
"""

import math

from rig.role.logic.expect import Expect

LAG, DECAY = 1 / 15, 4 / 15  # parts of `settle`
PART = 0.03  # of the limit, where that is more than `accuracy`
OVER_FOR, SAMPLES = 1.5, 3  # s and reports in a row above the ceiling until it counts


class Flow:
    """Of one charger. `is_above`: its last report is above the ceiling. `over`: more flows than
    may, in words, until SAMPLES reports are not above it. `takes_nothing`: it may deliver, and
    nothing flows, for `settle` already.
    """

    def __init__(self, expect: Expect) -> None:
        self._expect = expect
        self.over: str | None = None
        self.is_above = self.takes_nothing = False
        self._allowed = 0.0
        self._from, self._since = math.inf, -math.inf  # the ceiling when `_allowed` changed last
        self._above: list[float] = []  # when the reports above it came, the first ones and the last
        self._below = 0  # reports in a row
        self._idle_since = math.inf

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
            self._allowed, self._idle_since = allowed, math.inf
        self.is_above = current > self._ceiling(now) + self._tolerance
        if self.is_above:
            self._is_above(current, now)
        else:
            self._is_below()
        self._look_for_nothing(current, now)

    @property
    def _tolerance(self) -> float:
        if not self._allowed:
            return self._expect.zero
        return max(self._expect.accuracy, PART * self._allowed)

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

    def _look_for_nothing(self, current: float, now: float) -> None:
        is_idle = current <= self._expect.zero and self._allowed > self._expect.accuracy
        self._idle_since = min(self._idle_since, now) if is_idle else math.inf
        self.takes_nothing = now - self._idle_since >= self._expect.settle
