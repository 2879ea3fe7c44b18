"""False alarms an hour, and how many they may be in truth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rig.score.logic.judged import Judged, Span
from rig.score.logic.spans import finding, joined, merged, settling, touch

HOUR = 3600.0  # s
BEYOND = 0.05  # the chance that there are more than the upper bound says


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """So many in so many hours of what is normal."""

    count: int
    hours: float

    @property
    def an_hour(self) -> float | None:
        """None where there was no such time."""
        return self.count / self.hours if self.hours else None

    @property
    def bound(self) -> float | None:
        """The most that there are an hour, one-sided, at 95 %."""
        return most(self.count) / self.hours if self.hours else None


def most(count: int) -> float:
    """The mean of the Poisson distribution that gives `count` or fewer with a chance of 5 %: the
    exact upper bound (Garwood 1936). For 0 it is the "rule of three", 2.996."""
    if count == 0:
        return -math.log(BEYOND)
    low, high = float(count), 2.0 * count + 10
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if _at_most(count, middle) > BEYOND else (low, middle)
    return low


def _at_most(count: int, mean: float) -> float:
    """The chance of `count` or fewer."""
    return sum(math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(count + 1))


def false_alarms(sessions: Sequence[Judged]) -> FalseAlarms:
    """Of all detectors together. In sessions with anomalies: in the normal time around them."""
    count = sum(is_false(alarm, each) for each in sessions for alarm in joined(each))
    return FalseAlarms(count, sum(map(_normal, sessions)) / HOUR)


def is_false(alarm: Span, session: Judged) -> bool:
    """Whether it finds no anomaly of the session, and begins where none is or settles."""
    return not any(
        touch(alarm, finding(label)) or settling(label)[0] <= alarm[0] <= settling(label)[1]
        for label in session.labels
    )


def _normal(session: Judged) -> float:
    """How long the session is outside its anomalies (s)."""
    anomalies = merged(map(settling, session.labels))
    cut = ((max(start, 0.0), min(end, session.length)) for start, end in anomalies)
    return session.length - sum(max(0.0, end - start) for start, end in cut)
