"""What the commands on the bus ask of the charger: running, limit, target; unknown until told."""

from dataclasses import dataclass

from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import Current, SetLimit, Start, Stop

MINIMUM = 6.0  # A, the least that a car may be offered (IEC 61851-1)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the current was told to go (A; None while that is not known).

    `level` is the same for who follows its moves: 0 A of a charger that delivers nothing and has
    not been told anything yet, and the least that flows where the limit is not known.
    """

    amps: float | None = None
    level: float | None = None


class Commanded:
    """The charger's commanded state as a listener knows it. Limits and targets in A."""

    def __init__(self) -> None:
        self.running: bool | None = None
        self.limit: float | None = None
        self._is_idle = False

    @property
    def target(self) -> float | None:
        """Where the current was told to go; None while that is not known."""
        if self.running is None:
            return None
        return self.limit if self.running else 0.0

    def receive(self, event: object) -> None:
        match event:
            case Start():
                self.running = True
            case Stop():
                self.running = False
            case SetLimit(limit):
                self.limit = limit
            case Current(current):
                self._is_idle = current < MINIMUM
            case LinkDown():  # commands sent meanwhile are missed
                self.running = self.limit = None
                self._is_idle = False

    @property
    def followed(self) -> Target:
        """The target, for detectors."""
        target = self.target
        if self.running is None:
            return Target(None, 0.0 if self._is_idle else None)
        return Target(target, MINIMUM if target is None else target)
