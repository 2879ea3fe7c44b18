"""What a charge point does about a charger that does not do as it was told.

What flows against what may: rig/detect/flow.py. Times in s on the clock of `now`.
"""

import math

from rig.cp.logic.events import Output
from rig.ocppj.logic.exchange import Note
from rig.role.logic.tally import Tally

AGAIN = 1.0  # s between two Stops to one that does not


class Supervision:
    """Of one charger."""

    def __init__(self) -> None:
        self._stopped_at = -math.inf
        self._told = Tally()

    def is_stop_due(self, now: float) -> bool:
        """More flows than may: whether to tell it Stop, at once and then each second."""
        if now - self._stopped_at < AGAIN:
            return False
        self._stopped_at = now
        return True

    def note(self, text: str) -> list[Output]:
        """For the log, the 1st, the 10th, the 100th time."""
        if not self._told.count(text):
            return []
        count = self._told.counts[text]
        return [Note(text if count == 1 else f"{text} ({count} so far)", is_warning=True)]
