"""What is normal: half an hour each, with other numbers for each seed. Times in s, currents in A.

Sources of the kinds: the facts of ordinary charging (solar following changes its limit each 5 to
10 s by a few amperes; a car pauses, takes less than it may, and tapers), and what an operator, a
backend and a card do on any day.
"""

from collections.abc import Callable
from random import Random

from rig.charger_module.logic.charger import SimulatedCharger
from rig.cp.logic.events import At, Plugged, Swiped, Unplugged
from rig.score.logic.bench import Bench
from rig.score.logic.chargers import OtherHardware
from rig.score.logic.rig_point import RigPoint
from rig.score.logic.world import BEGINS

LENGTH = 1800.0  # s

Script = Callable[[Bench], None]


def amps(rng: Random, low: int = 6, high: int = 100) -> float:
    return float(rng.randint(low, high))


def idle(bench: Bench) -> None:
    """Nothing but Heartbeat and reports of 0 A."""


def single(bench: Bench) -> None:
    """One session at one limit."""
    bench.start(bench.rng.uniform(30, 200), amps(bench.rng))
    bench.stop(bench.rng.uniform(900, 1500))


def smart(bench: Bench) -> None:
    """A limit that changes each 2 to 6 minutes."""
    at = bench.rng.uniform(30, 120)
    bench.start(at, amps(bench.rng, 10))
    while (at := at + bench.rng.uniform(120, 360)) < LENGTH - 120:
        bench.limit(at, (0, amps(bench.rng, 10)))
    bench.stop(LENGTH - bench.rng.uniform(30, 90))


def busy(bench: Bench) -> None:
    """Sessions of 2 to 4 minutes, one after the other."""
    at = bench.rng.uniform(5, 30)
    while at < LENGTH - 300:
        bench.start(at, amps(bench.rng))
        at += bench.rng.uniform(120, 240)
        bench.stop(at)
        at += bench.rng.uniform(10, 40)


def sun(bench: Bench) -> None:
    """A limit that follows the sun: 1 to 4 A up or down each 5 to 10 s."""
    at, limit = bench.rng.uniform(30, 60), 16.0
    bench.start(at, limit)
    while (at := at + bench.rng.uniform(5, 10)) < LENGTH - 120:
        limit = min(32.0, max(6.0, limit + bench.rng.choice([-4, -3, -2, -1, 1, 2, 3, 4])))
        bench.limit(at, (0, limit))
    bench.stop(LENGTH - 60)


def limited(bench: Bench) -> None:
    """A car that takes less than its limit, pauses twice, and tapers."""
    begin = bench.rng.uniform(30, 90)
    bench.start(begin, amps(bench.rng, 16))
    rng, world = bench.rng, bench.world
    kind = rng.choice(["ev.limited", "ev.pauses", "ev.taper"])
    bench.at(begin - 1.0, lambda: world.fault(kind))
    bench.at(rng.uniform(700, 900), lambda: world.fault(rng.choice(["ev.pauses", "ev.taper"])))
    bench.stop(LENGTH - rng.uniform(60, 200))


def twice(bench: Bench) -> None:
    """An operator who starts, thinks again within seconds, and starts once more; then he corrects
    a limit at once."""
    at = bench.rng.uniform(30, 120)
    for _ in range(2):
        bench.start(at, amps(bench.rng, 10))
        bench.stop(at + bench.rng.uniform(1.0, 4.0))
        at += bench.rng.uniform(6, 12)
        bench.start(at, amps(bench.rng, 10))
        wrong = at + bench.rng.uniform(60, 200)
        bench.limit(wrong, (0, 0.0))
        bench.limit(wrong + bench.rng.uniform(1.0, 4.0), (0, amps(bench.rng, 10)))
        at = wrong + bench.rng.uniform(200, 300)
        bench.stop(at)
        at += bench.rng.uniform(100, 200)


def reconnecting(bench: Bench) -> None:
    """A central system that is gone for 20 s to 2 minutes, three times, while a car charges."""
    bench.start(bench.rng.uniform(30, 60), amps(bench.rng, 10))
    at = bench.rng.uniform(150, 250)
    for _ in range(3):
        bench.at(at, lambda: bench.world.connect(False))
        back = at + bench.rng.uniform(20, 55 if bench.is_ours else 120)
        bench.at(back, lambda: bench.world.connect(True))
        bench.limit(back + bench.rng.uniform(20, 60), (0, amps(bench.rng, 10)))
        at = back + bench.rng.uniform(200, 300)
    bench.stop(LENGTH - 100)


def scheduled(bench: Bench) -> None:
    """A profile of several periods, one of them 0 A."""
    begin = bench.rng.uniform(30, 90)
    bench.start(begin, amps(bench.rng, 10))
    if not bench.is_ours:  # a plain one knows of no schedule: its central system sends each period
        for n in range(4):
            bench.limit(begin + 100 + 300 * n, (0, 0.0 if n == 2 else amps(bench.rng, 10)))
    else:
        starts = [0, 300, 600, 900]
        periods = [(start, 0.0 if start == 600 else amps(bench.rng, 10)) for start in starts]
        bench.limit(begin + 100, *periods)
    bench.stop(LENGTH - 100)


def by_card(bench: Bench) -> None:
    """Cards and plugs: a session begins with a card, and ends with a card, or with the plug."""
    point = bench.point
    if not isinstance(point, RigPoint):
        single(bench)
        return
    at = bench.rng.uniform(30, 90)
    while at < LENGTH - 500:
        bench.at(at, lambda: point.feed(At(1, Plugged())))
        bench.at(at + bench.rng.uniform(3, 10), lambda: point.feed(At(1, Swiped("ABC"))))
        at += bench.rng.uniform(200, 400)
        if bench.rng.random() < 0.5:
            bench.at(at, lambda: point.feed(At(1, Swiped("ABC"))))
        bench.at(at + bench.rng.uniform(5, 20), lambda: point.feed(At(1, Unplugged())))
        at += bench.rng.uniform(60, 120)


def other_hardware(rng: Random) -> SimulatedCharger:
    up, down = rng.uniform(3, 8), rng.uniform(8, 16)
    return OtherHardware(BEGINS + rng.uniform(0.1, 1.1), up, down, rng.uniform(0.2, 2.0))


def fast_reports(rng: Random) -> SimulatedCharger:
    start = BEGINS + rng.uniform(0.1, 1.1)
    return SimulatedCharger(start, period=rng.choice([0.2, 0.5]), step=1.0)


NORMALS: dict[str, Script] = {
    "idle": idle,
    "single": single,
    "smart": smart,
    "busy": busy,
    "sun": sun,
    "limited": limited,
    "other_hardware": smart,
    "fast_reports": smart,
    "no_noise": busy,
    "twice": twice,
    "reconnecting": reconnecting,
    "scheduled": scheduled,
    "by_card": by_card,
}
NO_NOISE = {"no_noise"}
CHARGERS = {"other_hardware": other_hardware, "fast_reports": fast_reports}
