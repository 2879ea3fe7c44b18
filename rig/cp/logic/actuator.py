"""What the charger was told, and what it must still be told.

An order is carried when the bus echoed each of its frames. One that was not carried may still go
out later, so it leaves a debt: a Stop after a Start or Stop, the limit in force after a SetLimit.
Debts are paid again and again until the bus carries them. When in doubt, the answer is Stop:
while a Stop is owed, nobody may order a Start, and a Start that waits its turn is left out.
"""

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rig.bus.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.bus.logic.messages import Message, SetLimit, Start, Stop

RETRY = 0.5  # s between two attempts to pay a debt


class Transmit(NamedTuple):
    """Send a message; what becomes of it comes back under this key."""

    key: int
    message: Message


@dataclass(frozen=True, slots=True)
class Carried:
    """All of an order was on the bus."""

    tag: Any


@dataclass(frozen=True, slots=True)
class NotCarried:
    """Some of an order was not on the bus in time."""

    tag: Any
    why: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """A Stop was on the bus: the charger is known to be told."""


Result = Transmit | Carried | NotCarried | Stopped


@dataclass(slots=True)
class _Order:
    tag: Any
    messages: list[Message] = field(default_factory=list)  # that the bus did not carry yet

    @property
    def has_start(self) -> bool:
        """Whether its Start, which is always its last message, was not carried yet."""
        return bool(self.messages) and isinstance(self.messages[-1], Start)


class Actuator:
    """One charger. It begins in debt of a Stop: what ran before may have died while charging."""

    def __init__(self) -> None:
        self.running = False
        self.limit: float | None = None  # A, that is to be in force; None: none was carried yet
        self.was_limited = False  # a limit was sent, and may have been carried unseen
        self.stop_owed = True
        self._limit_owed = False
        self._link_up = False
        self._retry_at = math.inf
        self._orders: dict[int, _Order] = {}  # by the key of the frame in flight
        self._sent: dict[int, Message] = {}  # frames whose late echo would matter
        self._next_key = 1
        self._last_start = 0  # its key
        self._limit_key = 0  # of the frame that brought the limit

    @property
    def wake_at(self) -> float:
        return self._retry_at

    @property
    def limit_owed(self) -> bool:
        """Whether the bus may not have carried `limit`, or carries another one now."""
        return self._limit_owed or self._limit_in_flight

    def order(self, tag: Any, *messages: Message) -> list[Transmit]:
        """Send messages one after the other; Carried or NotCarried follows under the tag."""
        order = _Order(tag, list(messages))
        self.running = self.running or order.has_start
        return self._send_next(order)

    def stop(self, tag: Any = None) -> list[Transmit]:
        """Stop the charger, now and until the bus carried it."""
        self.running, self.stop_owed = False, True
        return self._send_next(_Order(tag, [Stop()]))

    def restore(self, limit: float) -> list[Transmit]:
        """This limit (A) is in force: tell it until the bus carried it, if it did not.

        While another one is in flight it is not known what is to be told: ask again afterwards.
        """
        if self._limit_in_flight or limit == self.limit:
            return []
        self.limit = limit
        return self.repeat_limit()

    def repeat_limit(self) -> list[Transmit]:
        """The charger may have forgotten the limit in force: tell it again."""
        self._limit_owed = self.limit is not None
        return self._tell_limit()

    def _tell_limit(self) -> list[Transmit]:
        """Tell the limit that is owed, if the bus works. One in flight must not be overtaken."""
        if not self._link_up or not self._limit_owed or self._limit_in_flight:
            return []
        assert self.limit is not None
        return self._send_next(_Order(None, [SetLimit(self.limit)]))

    def receive(self, event: Sent | NotSent | Late | LinkUp | LinkDown, now: float) -> list[Result]:
        match event:
            case Sent(key):
                return self._carried(key, now)
            case NotSent(key, why):
                return self._not_carried(key, why, now)
            case Late(key):
                return self._late(key, now)
            case LinkUp():
                self._link_up = True
                self._limit_owed = self.limit is not None
                return self.tick(now)
            case LinkDown():
                self._link_up, self._retry_at = False, math.inf
                return []

    def tick(self, now: float) -> list[Result]:
        """Pay what is owed."""
        self._retry_at = math.inf
        if not self._link_up:
            return []
        results: list[Result] = []
        if self.stop_owed:
            results += self._send_next(_Order(None, [Stop()]))
        results += self._tell_limit()
        if results:
            self._retry_at = now + RETRY
        return results

    @property
    def _limit_in_flight(self) -> bool:
        return any(isinstance(order.messages[0], SetLimit) for order in self._orders.values())

    def _send_next(self, order: _Order) -> list[Transmit]:
        key, self._next_key = self._next_key, self._next_key + 1
        self._orders[key] = order
        if isinstance(order.messages[0], Start):
            self._last_start = key
        self.was_limited = self.was_limited or isinstance(order.messages[0], SetLimit)
        return [Transmit(key, order.messages[0])]

    def _carried(self, key: int, now: float) -> list[Result]:
        order = self._orders.pop(key)
        results = self._settle(key, order.messages.pop(0), now)
        if order.has_start and not self.running:
            return [*results, NotCarried(order.tag, "a Stop came before its Start")]
        if order.messages:
            return [*results, *self._send_next(order)]
        return [Carried(order.tag), *results] if order.tag is not None else results

    def _settle(self, key: int, message: Message, now: float) -> list[Result]:
        """The bus carried a message. Of two, the one that was sent later counts."""
        match message:
            case Stop() if key > self._last_start:
                self.stop_owed = False
                return [Stopped()]
            case Start() if not self.running and not self.stop_owed:  # its Stop came before it
                self.stop_owed = True
                return self.tick(now)
            case SetLimit(limit) if key > self._limit_key:
                self._limit_owed, self.limit, self._limit_key = False, limit, key
        return []

    def _not_carried(self, key: int, why: str, now: float) -> list[Result]:
        order = self._orders.pop(key)
        failed = order.messages[0]
        self._remember(key, failed)
        if order.has_start:
            self.running = False
        if isinstance(failed, SetLimit):
            self._limit_owed = self.limit is not None
        else:
            self.stop_owed = not self.running
        self._retry_at = min(self._retry_at, now + RETRY)
        return [NotCarried(order.tag, why)] if order.tag is not None else []

    def _late(self, key: int, now: float) -> list[Result]:
        message = self._sent.pop(key, None)
        match message:
            case Stop():
                return self._settle(key, message, now)
            case Start() if not self.running:
                self.stop_owed = True
                return self.tick(now)
            case SetLimit():
                self._limit_owed = self.limit is not None
                return self.tick(now)
        return []

    def _remember(self, key: int, message: Message) -> None:
        self._sent[key] = message
        if len(self._sent) > 64:
            del self._sent[next(iter(self._sent))]
