"""What every kind of session plays on: a world, its charge point and its central system."""

from collections.abc import Callable
from random import Random

from rig.bus.logic.messages import Codec
from rig.charger_module.logic.charger import SimulatedCharger
from rig.score.central import Central
from rig.score.points import PlainPoint, RigPoint
from rig.score.world import BEGINS, World

NOISE = "ev.noise"  # +-1 A while current flows, as any meter has
MakeCharger = Callable[[Random], SimulatedCharger]


def simulated(rng: Random) -> SimulatedCharger:
    """The rig's charger, in any phase."""
    return SimulatedCharger(BEGINS + rng.uniform(0.1, 1.1))


class Bench:
    """`is_ours`: the charge point is the rig's, else a plain one. Times in s from the begin."""

    def __init__(
        self,
        codec: Codec,
        rng: Random,
        *,
        is_ours: bool,
        charger: MakeCharger = simulated,
        noise: bool = True,
    ) -> None:
        self.rng = rng
        self.world = World(codec, rng, charger(rng))
        self.csms = Central(self.world)
        self.point: RigPoint | PlainPoint
        self.point = RigPoint(self.world) if is_ours else PlainPoint(self.world)
        self.world.point = self.point
        self.is_ours = is_ours
        if noise:
            self.world.fault(NOISE)
        self.world.at(rng.uniform(1.0, 3.0), lambda: self.world.connect(True))

    @property
    def now(self) -> float:
        return self.world.now - BEGINS

    def at(self, seconds: float, do: Callable[[], None]) -> None:
        self.world.at(seconds, do)

    def start(self, seconds: float, limit: float | None = None) -> None:
        self.at(seconds, lambda: self.csms.start(limit))

    def stop(self, seconds: float) -> None:
        self.at(seconds, self.csms.stop)

    def limit(self, seconds: float, *periods: tuple[int, float]) -> None:
        self.at(seconds, lambda: self.csms.limit(*periods))
