"""The charge point: between the central system and its connectors.

What the central system asks goes to the connectors, what they tell goes to the central system, in
order and one at a time. Sources: OCPP 1.6 edition 2 with the errata 2025-04.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ocpp.v16 import call

from rig.bus.logic.messages import Codec, Current
from rig.cp.logic.actuator import Actuator
from rig.cp.logic.admission import Admission
from rig.cp.logic.answers import Answers
from rig.cp.logic.connection import Connection
from rig.cp.logic.connector import Connector
from rig.cp.logic.events import (
    At,
    Damaged,
    DiskFailed,
    DiskWorks,
    Event,
    Fetched,
    Plugged,
    Raised,
    Shutdown,
    Swiped,
    Unplugged,
)
from rig.cp.logic.kept import Saved
from rig.cp.logic.point import Output, Point, Settings
from rig.cp.logic.registration import Registration
from rig.cp.logic.remote_stops import RemoteStops
from rig.cp.logic.statuses import Statuses
from rig.cp.logic.triggers import Triggers
from rig.ocppj.logic.exchange import Answered, Asked, Connected, Disconnected, Failed, Note
from rig.ocppj.logic.moments import timestamp

LONGEST_TECH_INFO = 255  # characters, of the security whitepaper
SETTLE_EVERY = 1.0  # s; what comes all the time does not have everything looked through more often


class Bridge:
    """One charge point. `wall` turns a `now` into seconds since 1970; `saved` is its last life.

    `actuators` are its chargers by connector, where they were told something already.
    """

    def __init__(
        self,
        settings: Settings,
        codec: Codec,
        wall: Callable[[float], float],
        start: float,
        saved: Saved,
        actuators: Mapping[int, Actuator] | None = None,
    ) -> None:
        self.point = point = Point(settings, codec, wall, start, saved, actuators)
        self._registration = registration = Registration(settings.identity)
        self._statuses = statuses = Statuses(point)
        self._admission = admission = Admission(point, saved)
        self._stops = stops = RemoteStops(point)
        self._answers = Answers(point, admission, registration, stops)
        self._triggers = Triggers(point, registration, statuses)
        self._connection = Connection(
            point, registration, admission, statuses, settings.csms_timeout, start
        )
        self._begun = False
        self._settled_at, self._settled_for = -math.inf, point.limits.profiles
        self.wake_at = -math.inf  # never later than anything is due

    @property
    def is_stopped(self) -> bool:
        """Whether the buses carried every Stop that is owed to a charger."""
        connectors = self.point.connectors.values()
        return not any(connector.charger.stop_owed for connector in connectors)

    @property
    def is_told(self) -> bool:
        """Whether the central system was told everything."""
        return len(self.point.delivery) == 0

    @property
    def left_out(self) -> int:
        """MeterValues that a slow central system did not get, since newer ones replaced them."""
        return self.point.delivery.left_out

    def receive(self, event: Event, now: float) -> Iterator[Output]:
        yield from self._react(event, now)
        if now >= self._settled_at + SETTLE_EVERY or not self._was_routine(event):
            yield from self._settle(now)

    def tick(self, now: float) -> list[Output]:
        outputs = [] if self._begun else self.point.begin_life(now)
        self._begun = True
        outputs += self.point.tick(now)
        if self.point.delivery.wake_at <= now:
            outputs += self.point.delivery.tick()
        outputs += self._connection.tick(now)
        return [*outputs, *self._statuses.tick(now), *self._settle(now)]

    def _settle(self, now: float) -> list[Output]:
        """What follows from whatever changed: held answers, limits, each connector's status."""
        outputs = [*self._stops.settle(now), *self.point.put_limits_in_force(now)]
        outputs += self._statuses.settle(now)
        if any([connector.let_go() for connector in self.point.connectors.values()]):
            outputs += self._statuses.settle(now)
        self._settled_at, self._settled_for = now, self.point.limits.profiles
        self.wake_at = self._next(now)
        return outputs

    def _next(self, now: float) -> float:
        """When something is due."""
        return min(
            self.point.wake_at,
            self.point.delivery.wake_at,
            self._connection.wake_at,
            self._statuses.wake_at,
            self._stops.wake_at,
            self.point.limits.next_change(now),
        )

    def _was_routine(self, event: Event) -> bool:
        """Whether no limit and no status is another one after it, and nothing is due sooner."""
        match event:
            case At(number, Current()):
                return self.point.connectors[number].is_steady
            case Asked(_, call.SetChargingProfile()):  # mostly the bus must carry it first
                return self.point.limits.profiles is self._settled_for
            case Answered(call.MeterValues()):
                return True
        return False

    def _react(self, event: Event, now: float) -> list[Output]:
        match event:
            case At(number, inner):
                return self._at(self.point.connectors[number], inner, now)
            case Asked(unique_id, request):
                self._connection.heard()
                return self._asked(unique_id, request, now)
            case Answered(request, response):
                self._connection.heard()
                return [*self._answered(request, response, now), *self.point.delivery.done(request)]
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
                self.point.ends = "this charge point ends"
                return self.point.stop_all(reason, now)

    def _disk(self, event: DiskFailed | DiskWorks | Damaged | Fetched, now: float) -> list[Output]:
        if isinstance(event, Fetched):
            return [*self.point.delivery.fetched(event)]
        if isinstance(event, Damaged):
            told = _state_damaged(event.what, self.point.wall(now))
            return [*self.point.delivery.tell(told)]
        self.point.condition_of(0).unkept = event.why if isinstance(event, DiskFailed) else None
        return []

    def _at(self, connector: Connector, event: Any, now: float) -> list[Output]:
        match event:
            case Current():
                outcomes = connector.measured(event, now)
            case Plugged():
                outcomes = connector.plug(now)
            case Unplugged():
                outcomes = connector.unplug(now)
            case Swiped(id_tag):
                return self._admission.swiped(connector, id_tag, now)
            case Raised(code, info):
                outcomes = connector.raise_error(code, info, now)
            case _:
                outcomes = connector.bus(event, now)
        return self.point.pass_on(connector.number, outcomes, now)

    def _asked(self, unique_id: str, request: Any, now: float) -> list[Output]:
        if self._registration.rejected:  # not even an answer, until the interval is over (4.2.1)
            name = type(request).__name__
            return [Note(f"{name} not answered: the CSMS rejected this charge point", True)]
        if isinstance(request, call.TriggerMessage):
            return self._triggers.answer(unique_id, request, now)
        return self._answers.answer(unique_id, request, now)

    def _answered(self, request: Any, response: Any, now: float) -> list[Output]:
        match request:
            case call.BootNotification():
                return self._connection.registered(response, now)
            case call.StartTransaction():
                return self._named(request, response, now)
            case call.Authorize() | call.StopTransaction():
                return self._admission.answered(request, response, now)
        return []

    def _named(self, request: Any, response: Any, now: float) -> list[Output]:
        """A transaction has its id now, and its tag was looked at again (4.8)."""
        number = self.point.delivery.started(request)
        if number is None:
            return []
        outputs: list[Output] = [*self.point.delivery.name(number, response.transaction_id)]
        info = response.id_tag_info
        outputs += self._admission.learn(request.id_tag, info, now)
        for connector in self.point.connectors.values():
            if connector.transaction and connector.transaction.number == number:
                named = connector.named(response.transaction_id, info, now)
                outputs += self.point.pass_on(connector.number, named, now)
        return outputs

    def _failed(self, request: Any, why: str, now: float) -> list[Output]:
        if isinstance(request, call.BootNotification):
            self._registration.failed(now)
        configuration = self.point.configuration
        return [
            Note(f"{type(request).__name__} failed: {why}", is_warning=True),
            *self._admission.unanswered(request, now),
            *self.point.delivery.failed(
                request,
                why,
                now,
                attempts=configuration.integer("TransactionMessageAttempts"),
                interval=configuration.integer("TransactionMessageRetryInterval"),
            ),
        ]


def _state_damaged(what: str, moment: float) -> call.SecurityEventNotification:
    """The type is ours: the security whitepaper (edition 3) has none for it, and allows others."""
    return call.SecurityEventNotification(
        "StateDamaged", timestamp(moment), what[:LONGEST_TECH_INFO]
    )
