"""A charger that is given orders, and says what became of each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from rig.bus.logic.messages import Message
from rig.cp.logic.charger import BusEvent, Charger
from rig.cp.logic.events import Send, Then
from rig.cp.logic.kept import Keep
from tests.cp.logic.world import codec


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


class Ordered:
    """A charger that may be silent for ever; what it keeps is left out."""

    def __init__(self) -> None:
        endless: Any = SimpleNamespace(set_limit=codec().set_limit, current_period=math.inf)
        self.charger = Charger(1, endless, None)

    @property
    def wake_at(self) -> float:
        return self.charger.wake_at

    @property
    def stop_owed(self) -> bool:
        return self.charger.stop_owed

    @property
    def running(self) -> bool:
        return self.charger.running

    @property
    def limit(self) -> float | None:
        return self.charger.limit

    def start(self, tag: Any, limit: float | None = None) -> list[Any]:
        return self.charger.start(limit, tells(tag))

    def set_limit(self, tag: Any, limit: float) -> list[Any]:
        return self.charger.set_limit(limit, tells(tag))

    def stop(self, tag: Any = None) -> list[Any]:
        return self.charger.stop(None if tag is None else tells(tag))

    def hold(self, limit: float) -> list[Any]:
        return _less_kept(self.charger.hold(limit))

    def receive(self, event: BusEvent, now: float) -> list[Any]:
        return _less_kept(self.charger.receive(event, now))

    def tick(self, now: float) -> list[Any]:
        return _less_kept(self.charger.tick(now))


def _less_kept(outputs: Sequence[Any]) -> list[Any]:
    return [output for output in outputs if not isinstance(output, Keep)]
