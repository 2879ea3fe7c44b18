"""The detectors over a session, as they would see it live: in order, with each whole second."""

import math

from rig.detect.verdict import Verdict
from rig.detect.watch import Watch, Watched
from rig.score.logic.judged import Judged, Span
from rig.score.session import Session, session
from rig.score.world import BEGINS, CHARGE_POINT


def judge(kind: str, seed: int, rule: str) -> Judged:
    """The session of a kind and a seed, judged by the detectors of a rule."""
    played = session(kind, seed)
    return Judged(kind, seed, played.length, played.labels, _alarms(played, rule))


def _alarms(played: Session, rule: str) -> dict[str, list[Span]]:
    watch = Watch(Watched(CHARGE_POINT), rule)
    spans: dict[str, list[Span]] = {verdict.detector: [] for verdict in watch.verdicts}
    begun: dict[str, float] = {}
    for at, verdicts in _verdicts(watch, played):
        for verdict in verdicts:
            if verdict.state == "alarm":
                begun[verdict.detector] = at
            elif verdict.detector in begun:
                spans[verdict.detector].append((begun.pop(verdict.detector), at))
    for detector, since in begun.items():
        spans[detector].append((since, played.length))
    return spans


def _verdicts(watch: Watch, played: Session) -> list[tuple[float, list[Verdict]]]:
    """What is told, with when (s from BEGINS)."""
    told = []
    second, end = math.floor(BEGINS) + 1, BEGINS + played.length
    for at, event in [*played.events, (end, None)]:
        while second < at:
            told.append((second - BEGINS, watch.tick(float(second))))
            second += 1
        if event is not None:
            told.append((at - BEGINS, watch.receive(event, at)))
    return [(at, verdicts) for at, verdicts in told if verdicts]
