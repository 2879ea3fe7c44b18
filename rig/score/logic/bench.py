"""What every kind of session plays on: a world, its charge point and its central system."""

from collections.abc import Callable
from random import Random

from rig.charger_module.logic.charger import SimulatedCharger
from rig.score.logic.central import Central
from rig.score.logic.plain_point import PlainPoint
from rig.score.logic.rig_point import RigPoint
from rig.score.logic.world import BEGINS, Formats, World

NOISE = "ev.noise"  # +-1 A while current flows, as any meter has
MakeCharger = Callable[[Random], SimulatedCharger]


def simulated(rng: Random) -> SimulatedCharger:
    """The rig's charger, in any phase."""
    return SimulatedCharger(BEGINS + rng.uniform(0.1, 1.1))


class Bench:
    """`is_ours`: the charge point is the rig's, else a plain one. Times in s from the begin."""

    def __init__(
        self,
        formats: Formats,
        rng: Random,
        *,
        is_ours: bool,
        charger: MakeCharger = simulated,
        noise: bool = True,
    ) -> None:
        self.rng = rng
        self.world = World(formats, rng, charger(rng))
        self.csms = Central(self.world)
        self.point: RigPoint | PlainPoint
        self.point = RigPoint(self.world) if is_ours else PlainPoint(self.world)
        self.world.point = self.point
        self.is_ours = is_ours
        if noise:
            self.world.fault(NOISE)
        self.at(rng.uniform(1.0, 3.0), lambda: self.world.connect(True))
        if is_ours and rng.random() < 0.5:  # else it tells each report
            self._sample_seldom()

    def _sample_seldom(self) -> None:
        """As the standard has it: our charge point tells its current every few seconds."""
        every = str(self.rng.randint(2, 10))
        self.at(4.0, lambda: self.csms.configure("MeterValuesSampledData", "Current.Import"))
        self.at(4.5, lambda: self.csms.configure("MeterValueSampleInterval", every))

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
