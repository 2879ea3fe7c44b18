"""The most that may flow: the limit while a charger runs, else 0 A; and whether more does.

After Stop or a lower limit the ceiling does not fall at once, but as the current of a slow charger
does: `settle` of the bench's `[expect]` is two parts in thirty of waiting, then time constants of
eight in thirty. Currents in A, times in s on the clock of `now`.
"""

import math

from rig.role.logic.expect import Expect

LAG, DECAY = 1 / 15, 4 / 15  # parts of `settle`
PART = 0.03  # of the limit, where that is more than `accuracy`
OVER_FOR, SAMPLES = 1.5, 3  # s and reports in a row above the ceiling until it counts


class Ceiling:
    """Of one charger. `is_above`: the last report is. `over`: more flows than it may, in words,
    until SAMPLES reports are not above it.
    """

    def __init__(self, expect: Expect) -> None:
        self._expect = expect
        self.over: str | None = None
        self.is_above = False
        self._allowed = 0.0
        self._from, self._since = math.inf, -math.inf  # when `_allowed` changed last
        self._above: list[float] = []  # when the reports above it came, the first ones and the last
        self._below = 0  # reports in a row

    def begin(self) -> None:
        """What was before the next report is not known: it may be on its way down from there."""
        self._from, self._since = math.inf, -math.inf

    def measured(self, current: float, allowed: float, now: float) -> None:
        """It reports this, and may deliver so much."""
        if self._from == math.inf:
            self._from, self._since = current, now
        if allowed != self._allowed:
            self._from, self._since = max(self._at(now), allowed), now
            self._allowed = allowed
        self.is_above = current > self._at(now) + self._tolerance
        if self.is_above:
            self._is_above(current, now)
        else:
            self._is_below()

    @property
    def _tolerance(self) -> float:
        if not self._allowed:
            return self._expect.zero
        return max(self._expect.accuracy, PART * self._allowed)

    def _at(self, now: float) -> float:
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
