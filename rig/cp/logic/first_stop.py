"""The chargers of a charge point whose state is not read yet: each is told to Stop.

What ran before may have died while charging, and the disk may hang, be full or damaged. The
chargers are those that the charge point goes on with, so that a Stop which the bus carried is not
owed again.
"""

from collections.abc import Iterable

from rig.bus.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.bus.logic.messages import Codec
from rig.cp.logic.charger import Charger
from rig.cp.logic.events import At, Output, Send
from rig.role.logic.supply import Supply


class FirstStop:
    """What there is before the charge point, for connectors 1 to `connectors`."""

    def __init__(self, connectors: int, codec: Codec, supply: Supply | None) -> None:
        numbers = range(1, connectors + 1)
        self.chargers = {number: Charger(number, codec, supply) for number in numbers}

    @property
    def wake_at(self) -> float:
        return min(charger.wake_at for charger in self.chargers.values())

    @property
    def is_stopped(self) -> bool:
        """Whether the buses carried the Stop."""
        return not any(charger.stop_owed for charger in self.chargers.values())

    def receive(self, event: At, now: float) -> Iterable[Send]:
        number, inner = event
        if isinstance(inner, Sent | NotSent | Late | LinkUp | LinkDown):
            return _frames(self.chargers[number].receive(inner, now))
        return []

    def tick(self, now: float) -> list[Send]:
        due = [charger for charger in self.chargers.values() if charger.wake_at <= now]
        return [send for charger in due for send in _frames(charger.tick(now))]


def _frames(outputs: Iterable[Output]) -> list[Send]:
    """Nobody is there yet who would be told of a silence."""
    return [output for output in outputs if isinstance(output, Send)]
