"""What flows, against what the charger was told: more than it may, or nothing at all.

Currents in A, times in s on the clock of `now`.
"""

import math

from rig.cp.logic.charger import Charger
from rig.cp.logic.events import Output
from rig.detect.ceiling import Ceiling
from rig.ocppj.logic.exchange import Note
from rig.role.logic.expect import Expect
from rig.role.logic.tally import Tally

AGAIN = 1.0  # s between two Stops to one that does not


class Supervision:
    """One charger, for which `limit` is in force where it was told none.

    `wants_stop`: the last report asks for a Stop, at once and then each second. `takes_nothing`: it
    may deliver, and nothing flows, for `settle` already.
    """

    def __init__(self, charger: Charger, limit: float, expect: Expect) -> None:
        self._charger, self._limit, self._expect = charger, limit, expect
        self._ceiling = Ceiling(expect)
        self.wants_stop = self.takes_nothing = False
        self._idle_since = math.inf
        self._stopped_at = -math.inf
        self._disbelieved = Tally()

    @property
    def over(self) -> str | None:
        """More flows than it may, in words."""
        return self._ceiling.over

    def disbelieves(self, current: float) -> bool:
        """Whether no charger of this bench can deliver this."""
        return current > self._expect.max

    def disbelieved(self) -> list[Output]:
        """A report was not believed."""
        text = f"Current of more than {self._expect.max:g} A: not believed"
        return [Note(text, is_warning=True)] if self._disbelieved.count(text) else []

    def measured(self, current: float, now: float) -> list[Output]:
        """It reports this; to be told before the charger is."""
        charger, was_over = self._charger, self._ceiling.over
        if charger.current is None:
            self._ceiling.begin()
        limit = self._limit if charger.limit is None else charger.limit
        allowed = limit if charger.running else 0.0
        self._ceiling.measured(current, allowed, now)
        self._look_for_nothing(current, allowed, now)
        self._look_for_stop(now)
        is_new = self.over is not None and was_over is None
        return [Note(f"{self.over}: Stop", is_warning=True)] if is_new else []

    def _look_for_nothing(self, current: float, allowed: float, now: float) -> None:
        is_idle = current <= self._expect.zero and allowed > self._expect.accuracy
        self._idle_since = min(self._idle_since, now) if is_idle else math.inf
        self.takes_nothing = now - self._idle_since >= self._expect.settle

    def _look_for_stop(self, now: float) -> None:
        flows = self.over is not None and self._ceiling.is_above
        self.wants_stop = flows and now - self._stopped_at >= AGAIN
        if self.wants_stop:
            self._stopped_at = now
