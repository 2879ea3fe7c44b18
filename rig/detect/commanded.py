"""What the commands on the bus ask of the charger: running, limit, target; unknown until told."""

from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import SetLimit, Start, Stop


class Commanded:
    """The charger's commanded state as a listener knows it. Limits and targets in A."""

    def __init__(self) -> None:
        self.running: bool | None = None
        self.limit: float | None = None

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
            case LinkDown():  # commands sent meanwhile are missed
                self.running = self.limit = None
