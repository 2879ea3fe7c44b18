"""The chargers of a charge point whose state is not read yet: each is told to Stop.

What ran before may have died while charging, and the disk may hang, be full or damaged. The
chargers are those that the Bridge goes on with, so that a Stop which the bus carried is not owed
again.
"""

from collections.abc import Iterable, Iterator

from rig.bus.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.cp.logic.actuator import Actuator, Result, Transmit
from rig.cp.logic.events import At
from rig.cp.logic.point import Send


class FirstStop:
    """What there is before the Bridge, for connectors 1 to `connectors`."""

    def __init__(self, connectors: int) -> None:
        self.actuators = {number: Actuator() for number in range(1, connectors + 1)}
        self.up: set[int] = set()  # connectors whose bus works

    @property
    def wake_at(self) -> float:
        return min(actuator.wake_at for actuator in self.actuators.values())

    @property
    def is_stopped(self) -> bool:
        """Whether the buses carried the Stop."""
        return not any(actuator.stop_owed for actuator in self.actuators.values())

    def receive(self, event: At, now: float) -> Iterable[Send]:
        number, inner = event
        if isinstance(inner, LinkUp):
            self.up.add(number)
        elif isinstance(inner, LinkDown):
            self.up.discard(number)
        if isinstance(inner, Sent | NotSent | Late | LinkUp | LinkDown):
            return _sends(number, self.actuators[number].receive(inner, now))
        return []

    def tick(self, now: float) -> list[Send]:
        return [
            send
            for number, actuator in self.actuators.items()
            if actuator.wake_at <= now
            for send in _sends(number, actuator.tick(now))
        ]


def _sends(number: int, results: Iterable[Result]) -> Iterator[Send]:
    """Stops alone: an order would have a tag, and nobody ordered anything yet."""
    return (Send(number, one.key, one.message) for one in results if isinstance(one, Transmit))
