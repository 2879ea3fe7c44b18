"""All detectors of a bench over one stream of events: the same live and from a file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rig.bus.logic.messages import Current
from rig.detect.can_origin import CanOrigin
from rig.detect.can_timing import CanTiming
from rig.detect.commanded import Commanded, Target
from rig.detect.cross_layer import CrossLayer
from rig.detect.events import Event, Heard, OnBus
from rig.detect.fluctuation import FastToggle, OscillationCommand, OscillationSignal
from rig.detect.limit_exceeded import LimitExceeded
from rig.detect.ocpp_session import OcppSession
from rig.detect.ordered import Ordered
from rig.detect.raised_before import RaisedBefore
from rig.detect.seed_variance import SeedVariance
from rig.detect.telemetry_stuck import TelemetryStuck
from rig.detect.twin_residual import TwinResidual
from rig.detect.verdict import Detector, Hear, Verdict
from rig.role.logic.expect import Expect
from rig.role.logic.supply import Supply


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched: the bench, as far as detectors need it.

    `period` of Current by the DBC (s); `limit` (A) where no charging profile says one.
    """

    charge_point: str
    expect: Expect = field(default_factory=Expect)
    connectors: int = 1
    period: float = 1.0
    limit: float = 32.0
    supply: Supply | None = None


def of_bus(watched: Watched, connector: int) -> list[Detector]:
    """What every bench can have, of one connector."""
    expect, ordered = watched.expect, _ordered(watched, connector)
    return [
        LimitExceeded(expect, connector),
        FastToggle(connector),
        OscillationCommand(connector),
        OscillationSignal(connector),
        TelemetryStuck(expect, connector),
        CanTiming(expect, watched.period, connector),
        CanOrigin(connector),
        CrossLayer(ordered, connector),
    ]


def with_twin(watched: Watched, connector: int) -> list[Detector]:
    """The same, and a twin of the simulated charger."""
    return [*of_bus(watched, connector), TwinResidual(watched.expect, connector)]


def baseline(watched: Watched, connector: int) -> list[Detector]:
    """The rule of the seed alone."""
    return [SeedVariance(connector)]


def _ordered(watched: Watched, connector: int) -> Ordered:
    return Ordered(connector, watched.connectors, watched.limit, watched.supply)


RULES: dict[str, Callable[[Watched, int], list[Detector]]] = {
    "all": of_bus,
    "twin": with_twin,
    "seed_variance": baseline,
}


class Watch:
    """Watches the buses of all connectors, and OCPP.

    `before`: the alarm that stood when the watcher before this one died, and when this one began.
    """

    def __init__(
        self, watched: Watched, rule: str = "all", before: tuple[str, float] | None = None
    ) -> None:
        numbers = range(1, watched.connectors + 1)
        by_connector = {number: RULES[rule](watched, number) for number in numbers}
        whole: list[Detector] = [OcppSession()] if rule != "seed_variance" else []
        if before:
            looks_back = max(one.looks_back for each in by_connector.values() for one in each)
            by_connector[1].append(RaisedBefore(*before, looks_back))
        self._detectors = [one for each in by_connector.values() for one in each] + whole
        self._charge_point = watched.charge_point
        self._sides = {number: Side(each) for number, each in by_connector.items()}
        self._ocpp = Dispatch(self._detectors)

    @property
    def verdicts(self) -> list[Verdict]:
        """What each detector says now."""
        return [detector.verdict for detector in self._detectors]

    def receive(self, event: Event, now: float) -> list[Verdict]:
        """An event with the stamp `now`; the verdicts whose state is another one."""
        if isinstance(event, OnBus):
            side = self._sides.get(event.connector)
            return side.receive(event.event, now) if side else []
        if getattr(event, "charge_point", self._charge_point) != self._charge_point:
            return []
        return self._ocpp.give(event, now, [])

    def tick(self, now: float) -> list[Verdict]:
        """A whole second; the verdicts whose state is another one."""
        return [told for one in self._detectors if (told := one.tick(now)) is not None]


class Dispatch:
    """Gives each event to those who hear its type."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._by_type: dict[type, list[Hear]] = {}
        for detector in detectors:
            for kind, hear in detector.hears.items():
                self._by_type.setdefault(kind, []).append(hear)

    def give(self, event: object, now: float, told: list[Verdict]) -> list[Verdict]:
        """Adds to `told` the verdicts whose state is another one."""
        for hear in self._by_type.get(type(event), ()):
            verdict = hear(event, now)
            if verdict is not None:
                told.append(verdict)
        return told


class Side(Dispatch):
    """The bus of one connector. Whoever hears a message is given it; whoever hears Heard or Target,
    the frame with its mark, and the commanded target when it moves."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        super().__init__(detectors)
        self._heard = self._by_type.pop(Heard, [])
        self._commanded = Commanded()
        self._target = Target()

    def receive(self, event: object, now: float) -> list[Verdict]:
        if not isinstance(event, Heard):
            return self.give(event, now, self._moved(event, now))
        what = event.what
        told = [verdict for hear in self._heard if (verdict := hear(event, now)) is not None]
        self.give(what, now, told)
        if isinstance(what, Current) and self._commanded.running is not None:
            return told  # it moves no target that is known
        return told + self._moved(what, now)

    def _moved(self, event: object, now: float) -> list[Verdict]:
        self._commanded.receive(event)
        before, self._target = self._target, self._commanded.followed
        return [] if self._target == before else self.give(self._target, now, [])
