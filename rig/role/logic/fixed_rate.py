"""Work at a fixed rate: it neither drifts nor bursts after a stall."""

import math


class FixedRate:
    """Ticks at `start`, `start + period`, ... (s)."""

    def __init__(self, start: float, period: float) -> None:
        self._start, self._period = start, period
        self._ticks = 0

    @property
    def due_at(self) -> float:
        """When the next tick is due (s)."""
        return self._start + self._ticks * self._period

    def done(self, now: float) -> int:
        """The due tick was done at `now`. Returns how many later ones were missed and left out."""
        missed = max(0, math.floor((now - self.due_at) / self._period))
        self._ticks += 1 + missed
        return missed
