"""One detector for each connector, as all that is watched."""

from collections.abc import Callable
from dataclasses import replace

from rig.detect.events import Event, Heard, OnBus
from rig.detect.verdict import Detector, State, Verdict


class OneEach:
    """`make` gives the detector of a connector."""

    def __init__(self, make: Callable[[], Detector], connectors: int) -> None:
        self._detectors = {number: make() for number in range(1, connectors + 1)}
        self._verdicts = {number: Verdict("", connector=number) for number in self._detectors}

    @property
    def verdicts(self) -> list[Verdict]:
        return list(self._verdicts.values())

    def receive(self, event: Event, now: float) -> list[Verdict]:
        if not isinstance(event, OnBus):
            return []
        what = event.event.what if isinstance(event.event, Heard) else event.event
        verdict = self._detectors[event.connector].receive(what, now)
        return self._take(event.connector, verdict)

    def tick(self, now: float) -> list[Verdict]:
        ticked = [(number, one.tick(now)) for number, one in self._detectors.items()]
        return [changed for number, verdict in ticked for changed in self._take(number, verdict)]

    def _take(self, connector: int, verdict: Verdict) -> list[Verdict]:
        before = self._verdicts[connector]
        verdict = self._verdicts[connector] = replace(verdict, connector=connector)
        if (verdict.state, verdict.detector) == (before.state, before.detector):
            return []
        is_other = verdict.detector != before.detector and before.state in ("alarm", "warn")
        over: State = "unknown" if verdict.state == "unknown" else "ok"
        ended = [replace(verdict, detector=before.detector, state=over)] if is_other else []
        return [*ended, verdict]
