"""What of one message is not kept, and how that is told: in a row a minute and charge point.

1,000 samples take 10 ms of the one thread that writes for all charge points; 30 measurands on 3
phases are 90. The transactionData of StopTransaction may have 10,000: a day of 7 each minute, which
is also what fits into 1 MiB if they say measurand and phase.
"""

import math

SAMPLES = 1_000  # of one MeterValues that are kept
DATA_SAMPLES = 10_000  # of one StopTransaction
EVERY = 60.0  # s that one row stands for
REMEMBERED = 10_000  # charge points


class LeftOut:
    """Counts by charge point. Moments in s since 1970."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[float, int]] = {}

    def count(self, charge_point: str, number: int, now: float) -> tuple[float, int]:
        """These are left out as well: since when the row tells of it, and of how many now."""
        since, before = self._rows.get(charge_point, (-math.inf, 0))
        if not since <= now < since + EVERY:
            since, before = now, 0
        if len(self._rows) >= REMEMBERED:  # they begin new rows
            self._rows.clear()
        self._rows[charge_point] = since, before + number
        return since, before + number

    def clear(self) -> None:
        """What was told may not be stored: begin new rows."""
        self._rows.clear()
