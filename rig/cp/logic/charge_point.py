"""The charge point: between the central system and its connectors.

Each event goes to the part that it is for, then what follows from it is settled. A part returns
what is to be done, in order; nobody above looks into that. Sources: OCPP 1.6 edition 2 with the
errata 2025-04.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ocpp.v16 import call
from ocpp.v16.enums import Reason

from rig.bus.logic.messages import Burst, Codec, Current
from rig.cp.logic.charger import Charger
from rig.cp.logic.condition import Condition
from rig.cp.logic.connector import Connector
from rig.cp.logic.events import (
    At,
    Damaged,
    DiskFailed,
    DiskWorks,
    Event,
    Fetched,
    Output,
    Plugged,
    Raised,
    Shutdown,
    Swiped,
    Unplugged,
)
from rig.cp.logic.registration import CsmsConnection, Registration
from rig.cp.logic.remote_stops import RemoteStops
from rig.cp.logic.requests import Requests
from rig.cp.logic.saved import Saved
from rig.cp.logic.shared import Settings, parts_of
from rig.cp.logic.smart_charging import SmartCharging
from rig.cp.logic.status import Statuses
from rig.cp.logic.tags import Tags
from rig.cp.logic.transaction import left_running
from rig.ocppj.logic.exchange import Answered, Asked, Connected, Disconnected, Failed, Note
from rig.ocppj.logic.moments import timestamp

LONGEST_TECH_INFO = 255  # characters, of the security whitepaper


class ChargePoint:
    """One charge point. `wall` turns a `now` into seconds since 1970; `saved` is its last life.

    `chargers` are those by connector that were told something already.
    """

    def __init__(
        self,
        settings: Settings,
        codec: Codec,
        wall: Callable[[float], float],
        start: float,
        saved: Saved,
        chargers: Mapping[int, Charger] | None = None,
    ) -> None:
        self._shared = shared = parts_of(settings, codec, wall, saved)
        self._delivery = shared.delivery
        self.integer = shared.configuration.integer  # the value in force of a key
        self.connectors = connectors = {
            number: Connector(number, shared, charger, start, saved)
            for number, charger in _chargers(settings, codec, saved, chargers or {}).items()
        }
        self._charging = SmartCharging(shared, settings.policy, connectors)
        self._statuses = Statuses(shared, connectors)
        self._tags = tags = Tags(shared, connectors, saved)
        self._stops = RemoteStops(shared, connectors)
        self._registration = registration = Registration(settings.identity)
        self._connection = CsmsConnection(
            shared,
            registration,
            tags,
            self._statuses,
            self._stop_all,
            settings.csms_timeout,
            start,
        )
        self._requests = Requests(
            shared, connectors, self._charging, tags, registration, self._statuses, self._stops
        )
        self._unfinished = partial(left_running, saved, shared.delivery, wall(start))
        self._is_new = True

    @property
    def wake_at(self) -> float:
        """Never later than anything is due."""
        if self._is_new:
            return -math.inf
        return min(
            *[connector.wake_at for connector in self.connectors.values()],
            self._delivery.wake_at,
            self._registration.wake_at,
            self._connection.stops_at,
            self._statuses.wake_at,
            self._stops.wake_at,
            self._shared.limits.wake_at,
        )

    @property
    def is_stopped(self) -> bool:
        """Whether the buses carried every Stop that is owed to a charger."""
        return not any(one.charger.stop_owed for one in self.connectors.values())

    @property
    def is_told(self) -> bool:
        """Whether the central system was told everything."""
        return len(self._delivery) == 0

    @property
    def left_out(self) -> int:
        """MeterValues that a slow central system did not get, since newer ones replaced them."""
        return self._delivery.left_out

    def condition(self, number: int) -> Condition:
        """All that the status of a connector follows from, or of the whole charge point (0)."""
        if number:
            return self.connectors[number].condition
        shared = self._shared
        return Condition(link_up=True, operative=shared.operative, unkept=shared.unkept)

    def receive(self, event: Event, now: float) -> Iterator[list[Output]]:
        """In batches: what is in the first is done before what follows is looked at."""
        if outputs := self._react(event, now):
            yield outputs
        if concerned := self._concerned(event):
            yield from self._settle(concerned, now)

    def tick(self, now: float) -> Iterator[list[Output]]:
        outputs: list[Output] = []
        if self._is_new:
            self._is_new = False
            outputs += self._unfinished()
        for connector in self.connectors.values():
            if connector.wake_at <= now:
                outputs += connector.tick(now)
        if self._delivery.wake_at <= now:
            outputs += self._delivery.tick()
        outputs += self._connection.tick(now)
        yield [*outputs, *self._statuses.tick(now)]
        yield from self._settle([0, *self.connectors], now)

    # what follows

    def _concerned(self, event: Event) -> Sequence[int]:
        """The connectors, 0 for the charge point, on which something may follow from an event."""
        match event:
            case At(number, Current() | Burst()):
                return [number]
            case At():
                return list(self.connectors)
            case Answered(call.MeterValues() | call.StatusNotification() | call.Heartbeat()):
                return []
        return [0, *self.connectors]

    def _settle(self, numbers: Sequence[int], now: float) -> Iterator[list[Output]]:
        """Held answers and starts that have room; then limits, and the status of each."""
        connectors = [number for number in numbers if number]
        outputs = self._stops.settle(now) if self._stops.held else []
        if outputs := [*outputs, *self._charging.begin(connectors, now)]:
            yield outputs
        outputs = [*self._charging.hold(connectors, now), *self._show(numbers, now)]
        if any([self.connectors[number].let_go() for number in connectors]):
            outputs += self._show(numbers, now)
        if outputs:
            yield outputs

    def _show(self, numbers: Sequence[int], now: float) -> list[Output]:
        return self._statuses.settle({number: self.condition(number) for number in numbers}, now)

    # which part an event is for

    def _react(self, event: Event, now: float) -> list[Output]:
        match event:
            case At(number, inner):
                return self._at(self.connectors[number], inner, now)
            case Asked(unique_id, request):
                self._connection.heard()
                return self._requests.answer(unique_id, request, now)
            case Answered(request, response):
                self._connection.heard()
                return [*self._answered(request, response, now), *self._delivery.done(request)]
            case Failed(request, why, in_time=is_answer):
                if is_answer:
                    self._connection.heard()
                return self._failed(request, why, now)
            case Connected():
                return self._connection.opened(now)
            case Disconnected():
                return [*self._stops.lost(), *self._connection.closed(now)]
            case DiskFailed() | DiskWorks() | Damaged() | Fetched():
                return self._disk(event, now)
            case Shutdown(reason):
                self._shared.ends = "this charge point ends"
                return self._stop_all(reason)

    def _at(self, connector: Connector, event: Any, now: float) -> list[Output]:
        match event:
            case Current():
                return connector.measured([(event, now)], now)
            case Burst(reports):
                return connector.measured(reports, now)
            case Plugged():
                return connector.plug(now)
            case Unplugged():
                return connector.unplug()
            case Swiped(id_tag):
                return self._tags.swiped(connector, id_tag, now)
            case Raised(code, info):
                return connector.raise_error(code, info, now)
        return connector.bus(event, now)

    def _disk(self, event: DiskFailed | DiskWorks | Damaged | Fetched, now: float) -> list[Output]:
        if isinstance(event, Fetched):
            return self._delivery.fetched(event)
        if isinstance(event, Damaged):
            return self._delivery.tell(_state_damaged(event.what, self._shared.wall(now)))
        self._shared.unkept = event.why if isinstance(event, DiskFailed) else None
        return []

    def _answered(self, request: Any, response: Any, now: float) -> list[Output]:
        match request:
            case call.BootNotification():
                return self._connection.registered(response, now)
            case call.StartTransaction():
                return self._named(request, response, now)
            case call.Authorize() | call.StopTransaction():
                return self._tags.answered(request, response, now)
        return []

    def _named(self, request: Any, response: Any, now: float) -> list[Output]:
        """A transaction has its id now, and its tag was looked at again (4.8)."""
        number = self._delivery.started(request)
        if number is None:
            return []
        info = response.id_tag_info
        outputs = self._delivery.name(number, response.transaction_id)
        outputs += self._tags.learn(request.id_tag, info, now)
        for connector in self.connectors.values():
            if connector.transaction and connector.transaction.number == number:
                outputs += connector.named(response.transaction_id, info)
        return outputs

    def _failed(self, request: Any, why: str, now: float) -> list[Output]:
        if isinstance(request, call.BootNotification):
            self._registration.failed(now)
        attempts = self.integer("TransactionMessageAttempts")
        interval = self.integer("TransactionMessageRetryInterval")
        return [
            Note(f"{type(request).__name__} failed: {why}", is_warning=True),
            *self._tags.unanswered(request, now),
            *self._delivery.failed(request, why, now, attempts=attempts, interval=interval),
        ]

    def _stop_all(self, reason: Reason) -> list[Output]:
        """Stop each charger."""
        return [out for one in self.connectors.values() for out in one.stop(reason)]


def _chargers(
    settings: Settings, codec: Codec, saved: Saved, known: Mapping[int, Charger]
) -> dict[int, Charger]:
    """By connector, with what was kept of them."""
    chargers = {}
    for number in range(1, settings.connectors + 1):
        charger = known.get(number) or Charger(number, codec, settings.supply)
        charger.restore(saved)
        chargers[number] = charger
    return chargers


def _state_damaged(what: str, moment: float) -> call.SecurityEventNotification:
    """The type is ours: the security whitepaper (edition 3) has none for it, and allows others."""
    return call.SecurityEventNotification(
        "StateDamaged", timestamp(moment), what[:LONGEST_TECH_INFO]
    )
