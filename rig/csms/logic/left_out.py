"""What of messages is not kept, and how that is told: in a row a minute and charge point."""

import math

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
