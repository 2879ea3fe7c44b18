"""A charger that does not do what it is told, or reports what does not flow."""

from rig.bus.logic.messages import Message, SetLimit, Start, Stop
from rig.charger_module.logic.charger import INITIAL_LIMIT
from rig.score.logic.anomalies.attack import each, reports_changed
from rig.score.logic.bench import NOISE, Bench

SHORTEST_FREEZE = 60.0  # s
AFTER = 60.0  # s, after the fault, in which what it did is put right


def over_current(bench: Bench, begin: float, end: float) -> None:
    """More flows than the limit: 15, 25 or 50 %."""
    factor = bench.rng.choice([1.15, 1.25, 1.5])
    bench.limit(begin - 40, (0, float(bench.rng.randint(32, 63))))
    reports_changed(bench, begin, end, lambda current: current * factor)


def ignore_limit(bench: Bench, begin: float, end: float) -> None:
    """A lower limit is not obeyed; in the end it is told once more."""
    bench.limit(begin - 20, (0, 50.0))
    low = float(bench.rng.randint(6, 16))
    _faulty(bench, begin, end, "plant.ignore_limit")
    bench.limit(begin + 2, (0, low))
    # A charge point that holds this limit already sends no second SetLimit: so it is another one.
    bench.limit(end + 1, (0, low + 1.0))


def ignore_stop(bench: Bench, begin: float, end: float) -> None:
    """Stop is not obeyed; in the end it is told once more. Ours tells it again by itself."""
    _faulty(bench, begin, end, "plant.ignore_stop")
    bench.stop(begin + 2)
    if not bench.is_ours:
        bench.at(end + 1, lambda: bench.world.put(Stop()))


def _faulty(bench: Bench, begin: float, end: float, fault: str) -> None:
    """The charger ignores commands; that shows while it means another current than it was told."""
    world = bench.world
    told = _Told()
    world.listeners.append(told.hear)

    def look() -> None:
        if bench.now >= begin and told.differs(world.charger.target):
            world.touch()

    def cure() -> None:
        world.fault(None)
        world.fault(NOISE)

    bench.at(begin, lambda: world.fault(fault))
    bench.at(end, cure)
    each(bench, begin, end + AFTER, 1.0, look)


class _Told:
    """What was commanded on the bus (A)."""

    def __init__(self) -> None:
        self._runs, self._limit = False, INITIAL_LIMIT

    def hear(self, message: Message) -> None:
        match message:
            case SetLimit(limit):
                self._limit = limit
            case Start() | Stop():
                self._runs = isinstance(message, Start)

    def differs(self, target: float) -> bool:
        return abs((self._limit if self._runs else 0.0) - target) > 0.5


def frozen_hold(bench: Bench, begin: float, end: float) -> None:
    """The report is frozen while nothing else changes."""
    _freeze(bench, begin, end)


def frozen_step(bench: Bench, begin: float, end: float) -> None:
    """The report is frozen, and the limit goes down meanwhile."""
    bench.limit(begin - 60, (0, 50.0))
    bench.limit(begin + 5, (0, float(bench.rng.randint(6, 20))))
    _freeze(bench, begin, end)


def _freeze(bench: Bench, begin: float, end: float) -> None:
    held: list[float] = []

    def hold(current: float) -> float:
        held.append(current)
        return held[0]

    reports_changed(bench, begin, max(end, begin + SHORTEST_FREEZE), hold)
