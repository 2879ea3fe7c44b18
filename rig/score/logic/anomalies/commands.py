"""Commands that are each ordinary, and together are not: the current is made to swing."""

from rig.score.logic.anomalies.attack import touching
from rig.score.logic.bench import Bench

ROUND = 8.0  # s, of the seed's cycle


def osc_seed(bench: Bench, begin: float, end: float) -> None:
    """The seed's cycle: 0 A, 2 s, 100 A, 1 s, start, 2 s, stop, 3 s."""
    bench.stop(begin - 3)
    at = begin
    while at < end:
        touching(bench, at, lambda: bench.csms.limit((0, 0.0)))
        bench.limit(at + 2, (0, 100.0))
        bench.start(at + 3)
        touching(bench, at + 5, bench.csms.stop)
        at += ROUND


def osc_stealth(bench: Bench, begin: float, end: float) -> None:
    """The limit goes down by 8 to 12 A and back each 10 s."""
    high = float(bench.rng.randint(24, 50))
    low = high - bench.rng.randint(8, 12)
    _swing(bench, begin, max(end, begin + 90), 5.0, (low, high))


def osc_slow(bench: Bench, begin: float, end: float) -> None:
    """The limit goes down to 40 % and back each 30 to 60 s."""
    high, half = float(bench.rng.randint(32, 80)), bench.rng.uniform(15, 30)
    _swing(bench, begin, max(end, begin + 8 * half), half, (round(0.4 * high), high))


def _swing(
    bench: Bench, begin: float, end: float, half: float, limits: tuple[float, float]
) -> None:
    at, number = begin, 0
    while at < end:
        limit = limits[number % 2]
        touching(bench, at, lambda limit=limit: bench.csms.limit((0, limit)))  # type: ignore[misc]
        at, number = at + half, number + 1


def fast_toggle(bench: Bench, begin: float, end: float) -> None:
    """Stop and start again within seconds, two or three times."""
    at = begin
    for _ in range(bench.rng.randint(2, 3)):
        touching(bench, at, bench.csms.stop)
        at += bench.rng.uniform(1.5, 4.0)
        touching(bench, at, bench.csms.start)
        at += bench.rng.uniform(5.0, 12.0)
