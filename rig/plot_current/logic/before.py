"""The alarm that stood when the plot before this one died: it stands on until enough was seen."""

import math
from collections.abc import Sequence

from rig.detect.verdict import Verdict

BEFORE = "raised_before"  # in place of the detector
SEEN_FOR = 150.0  # s; no detector looks back longer (rig/detect/README.md)


class Before:
    """`why` is what the plot before said of it. It stands until a detector raises one itself, or
    until they have seen as much without one as they ever look at.
    """

    def __init__(self, why: str, start: float) -> None:
        self.verdict = Verdict(BEFORE, "alarm", why, start, connector=0)
        self._sees_since = math.inf

    @property
    def stands(self) -> bool:
        return self.verdict.state == "alarm"

    def tick(self, verdicts: Sequence[Verdict], now: float) -> bool:
        """These are what the detectors say now. Returns whether it is over since just now."""
        states = {verdict.state for verdict in verdicts}
        is_blind = states <= {"unknown"}
        self._sees_since = math.inf if is_blind else min(self._sees_since, now)
        if "alarm" in states:
            return self._end("a detector raised one itself", now)
        if now - self._sees_since >= SEEN_FOR:
            return self._end(f"none in {SEEN_FOR:.0f} s", now)
        return False

    def _end(self, why: str, now: float) -> bool:
        stood = self.stands
        self.verdict = Verdict(BEFORE, "ok", why, now, connector=0)
        return stood
