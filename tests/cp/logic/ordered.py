"""A charger that is given orders, and says what became of each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from rig.bus.logic.link import Sent
from rig.bus.logic.messages import Message
from rig.cp.logic.charger import Charger
from rig.cp.logic.events import BusEvent, Send, Then
from tests.cp.logic.on_disk import kept_on
from tests.cp.logic.world import codec

LIMIT = 32.0  # A


@dataclass(frozen=True)
class Carried:
    """All of an order was on the bus."""

    tag: Any


@dataclass(frozen=True)
class NotCarried:
    """Some of an order was not on the bus in time."""

    tag: Any
    why: str


def tells(tag: Any) -> Then:
    """What becomes of the order of this tag."""
    return lambda why, now: [Carried(tag) if why is None else NotCarried(tag, why)]  # type: ignore[list-item]


def keys(outputs: Sequence[Any]) -> list[int]:
    return [output.key for output in outputs if isinstance(output, Send)]


def messages(outputs: Sequence[Any]) -> list[Message]:
    return [output.message for output in outputs if isinstance(output, Send)]


class Ordered(Charger):
    """A charger that may be silent for ever; what it keeps is left out."""

    def __init__(self) -> None:
        endless: Any = SimpleNamespace(set_limit=codec().set_limit, current_period=math.inf)
        super().__init__(1, endless, None)

    def order_start(self, tag: Any, limit: float | None = None) -> list[Any]:
        """None: with the limit in force, which it was told before."""
        if limit is None and not self.was_told(LIMIT):
            (key,) = keys(self.set_limit(LIMIT, lambda why, now: []))
            self.receive(Sent(key), 0.0)
        return [*self.start(LIMIT if limit is None else limit, tells(tag))]

    def order_limit(self, tag: Any, limit: float) -> list[Any]:
        return [*self.set_limit(limit, tells(tag))]

    def order_stop(self, tag: Any = None) -> list[Any]:
        return [*self.stop(None if tag is None else tells(tag))]

    def hold(self, limit: float) -> list[Any]:
        return kept_on({}, super().hold(limit))

    def receive(self, event: BusEvent, now: float) -> list[Any]:
        return kept_on({}, super().receive(event, now))

    def tick(self, now: float) -> list[Any]:
        return kept_on({}, super().tick(now))
