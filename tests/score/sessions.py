"""Sessions that were judged, made by hand."""

from rig.score.logic.judged import Judged, Label, Span

HOUR = 3600.0  # s


def label(start: float, end: float, kind: str = "fuzz", *, recovered: float | None = None) -> Label:
    """An anomaly whose effect ends with it, unless it is said otherwise."""
    return Label(kind, start, end, start, end if recovered is None else recovered)


def attacked(*labels: Label, length: float = HOUR, **alarms: list[Span]) -> Judged:
    """A session with anomalies, and what each detector alarmed."""
    return Judged(labels[0].kind, 1, length, labels, alarms)


def normal(kind: str = "idle", *, length: float = HOUR, **alarms: list[Span]) -> Judged:
    """A session without one."""
    return Judged(kind, 1, length, (), alarms)
