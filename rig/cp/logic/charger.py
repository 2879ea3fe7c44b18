"""The charger of one connector: what it was told and must still be told, and what it reports.

An order is carried when the bus echoed each of its frames. One that was not carried may still go
out later, so it leaves a debt: a Stop after a Start or Stop, the limit in force after a SetLimit.
Debts are paid again and again until the bus carries them. When in doubt, the answer is Stop: while
a Stop is owed, nobody may order a Start, and a Start that waits its turn is left out.

Currents in A, energy in Wh, times in s on the clock of `now`.
"""

import math
from dataclasses import dataclass

from rig.bus.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.bus.logic.messages import Codec, Current, Message, SetLimit, Start, Stop
from rig.cp.logic.events import BusEvent, Output, Send, Then
from rig.cp.logic.kept import Keep
from rig.cp.logic.saved import TOLD, Saved
from rig.ocppj.logic.exchange import Note
from rig.role.logic.supply import Supply
from rig.role.logic.timeout import Timeout

RETRY = 0.5  # s between two attempts to pay a debt
SILENT_AFTER = 2.5  # periods of Current after which the charger counts as silent
REMEMBERED = 64  # frames whose late echo would matter
HOUR = 3600.0  # s


class Meter:
    """The energy register: it goes on over a restart (7.31), from the `energy` (Wh) that was kept.

    It stands still where the bench names no voltage and phases.
    """

    def __init__(self, supply: Supply | None, energy: float = 0.0) -> None:
        self._supply = supply
        self._since: tuple[float, float] | None = None
        self.energy = energy  # Wh

    def measured(self, current: float, now: float) -> None:
        """A current (A per phase) was reported; the one before flowed until now."""
        if self._since and self._supply:
            before, at = self._since
            watts = before * self._supply.voltage * self._supply.phases
            self.energy += watts * (now - at) / HOUR
        self._since = (current, now)

    def lost(self) -> None:
        """Nothing is known until the next report: what flows meanwhile is not counted."""
        self._since = None


@dataclass(slots=True)
class _Order:
    messages: list[Message]  # that the bus did not carry yet
    then: Then | None = None

    @property
    def has_start(self) -> bool:
        """Whether its Start, which is always its last message, was not carried yet."""
        return bool(self.messages) and isinstance(self.messages[-1], Start)

    def ends(self, why: str | None, now: float) -> list[Output]:
        """All of it was carried, or not, and why."""
        return self.then(why, now) if self.then else []


class Charger:
    """It begins in debt of a Stop: what ran before may have died while charging."""

    def __init__(self, number: int, codec: Codec, supply: Supply | None) -> None:
        self._number, self._set_limit = number, codec.set_limit
        self.is_up = self.is_silent = False
        self.has_spoken = False  # in this life
        self.current: float | None = None  # A, None while it is not known
        self.meter = Meter(supply)
        self.running, self.stop_owed = False, True
        self.limit: float | None = None  # A, that it was told last, also in another life
        self._told: float | None = None  # A, that is to be in force; None: none was carried yet
        self._kept: float | None = None  # A, that it was told last as the disk has it
        self._limit_owed = False
        self._limit_key = 0  # of the frame that brought the limit
        self._retry_at = math.inf
        self._orders: dict[int, _Order] = {}  # by the key of the frame in flight
        self._given_up: dict[int, Message] = {}  # whose late echo would matter
        self._next_key, self._last_start = 1, 0
        self._silence = Timeout(SILENT_AFTER * codec.current_period)

    def restore(self, saved: Saved) -> None:
        """What was kept of it in its last life."""
        self.meter.energy = saved.registers.get(self._number, 0.0)
        self._kept = saved.limits.get(self._number)
        self.limit = self._kept if self._told is None else self._told

    @property
    def wake_at(self) -> float:
        return min(self._retry_at, self._silence.wake_at)

    def was_told(self, limit: float) -> bool:
        """Whether the bus carried this limit (A) in this life, and no other one since."""
        return limit == self._told and not self._is_limit_unsure

    def keeps(self, limit: float) -> bool:
        """Whether it was told for certain to draw no more than this limit (A)."""
        return self._told is not None and self._told <= limit and not self._is_limit_unsure

    # orders

    def start(self, limit: float, then: Then, *, tells_again: bool = False) -> list[Output]:
        """Tell it the limit (A) in force, unless it was told it for certain and nobody else told it
        another since; then Start. `tells_again`: in any case."""
        self.running = True
        told = self._set_limit(limit)
        is_sure = self.was_told(told.limit) and not tells_again
        return self._send(_Order([Start()] if is_sure else [told, Start()], then))

    def stop(self, then: Then | None = None) -> list[Output]:
        """Tell it to Stop, now and until the bus carried it."""
        self.running, self.stop_owed = False, True
        return self._send(_Order([Stop()], then))

    def set_limit(self, limit: float, then: Then) -> list[Output]:
        """Tell it a limit (A)."""
        return self._send(_Order([self._set_limit(limit)], then))

    def hold(self, limit: float) -> list[Output]:
        """See to it that it is told this limit (A), if it was not. To be asked at each event: while
        another one is in flight it is not known what is to be told."""
        carried = self._set_limit(limit).limit
        if self._is_limit_in_flight or carried == self._told:
            return []
        self._told = self.limit = carried
        return [*self._repeat_limit(), *self._keep_limit()]

    # other senders

    def was_stopped(self) -> None:
        """Somebody else told it to stop."""
        self.running = False

    def was_limited_by(self, limit: float, now: float, *, after: float) -> list[Output]:
        """Somebody else told it a limit (A). It is told its own again `after` so many s."""
        if self._told is None or limit == self._told:
            return []
        self._limit_owed = True
        if not after:
            return self._pay(now)
        self._retry_at = min(self._retry_at, now + RETRY) if self.stop_owed else now + after
        return []

    # events

    def receive(self, event: BusEvent, now: float) -> list[Output]:
        """Something happened to the bus or to a frame of ours."""
        return [*self._react(event, now), *self._keep_limit()]

    def measured(self, event: Current, now: float) -> list[Output]:
        """It reported its current. After a silence, in which it may have restarted, it is told."""
        was_silent, self.is_silent = self.is_silent, False
        self.has_spoken, self.current = True, event.current
        self._silence.begin(now)
        self.meter.measured(event.current, now)
        return self._repeat_limit() if was_silent else []

    def tick(self, now: float) -> list[Output]:
        outputs = self._pay(now) if self._retry_at <= now else []
        if self._silence.is_over(now):
            self._forget_current()
            self.is_silent = True
            text = f"no Current for {SILENT_AFTER:g} periods: the charger is "
            outputs.append(Note(text + ("silent" if self.has_spoken else "not there"), True))
        return outputs

    def _react(self, event: BusEvent, now: float) -> list[Output]:
        match event:
            case Sent(key):
                return self._carried(key, now)
            case NotSent(key, why):
                return self._not_carried(key, why, now)
            case Late(key):
                return self._late(key, now)
            case LinkUp():
                self._forget_current()
                self.is_up = True
                self._silence.begin(now)  # one that never speaks is silent as well
                self._limit_owed = self._told is not None
                return self._pay(now)
            case LinkDown():
                self._forget_current()
                self.is_up, self._retry_at = False, math.inf
        return []

    def _forget_current(self) -> None:
        self.current = None
        self._silence.end()
        self.meter.lost()

    # what becomes of orders

    def _send(self, order: _Order) -> list[Output]:
        """Send its next message."""
        key, self._next_key = self._next_key, self._next_key + 1
        self._orders[key] = order
        if isinstance(order.messages[0], Start):
            self._last_start = key
        return [Send(self._number, key, order.messages[0])]

    def _carried(self, key: int, now: float) -> list[Output]:
        order = self._orders.pop(key)
        outputs = self._seen(key, order.messages.pop(0), now)
        if order.has_start and not self.running:
            return [*outputs, *order.ends("a Stop came before its Start", now)]
        if order.messages:
            return [*outputs, *self._send(order)]
        return [*order.ends(None, now), *outputs]

    def _seen(self, key: int, message: Message, now: float) -> list[Output]:
        """The bus carried a message. Of two, the one that was sent later counts."""
        match message:
            case Stop() if key > self._last_start:
                self.stop_owed = False
            case Start() if not self.running and not self.stop_owed:  # its Stop came before it
                self.stop_owed = True
                return self._pay(now)
            case SetLimit(limit) if key > self._limit_key:
                self._limit_owed, self._told, self._limit_key = False, limit, key
                self.limit = limit
        return []

    def _not_carried(self, key: int, why: str, now: float) -> list[Output]:
        order = self._orders.pop(key)
        failed = order.messages[0]
        self._remember(key, failed)
        if order.has_start:
            self.running = False
        if isinstance(failed, SetLimit):
            self._limit_owed = self._told is not None
        else:
            self.stop_owed = not self.running
        self._retry_at = min(self._retry_at, now + RETRY)
        return order.ends(why, now)

    def _late(self, key: int, now: float) -> list[Output]:
        message = self._given_up.pop(key, None)
        match message:
            case Stop():
                return self._seen(key, message, now)
            case Start() if not self.running:
                self.stop_owed = True
                return self._pay(now)
            case SetLimit():
                self._limit_owed = self._told is not None
                return self._pay(now)
        return []

    def _remember(self, key: int, message: Message) -> None:
        self._given_up[key] = message
        if len(self._given_up) > REMEMBERED:
            del self._given_up[next(iter(self._given_up))]

    # debts

    def _pay(self, now: float) -> list[Output]:
        """Tell it what is owed, and look again later."""
        self._retry_at = math.inf
        if not self.is_up:
            return []
        outputs = self._send(_Order([Stop()])) if self.stop_owed else []
        outputs += self._tell_limit()
        if outputs:
            self._retry_at = now + RETRY
        return outputs

    def _repeat_limit(self) -> list[Output]:
        """It may have forgotten the limit in force: tell it again."""
        self._limit_owed = self._told is not None
        return self._tell_limit()

    def _tell_limit(self) -> list[Output]:
        """Tell the limit that is owed, if the bus works. One in flight must not be overtaken."""
        if not self.is_up or not self._limit_owed or self._is_limit_in_flight:
            return []
        assert self._told is not None
        return self._send(_Order([SetLimit(self._told)]))

    @property
    def _is_limit_in_flight(self) -> bool:
        return any(isinstance(order.messages[0], SetLimit) for order in self._orders.values())

    @property
    def _is_limit_unsure(self) -> bool:
        return self._limit_owed or self._is_limit_in_flight

    def _keep_limit(self) -> list[Output]:
        """For the disk, where it is another one than before."""
        if self._told is None or self._told == self._kept:
            return []
        self._kept = self._told
        return [Keep(TOLD, self._number, self._told)]
