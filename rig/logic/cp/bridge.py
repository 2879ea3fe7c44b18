"""The charge point: between the central system and its connectors.

What the central system asks goes to the connectors, what they tell goes to the central system, in
order and one at a time. Sources: OCPP 1.6 edition 2 with the errata 2025-04.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import Reason

from rig.logic.cp.admission import Admission
from rig.logic.cp.answers import Answers
from rig.logic.cp.connector import Connector
from rig.logic.cp.events import At, Event, Plugged, Raised, Shutdown, Swiped, Unplugged
from rig.logic.cp.kept import Saved
from rig.logic.cp.point import Output, Point, Restart, Settings
from rig.logic.cp.registration import Registration
from rig.logic.cp.status import Reporter
from rig.logic.cp.triggers import Triggers
from rig.logic.exchange import Answered, Asked, Connected, Disconnected, Failed, Note
from rig.logic.messages import Codec, Current


class Bridge:
    """One charge point. `wall` turns a `now` into seconds since 1970; `saved` is its last life."""

    def __init__(
        self,
        settings: Settings,
        codec: Codec,
        wall: Callable[[float], float],
        start: float,
        saved: Saved,
    ) -> None:
        self.point = Point(settings, codec, wall, start, saved)
        self._registration = Registration(settings.identity)
        self._admission = Admission(self.point, saved)
        self._answers = Answers(self.point, self._admission, self._reset)
        configuration = self.point.configuration
        self._reporters = {
            number: Reporter(number, configuration, wall) for number in (0, *self.point.numbers)
        }
        self._triggers = Triggers(self.point, self._registration, self._reporters)
        self._csms_timeout = settings.csms_timeout
        self._csms_deadline = start + settings.csms_timeout
        self._connected = self._begun = False
        self._ends: str | None = None  # why no transaction may begin any more
        self._limits_at = math.inf

    @property
    def wake_at(self) -> float:
        if not self._begun:
            return -math.inf
        return min(
            self.point.wake_at,
            self.point.delivery.wake_at,
            self._registration.wake_at,
            self._csms_deadline,
            self._limits_at,
            *(reporter.wake_at for reporter in self._reporters.values()),
        )

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

    def receive(self, event: Event, now: float) -> list[Output]:
        return [*self._react(event, now), *self._settle(now)]

    def tick(self, now: float) -> list[Output]:
        outputs = [] if self._begun else self._begin(now)
        outputs += self.point.tick(now)
        if self.point.delivery.wake_at <= now:
            outputs += self.point.delivery.tick()
        if self._registration.wake_at <= now:
            outputs += self._keep_registered(now)
        if self._csms_deadline <= now:
            outputs += self._without_csms(now)
        for reporter in self._reporters.values():
            outputs += self._tell_all(reporter.tick(now))
        return [*outputs, *self._settle(now)]

    def _begin(self, now: float) -> list[Output]:
        self._begun = True
        outputs: list[Output] = []
        for number, connector in self.point.connectors.items():
            outputs += self.point.pass_on(number, connector.begin_life(now))
        return outputs

    def _settle(self, now: float) -> list[Output]:
        """What follows from whatever changed: limits, and the status of each connector."""
        outputs = self.point.put_limits_in_force(now)
        self._limits_at = self.point.limits.next_change(self.point.numbers, now)
        for number, reporter in self._reporters.items():
            outputs += self._tell_all(reporter.receive(self.point.condition_of(number), now))
        return outputs

    def _tell_all(self, requests: Sequence[Any]) -> list[Output]:
        return [output for request in requests for output in self.point.delivery.tell(request)]

    def _react(self, event: Event, now: float) -> list[Output]:
        match event:
            case At(number, inner):
                return self._at(self.point.connectors[number], inner, now)
            case Shutdown(reason):
                self._ends = self._ends or "this charge point ends"
                return self._stop_all(reason, now)
            case Connected():
                return self._on_connected(now)
            case Disconnected():
                return self._on_disconnected(now)
            case Asked(unique_id, request):
                return self._asked(unique_id, request, now)
            case Answered(request, response):
                return [*self._answered(request, response, now), *self.point.delivery.done(request)]
            case Failed(request, why):
                return self._failed(request, why, now)

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
        return self.point.pass_on(connector.number, outcomes)

    def _stop_all(self, reason: Reason, now: float) -> list[Output]:
        outputs: list[Output] = []
        for number, connector in self.point.connectors.items():
            outputs += self.point.pass_on(number, connector.stop(reason, now))
        return outputs

    def _reset(self, reason: Reason) -> list[Output]:
        self._ends = "this charge point restarts"
        return [Restart(reason)]

    def _why_not_start(self) -> str | None:
        if self._ends:
            return self._ends
        return None if self._registration.accepted else "not registered at the CSMS"

    # the connection and the registration

    def _on_connected(self, now: float) -> list[Output]:
        self._connected, self._csms_deadline = True, math.inf
        boot = self._registration.connected(now)
        if boot is not None:
            return [*self.point.delivery.tell_first(boot)]
        if not self._registration.accepted:
            return []
        outputs: list[Output] = [*self.point.delivery.open()]
        for reporter in self._reporters.values():
            outputs += self._tell_all(reporter.online(now))
        return outputs

    def _on_disconnected(self, now: float) -> list[Output]:
        if self._connected:
            self._csms_deadline = now + self._csms_timeout
        self._connected = False
        self._registration.disconnected()
        for reporter in self._reporters.values():
            reporter.offline()
        outputs: list[Output] = []
        for request in self.point.delivery.close():
            outputs += self._admission.unanswered(request, now)
        return outputs

    def _without_csms(self, now: float) -> list[Output]:
        self._csms_deadline = math.inf
        note = Note(f"no CSMS for {self._csms_timeout:g} s: Stop", is_warning=True)
        return [note, *self._stop_all(Reason.other, now)]

    def _keep_registered(self, now: float) -> list[Output]:
        request = self._registration.tick(now)
        if isinstance(request, call.BootNotification):
            return [*self.point.delivery.tell_first(request)]
        # Any other traffic proves as well that this charge point lives (4.6).
        return [*self.point.delivery.tell(request)] if self.point.delivery.is_idle else []

    def _answered(self, request: Any, response: Any, now: float) -> list[Output]:
        match request:
            case call.BootNotification():
                return self._registered(response, now)
            case call.StartTransaction():
                return self._named(request, response, now)
            case call.Authorize() | call.StopTransaction():
                return self._admission.answered(request, response, now)
        return []

    def _registered(self, response: call_result.BootNotification, now: float) -> list[Output]:
        self._registration.answered(response, now)
        if not self._registration.accepted:
            self.point.delivery.close()  # nothing else may be sent until it is (4.2)
            return [Note(f"BootNotification: {response.status}", is_warning=True)]
        outputs = self._set_heartbeat(response.interval, now)
        for reporter in self._reporters.values():
            outputs += self._tell_all(reporter.booted(now))
        return [*outputs, *self.point.delivery.open()]

    def _set_heartbeat(self, interval: int, now: float) -> list[Output]:
        """The central system says it in BootNotification.conf (4.2), or leaves it as configured."""
        before = dict(self.point.configuration.changed)
        if interval > 0:
            self.point.configuration.change("HeartbeatInterval", str(interval))
        self._registration.beat_every(self.point.configuration.integer("HeartbeatInterval"), now)
        return self.point.keep_configuration(before)

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
                outputs += self.point.pass_on(connector.number, named)
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

    def _asked(self, unique_id: str, request: Any, now: float) -> list[Output]:
        if self._registration.rejected:  # not even an answer, until the interval is over (4.2.1)
            name = type(request).__name__
            return [Note(f"{name} not answered: the CSMS rejected this charge point", True)]
        if isinstance(request, call.TriggerMessage):
            return self._triggers.answer(unique_id, request, now)
        self._answers.refuses_to_start = self._why_not_start()
        return self._answers.answer(unique_id, request, now)
