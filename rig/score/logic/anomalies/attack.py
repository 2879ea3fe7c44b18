"""What anomalies are made of: each `touches` the world when it changes what is on the wire, and
never else, for that is its label. Times in s from the begin of the session, currents in A.
"""

from collections.abc import Callable

from rig.bus.logic.messages import Current, Frame, Message
from rig.score.logic.bench import Bench

Attack = Callable[[Bench, float, float], None]  # from, to (s)


def each(bench: Bench, begin: float, end: float, every: float, do: Callable[[], None]) -> None:
    """Do this again and again."""
    at = begin
    while at < end:
        bench.at(at, do)
        at += every


def touching(bench: Bench, at: float, do: Callable[[], None]) -> None:
    """Do this then: it is part of the anomaly."""

    def both() -> None:
        bench.world.touch()
        do()

    bench.at(at, both)


def put_by_attacker(bench: Bench, at: float, message: Message) -> None:
    """Somebody else puts a message on the bus."""
    touching(bench, at, lambda: bench.world.put(message))


def put_right(bench: Bench, begin: float, undo: Callable[[], None]) -> None:
    """It is undone after 20 to 60 s. Until then a plain charge point leaves it on the wire; ours
    does not."""
    end = begin + bench.rng.uniform(20, 60)
    if bench.is_ours:
        bench.at(end, undo)
    else:
        touching(bench, end, undo)


def reports_changed(
    bench: Bench, begin: float, end: float, change: Callable[[float], float]
) -> None:
    """What the charger reports is another current."""
    codec, world = bench.world.codec, bench.world

    def gate(frame: Frame) -> list[Frame]:
        report = codec.decode(frame)
        if not isinstance(report, Current):
            return [frame]
        other = codec.encode(Current(max(0.0, change(report.current))))
        if other != frame:
            world.touch()
        return [other]

    gated(bench, begin, end, gate)


def gated(bench: Bench, begin: float, end: float, gate: Callable[[Frame], list[Frame]]) -> None:
    """What becomes of the frames of the charger in this time."""

    def let(what: Callable[[Frame], list[Frame]]) -> None:
        bench.world.gate = what

    bench.at(begin, lambda: let(gate))
    bench.at(end, lambda: let(lambda frame: [frame]))
