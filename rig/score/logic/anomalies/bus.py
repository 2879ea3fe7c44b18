"""Frames that are added to the bus, taken from it, or put in the place of others.

Names by the public taxonomies of CAN attacks: fabrication, suspension and masquerade (ROAD);
flooding, fuzzing and replay (HCRL, SynCAN).
"""

from rig.bus.logic.messages import Current, Frame, SetLimit, Start, Stop
from rig.score.logic.anomalies.attack import (
    each,
    gated,
    put_by_attacker,
    put_right,
    reports_changed,
)
from rig.score.logic.bench import Bench

PERIOD = 1.0  # s, of Current
SHORT_AGO = 60.0  # s; replayed is what was recorded so long before


def spoof300(bench: Bench, begin: float, end: float) -> None:
    """A second sender of Current, between the reports of the charger."""
    message = Current(float(bench.rng.randint(0, 80)))
    at = begin
    while at < end:
        put_by_attacker(bench, at, message)
        at += PERIOD


def masquerade(bench: Bench, begin: float, end: float) -> None:
    """Others come in the place of the charger's reports: 50 to 85 % of them."""
    share = bench.rng.uniform(0.5, 0.85)
    reports_changed(bench, begin, end, lambda current: current * share)


def replay(bench: Bench, begin: float, end: float) -> None:
    """Reports of before, when another limit was in force, come in the place of those of now."""
    codec, world = bench.world.codec, bench.world
    limits = bench.rng.sample(range(16, 64, 8), 2)
    bench.limit(begin - SHORT_AGO - 20, (0, float(limits[0])))
    bench.limit(begin - 20, (0, float(limits[1])))
    recorded: list[Frame] = []

    def record(frame: Frame) -> list[Frame]:
        recorded.append(frame)
        return [frame]

    def play(frame: Frame) -> list[Frame]:
        if not isinstance(codec.decode(frame), Current):
            return [frame]
        recorded.append(recorded.pop(0))
        if recorded[-1] != frame:
            world.touch()
        return [recorded[-1]]

    gated(bench, begin - SHORT_AGO, begin - 20, record)
    gated(bench, begin, end, play)


def suspension(bench: Bench, begin: float, end: float) -> None:
    """The charger is not heard for 15 to 60 s."""

    def withhold(frame: Frame) -> list[Frame]:
        bench.world.touch()
        return []

    gated(bench, begin, begin + bench.rng.uniform(15, 60), withhold)


def flood(bench: Bench, begin: float, end: float) -> None:
    """60 to 200 frames a second: of a number with the highest priority, or of Current."""
    frame = bench.rng.choice([Frame(0, bytes(8)), bench.world.codec.encode(Current(20.0))])
    every = 1 / bench.rng.uniform(60, 200)

    def put() -> None:
        bench.world.touch()
        bench.world.put_frame(frame)

    each(bench, begin, begin + bench.rng.uniform(10, 20), every, put)


def fuzz(bench: Bench, begin: float, end: float) -> None:
    """Frames of any number and data, 20 a second."""
    rng = bench.rng

    def put() -> None:
        bench.world.touch()
        frame = Frame(rng.randint(0, 0x7FF), rng.randbytes(rng.randint(0, 8)))
        bench.world.put_frame(frame)

    each(bench, begin, begin + rng.uniform(20, 60), 0.05, put)


def spoof_limit(bench: Bench, begin: float, end: float) -> None:
    """A limit that nobody asked for; the central system tells its own again after a while."""
    bench.limit(begin - 40, (0, 24.0))
    put_by_attacker(bench, begin, SetLimit(float(bench.rng.choice([6, 10, 40, 80]))))
    put_right(bench, begin, lambda: bench.csms.limit((0, 24.0)))


def spoof_start(bench: Bench, begin: float, end: float) -> None:
    """A Start while no car is to charge."""
    bench.stop(begin - 60)
    put_by_attacker(bench, begin, Start())
    put_right(bench, begin, lambda: _unless_ours(bench, Stop()))


def spoof_stop(bench: Bench, begin: float, end: float) -> None:
    """A Stop in the middle of a session."""
    put_by_attacker(bench, begin, Stop())
    put_right(bench, begin, lambda: _unless_ours(bench, Start()))


def _unless_ours(bench: Bench, message: Start | Stop) -> None:
    """The plain charge point is made to tell it by somebody; ours sees to it by itself."""
    if not bench.is_ours:
        bench.world.put(message)
