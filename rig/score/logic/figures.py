"""What the detectors found, how soon, and how often they were wrong.

An event is a label. An alarm finds it that touches the time from its start until 20 s after its
end. All figures are of all detectors together, unless it is said by which.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from rig.score.logic.false_alarms import FalseAlarms, false_alarms
from rig.score.logic.fit import Fit, by_affiliation, by_points
from rig.score.logic.judged import Judged, Label
from rig.score.logic.spans import LATE, joined, of_finding

AGAIN = 180.0  # s after the end of an event in which another alarm counts as one of the same


@dataclass(frozen=True, slots=True)
class Delay:
    """From the start of an event to the alarm that found it (s). None: nothing was found."""

    median: float | None
    p95: float | None  # the nearest rank: 95 of 100 were found as soon as this


@dataclass(frozen=True, slots=True)
class OfKind:
    """The events of a kind: how many there were, and were found, by all and by each detector."""

    kind: str
    events: int
    found: int
    found_by: dict[str, int]
    delay: Delay
    points: Fit

    @property
    def recall(self) -> float:
        """The share that was found."""
        return self.found / self.events

    def recall_by(self, detector: str) -> float:
        """The share that this detector found."""
        return self.found_by[detector] / self.events


@dataclass(frozen=True, slots=True)
class Score:
    """All figures. `normal`: false alarms by kind of normal session; `around`: those in the normal
    time of sessions with anomalies. `re_alarms`: alarms that began later than 20 s and within
    180 s after the end of an event. `points`: of all sessions; `affiliation`: of those with
    anomalies."""

    detectors: tuple[str, ...]
    kinds: tuple[OfKind, ...]
    delay: Delay
    re_alarms: int
    normal: dict[str, FalseAlarms]
    around: FalseAlarms
    points: Fit
    affiliation: Fit

    @property
    def false_alarms(self) -> FalseAlarms:
        """Those of all normal sessions."""
        each = self.normal.values()
        return FalseAlarms(sum(one.count for one in each), sum(one.hours for one in each))

    @property
    def events(self) -> int:
        """How many there were."""
        return sum(each.events for each in self.kinds)

    @property
    def re_alarms_an_event(self) -> float | None:
        """None where there was no event."""
        return self.re_alarms / self.events if self.events else None

    def recall_of(self, kinds: Iterable[str]) -> float | None:
        """The share of the events of these kinds that was found; None where there was none."""
        wanted = set(kinds)
        each = [one for one in self.kinds if one.kind in wanted]
        return sum(one.found for one in each) / sum(one.events for one in each) if each else None

    @property
    def recall(self) -> float | None:
        """The share of all events that was found."""
        return self.recall_of(one.kind for one in self.kinds)


def figures(sessions: Sequence[Judged]) -> Score:
    """Of normal sessions and of those with anomalies. Raises ValueError without a normal one:
    who alarms all the time finds everything."""
    normal = [each for each in sessions if not each.labels]
    anomalous = [each for each in sessions if each.labels]
    if not any(each.length > 0 for each in normal):
        raise ValueError("no normal session: that is no score")
    detectors = tuple(dict.fromkeys(name for each in sessions for name in each.alarms))
    kinds = dict.fromkeys(label.kind for each in anomalous for label in each.labels)
    return Score(
        detectors=detectors,
        kinds=tuple(_of_kind(kind, anomalous, detectors) for kind in kinds),
        delay=_delay(_delays(anomalous)),
        re_alarms=sum(map(_re_alarms, anomalous)),
        normal=_by_kind(normal),
        around=false_alarms(anomalous),
        points=by_points(sessions),
        affiliation=by_affiliation(anomalous),
    )


def _of_kind(kind: str, anomalous: Sequence[Judged], detectors: Sequence[str]) -> OfKind:
    having = [each for each in anomalous if any(label.kind == kind for label in each.labels)]
    events = [(each, label) for each in having for label in each.labels if label.kind == kind]
    delays = _delays(having, kind)
    by = {
        name: sum(bool(of_finding(label, each.alarms.get(name, []))) for each, label in events)
        for name in detectors
    }
    return OfKind(kind, len(events), len(delays), by, _delay(delays), by_points(having))


def _delays(anomalous: Sequence[Judged], kind: str | None = None) -> list[float]:
    """Of the events that were found: those of a kind, or all."""
    return [
        max(0.0, found[0][0] - label.start)  # an alarm that stood before has no delay
        for each in anomalous
        for label in each.labels
        if kind in (None, label.kind) and (found := of_finding(label, joined(each)))
    ]


def _delay(delays: Sequence[float]) -> Delay:
    if not delays:
        return Delay(None, None)
    rank = math.ceil(0.95 * len(delays))
    return Delay(median(delays), sorted(delays)[rank - 1])


def _re_alarms(session: Judged) -> int:
    """For each label: the alarms that began after it was over."""
    alarms = joined(session)
    return sum(_is_again(label, start) for label in session.labels for start, _ in alarms)


def _is_again(label: Label, at: float) -> bool:
    return label.end + LATE < at <= label.end + AGAIN


def _by_kind(normal: Sequence[Judged]) -> dict[str, FalseAlarms]:
    kinds = dict.fromkeys(each.kind for each in normal)
    return {kind: false_alarms([each for each in normal if each.kind == kind]) for kind in kinds}
