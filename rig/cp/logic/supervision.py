"""What flows, against what the charger was told: more than it may, or nothing at all.

The most that may flow is a ceiling: the limit while it runs, else 0 A. After Stop or a lower limit
that does not fall at once, but as the current of a slow charger does. Currents in A, times in s on
the clock of `now`.
"""

import math

from rig.cp.logic.charger import Charger
from rig.cp.logic.events import Output
from rig.ocppj.logic.exchange import Note
from rig.role.logic.expect import Expect
from rig.role.logic.tally import Tally

LAG, DECAY = 1 / 15, 4 / 15  # parts of `settle`: nothing need happen, then the time constant
PART = 0.03  # of the limit, where that is more than `accuracy`
OVER_FOR, SAMPLES = 1.5, 3  # s and reports in a row above the ceiling until it counts
AGAIN = 1.0  # s between two Stops to one that does not


class Supervision:
    """One charger, for which `limit` is in force where it was told none.

    `over`: more flows than it may, in words. `wants_stop`: the last report asks for a Stop, at once
    and then each second. `takes_nothing`: it may deliver, and nothing flows, for `settle` already.
    """

    def __init__(self, charger: Charger, limit: float, expect: Expect) -> None:
        self._charger, self._limit, self._expect = charger, limit, expect
        self.over: str | None = None
        self.wants_stop = self.takes_nothing = False
        self._allowed = 0.0
        self._from, self._since = 0.0, 0.0  # the ceiling when `_allowed` changed last
        self._idle_since = math.inf
        self._above: list[float] = []  # when the reports above it came, the first ones and the last
        self._below = 0  # reports in a row
        self._stopped_at = -math.inf
        self._disbelieved = Tally()

    def disbelieves(self, current: float) -> bool:
        """Whether no charger of this bench can deliver this."""
        return current > self._expect.max

    def disbelieved(self) -> list[Output]:
        """A report was not believed."""
        text = f"Current of more than {self._expect.max:g} A: not believed"
        return [Note(text, is_warning=True)] if self._disbelieved.count(text) else []

    def measured(self, current: float, now: float) -> list[Output]:
        """It reports this; to be told before the charger is."""
        if self._charger.current is None:  # of before nothing is known: it may be on its way down
            self._from, self._since = current, now
        self._allow(now)
        was_over, tolerance = self.over, self._tolerance
        if current > self._ceiling(now) + tolerance:
            self._is_above(current, now)
        else:
            self._is_below()
        self._look_for_nothing(current, now)
        self._look_for_stop(now)
        is_new = self.over is not None and was_over is None
        return [Note(f"{self.over}: Stop", is_warning=True)] if is_new else []

    def _allow(self, now: float) -> None:
        limit = self._limit if self._charger.limit is None else self._charger.limit
        allowed = limit if self._charger.running else 0.0
        if allowed != self._allowed:
            self._from, self._since = max(self._ceiling(now), allowed), now
            self._allowed, self._idle_since = allowed, math.inf

    @property
    def _tolerance(self) -> float:
        if not self._allowed:
            return self._expect.zero
        return max(self._expect.accuracy, PART * self._allowed)

    def _ceiling(self, now: float) -> float:
        """The most that may flow."""
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

    def _look_for_stop(self, now: float) -> None:
        flows = self.over is not None and not self._below
        self.wants_stop = flows and now - self._stopped_at >= AGAIN
        if self.wants_stop:
            self._stopped_at = now
