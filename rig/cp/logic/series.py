"""When a series of samples is due: on an absolute grid, without bursts after a stall.

Times are seconds since 1970. Source: OCPP 1.6 edition 2, 3.16, 7.31 and 9.1.5.
"""

import math

DAY = 86400.0  # s
LATE = 1.0  # s after which a sample is not of its moment on the grid any more
EARLY = 0.001  # s that a timer may be early


class Series:
    """A sample each `interval` s (0: none) from `anchor` on; without one from each midnight on."""

    def __init__(self) -> None:
        self.interval = 0
        self.anchor: float | None = None
        self.due_at = math.inf
        self._begun: tuple[float, int] | None = None  # when an interval ends, register at its begin

    def restart(self, interval: int, moment: float, *, anchor: float | None = None) -> None:
        """From this moment on, samples are due at this interval."""
        self.interval, self.anchor, self._begun = interval, anchor, None
        self.due_at = self._after(moment)

    def begin(self, energy: int | None) -> None:
        """The register (Wh) where the first interval begins."""
        self._begun = None if energy is None else (self.due_at, energy)

    def is_due(self, moment: float) -> bool:
        # After a jump of the clock, what was due next may be far away.
        self.due_at = min(self.due_at, self._after(moment))
        return self.due_at <= moment + EARLY

    def take(self, moment: float, energy: int | None) -> tuple[float, int | None]:
        """The due sample is taken: when it is of, and the energy (Wh) of the interval that ends.

        None where the interval is not known from its begin to its end. What was missed is left out.
        """
        due, begun, is_late = self.due_at, self._begun, moment - self.due_at >= LATE
        self.due_at = self._after(max(moment, due))
        self._begun = None if is_late or energy is None else (self.due_at, energy)
        is_whole = begun is not None and begun[0] == due and not is_late
        amount = energy - begun[1] if begun and is_whole and energy is not None else None
        return (moment if is_late else due), amount

    def _after(self, moment: float) -> float:
        if not self.interval:
            return math.inf
        anchor = moment // DAY * DAY if self.anchor is None else self.anchor
        due = anchor + ((moment - anchor) // self.interval + 1) * self.interval
        return min(due, anchor + DAY) if self.anchor is None else due
