"""Affiliation precision and recall: Huet, Navarro and Rossi 2022, arXiv 2206.13167.

Each anomaly has a zone: what is nearer to it than to any other. There a distance counts for the
chance that a random moment of the zone is farther away, so that 1 is on the anomaly, and 0.5 is on
average what a random alarm gets. Both chances are linear between their bends, so that a sum of
trapezoids is their exact integral. Times in s.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import fmean

from rig.score.logic.judged import Span


def affiliation(
    alarms: Sequence[Span], anomalies: Sequence[Span], length: float
) -> tuple[float | None, float | None]:
    """Precision and recall of alarms from 0 to `length`; both kinds of spans in order and apart.

    None where there is nothing to take the mean of: no alarm, or no anomaly.
    """
    precisions, recalls = [], []
    for anomaly, zone in zip(anomalies, zones(anomalies, length), strict=True):
        inside = clipped(alarms, zone)
        if inside:
            precisions.append(_precision(inside, anomaly, zone))
        recalls.append(_recall(inside, anomaly, zone) if inside else 0.0)
    return fmean(precisions) if precisions else None, fmean(recalls) if recalls else None


def zones(anomalies: Sequence[Span], length: float) -> list[Span]:
    """What is nearer to each than to the others."""
    middles = [(before[1] + after[0]) / 2 for before, after in pairwise(anomalies)]
    return list(pairwise([0.0, *middles, length])) if anomalies else []


def clipped(spans: Sequence[Span], to: Span) -> list[Span]:
    """What of the spans lies in `to`."""
    cut = ((max(start, to[0]), min(end, to[1])) for start, end in spans)
    return [(start, end) for start, end in cut if start < end]


def _precision(alarms: Sequence[Span], anomaly: Span, zone: Span) -> float:
    """The mean, over the moments of the alarms, of the chance to be farther from the anomaly."""
    size, wide = anomaly[1] - anomaly[0], zone[1] - zone[0]
    near = min(anomaly[0] - zone[0], zone[1] - anomaly[1])  # beyond it, one side has no more zone

    def chance(distance: float) -> float:
        return 1 - (size + min(distance, near) + distance) / wide

    hit = total(clipped(alarms, anomaly))
    after = [(s - anomaly[1], e - anomaly[1]) for s, e in clipped(alarms, (anomaly[1], zone[1]))]
    before = [(anomaly[0] - e, anomaly[0] - s) for s, e in clipped(alarms, (zone[0], anomaly[0]))]
    beside = sum(_integral(chance, span, [near]) for span in [*before, *after])
    return (hit + beside) / total(alarms)


def _recall(alarms: Sequence[Span], anomaly: Span, zone: Span) -> float:
    """The mean, over the moments of the anomaly, of the chance to be farther from it than the
    alarms are."""
    borders = [border for span in alarms for border in span]

    def chance(moment: float) -> float:
        distance = _distance(moment, borders)
        near = min(moment - zone[0], zone[1] - moment)
        return 1 - (min(distance, near) + distance) / (zone[1] - zone[0])

    bends = [*borders, (zone[0] + zone[1]) / 2]
    bends += [(one + other) / 2 for one, other in pairwise(borders)]
    bends += [(edge + border) / 2 for edge in zone for border in borders]
    return _integral(chance, anomaly, bends) / total([anomaly])


def _distance(moment: float, borders: Sequence[float]) -> float:
    """From a moment to the nearest span, by their borders in order: start, end, start, ..."""
    after = bisect_left(borders, moment)
    if after % 2:
        return 0.0
    return min(abs(moment - border) for border in borders[max(after - 1, 0) : after + 1])


def _integral(line: Callable[[float], float], over: Span, bends: Sequence[float]) -> float:
    """Of a line that bends only there."""
    corners = [over[0], *sorted(bend for bend in bends if over[0] < bend < over[1]), over[1]]
    return sum((b - a) * (line(a) + line(b)) / 2 for a, b in pairwise(corners))


def total(spans: Sequence[Span]) -> float:
    """How long these are together (s)."""
    return sum(end - start for start, end in spans)
