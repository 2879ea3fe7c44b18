"""The simulated charger under commands, and what a detector says, in virtual time."""

import math
from collections.abc import Iterable, Iterator, Sequence

from rig.bus.logic.messages import KINDS, Current, SetLimit, Start, Stop
from rig.charger_module.logic.charger import SimulatedCharger
from rig.detect.events import Heard
from rig.detect.verdict import Detector, Verdict, worst
from rig.detect.watch import Side

Timed = tuple[float, object]  # s, event

PHASES = [tick / 20 for tick in range(20)]  # s from the first command to the charger's first tick
LIMITS = range(6, 101)  # A

# The seed's cycle: 0 A, 2 s, 100 A, 1 s, Start, 2 s, Stop, 3 s.
ROUND: Sequence[Timed] = [
    (0.0, SetLimit(0.0)),
    (2.0, SetLimit(100.0)),
    (3.0, Start()),
    (5.0, Stop()),
]
ROUND_LASTS = 8.0  # s


def seed(rounds: int) -> list[Timed]:
    return [(at + n * ROUND_LASTS, event) for n in range(rounds) for at, event in ROUND]


def bus(commands: Iterable[Timed], end: float, phase: float = 0.5) -> Iterator[Timed]:
    """What is on the bus until `end`: the commands, and what the simulated charger reports."""
    charger = SimulatedCharger(phase)
    for at, command in [*(timed for timed in commands if timed[0] < end), (end, None)]:
        while charger.wake_at < at:
            now = charger.wake_at
            for output in charger.tick(now):
                if isinstance(output, Current):
                    yield now, Current(float(round(output.current)))
        if command is not None:
            charger.receive(command, at)
            yield at, command


class Watching:
    """Detectors on one bus, each asked after every event and at every moment."""

    def __init__(self, *detectors: Detector) -> None:
        self._detectors, self._side = detectors, Side(detectors)

    def receive(self, event: object, now: float) -> Verdict:
        """The worst verdict after an event: a message, LinkUp, LinkDown, or a frame."""
        self._side.receive(Heard(event) if isinstance(event, KINDS) else event, now)
        return self.tick(now)

    def tick(self, now: float) -> Verdict:
        for detector in self._detectors:
            detector.tick(now)
        return worst([detector.verdict for detector in self._detectors])


def verdicts(detector: Watching, events: Iterable[Timed]) -> list[tuple[float, Verdict]]:
    return [(at, detector.receive(event, at)) for at, event in events]


def first_alarm(detector: Watching, events: Iterable[Timed]) -> float:
    """When it first alarmed (s); inf if it never did."""
    found = (at for at, verdict in verdicts(detector, events) if verdict.state == "alarm")
    return next(found, math.inf)
