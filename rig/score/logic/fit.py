"""How well the alarms fit the anomalies in time: precision, recall and F1, in two ways.

By points: on a grid of 1 s, each second as it was, without point adjustment (which counts a whole
anomaly as found where one second of it was, and makes random alarms look good). By affiliation: an
alarm beside the anomaly counts for its distance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rig.score.logic.affiliation import affiliation
from rig.score.logic.judged import Judged, Span
from rig.score.logic.spans import joined, merged, seconds, settling


@dataclass(frozen=True, slots=True)
class Fit:
    """None: there was no alarm (precision), or no anomaly (recall)."""

    precision: float | None
    recall: float | None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both; 0 where there were anomalies and no alarm."""
        if self.recall is None:
            return None
        both = (self.precision or 0.0) + self.recall
        return 2 * (self.precision or 0.0) * self.recall / both if both else 0.0


def by_points(sessions: Sequence[Judged]) -> Fit:
    """A second is alarmed, or anomalous, if its first moment is. Those from the end of an anomaly
    until its effect settled are left out."""
    hits = alarmed = anomalous = 0
    for session in sessions:
        truth = seconds([(label.start, label.end) for label in session.labels], session.length)
        after = [(label.end, settling(label)[1]) for label in session.labels]
        left_out = seconds(after, session.length) - truth
        alarms = seconds(joined(session), session.length) - left_out
        hits += len(alarms & truth)
        alarmed += len(alarms)
        anomalous += len(truth)
    return Fit(hits / alarmed if alarmed else None, hits / anomalous if anomalous else None)


def by_affiliation(sessions: Sequence[Judged]) -> Fit:
    """Of sessions one after another, as if they were one."""
    alarms: list[Span] = []
    anomalies: list[Span] = []
    at = 0.0
    for session in sessions:
        alarms += _moved(joined(session), session.length, at)
        labels = [(label.start, label.end) for label in session.labels]
        anomalies += _moved(labels, session.length, at)
        at += session.length
    return Fit(*affiliation(merged(alarms), merged(anomalies), at))


def _moved(spans: Sequence[Span], length: float, by: float) -> list[Span]:
    """What of the spans is in a session that begins at `by`."""
    cut = ((max(start, 0.0), min(end, length)) for start, end in spans)
    return [(start + by, end + by) for start, end in cut if start < end]
