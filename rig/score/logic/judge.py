"""What the detectors say of a session, in the order and at the moments in which they would say it
live: an event is held until all that has an earlier stamp is there (`rig/detect/hold.py`).
"""

from rig.detect.hold import HOLD, Hold
from rig.detect.verdict import Verdict
from rig.detect.watch import Watch, Watched
from rig.score.logic.judged import Judged, Span
from rig.score.logic.session import Session
from rig.score.logic.world import BEGINS


def judge(session: Session, watched: Watched, rule: str) -> Judged:
    """The alarms of the detectors of a rule."""
    watch, hold, alarms = Watch(watched, rule), Hold(BEGINS), Alarms()
    for at, event in session.events:
        hold.add(event, at)
    for at, told in hold.due(BEGINS + session.length + HOLD):
        for verdict in watch.tick(at) if told is None else watch.receive(told, at):
            alarms.take(verdict, at - BEGINS)
    spans = alarms.until(session.length)
    names = dict.fromkeys(verdict.detector for verdict in watch.verdicts)
    return Judged(
        session.kind,
        session.seed,
        session.length,
        session.labels,
        {name: spans.get(name, []) for name in names},
    )


class Alarms:
    """The spans in which each detector alarmed."""

    def __init__(self) -> None:
        self._spans: dict[str, list[Span]] = {}
        self._since: dict[str, float] = {}  # of those that stand

    def take(self, verdict: Verdict, at: float) -> None:
        """The state of a detector is another one from now on."""
        begun = self._since.pop(verdict.detector, None)
        if begun is not None:
            self._spans.setdefault(verdict.detector, []).append((begun, at))
        if verdict.state == "alarm":
            self._since[verdict.detector] = at

    def until(self, end: float) -> dict[str, list[Span]]:
        """All of them; what stands ends with the session."""
        for name, begun in self._since.items():
            self._spans.setdefault(name, []).append((begun, end))
        self._since.clear()
        return self._spans
