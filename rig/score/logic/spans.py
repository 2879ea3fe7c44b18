"""Spans of alarms, and the windows of a label that say what an alarm there counts for."""

import math
from collections.abc import Iterable, Sequence

from rig.score.logic.judged import Judged, Label, Span

LATE = 20.0  # s after the end of an anomaly in which an alarm still finds it
SETTLES = 60.0  # s after the effect is gone in which an alarm may still begin


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order, those that overlap or touch as one."""
    apart: list[Span] = []
    for start, end in sorted(spans):
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def joined(session: Judged) -> list[Span]:
    """The alarms of all detectors together."""
    return merged(span for spans in session.alarms.values() for span in spans)


def touch(one: Span, other: Span) -> bool:
    """Whether these share a moment, be it their border."""
    return one[0] <= other[1] and other[0] <= one[1]


def finding(label: Label) -> Span:
    """An alarm that touches this finds the anomaly."""
    return label.start, label.end + LATE


def settling(label: Label) -> Span:
    """An alarm that begins in this is owed to the anomaly, and not false."""
    return label.start, label.recovered + SETTLES


def of_finding(label: Label, spans: Iterable[Span]) -> list[Span]:
    """Those of the spans that find the anomaly."""
    return [span for span in spans if touch(span, finding(label))]


def seconds(spans: Sequence[Span], length: float) -> set[int]:
    """The whole seconds in these half-open spans, of a session that lasts from 0 to `length`."""
    return {
        second
        for start, end in spans
        for second in range(math.ceil(max(start, 0.0)), math.ceil(min(end, length)))
    }
