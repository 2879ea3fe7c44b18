"""The charge point: between the central system and its connector.

What the central system asks goes to the connector, what the connector tells goes to the central
system, in order and one at a time. Sources: OCPP 1.6 edition 2 with the errata 2025-04.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import (
    DataTransferStatus,
    MessageTrigger,
    Reason,
    RemoteStartStopStatus,
    TriggerMessageStatus,
)

from rig.logic.cp import connector as connectors
from rig.logic.cp.actuator import Transmit
from rig.logic.cp.connector import Connector, Tell
from rig.logic.cp.profiles import Supply
from rig.logic.cp.registration import Identity, Registration
from rig.logic.cp.reports import Condition, status_notification
from rig.logic.cp.smart_charging import Policy
from rig.logic.exchange import (
    Answer,
    Answered,
    Ask,
    Asked,
    Connected,
    Disconnected,
    Failed,
    Note,
    Outbox,
    Refuse,
)
from rig.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.logic.messages import Codec, Current
from rig.logic.moments import timestamp

CONNECTOR = 1


@dataclass(frozen=True, slots=True)
class Plugged:
    """A car was plugged in."""


@dataclass(frozen=True, slots=True)
class Unplugged:
    """The car was unplugged."""


@dataclass(frozen=True, slots=True)
class Shutdown:
    """This process is about to end."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this charge point behaves. `csms_timeout` (s): without the CSMS for longer, Stop."""

    identity: Identity
    policy: Policy = "strict"
    supply: Supply | None = None
    csms_timeout: float = 60.0


Output = Answer | Refuse | Ask | Note | Transmit
BusEvent = Sent | NotSent | Late | LinkUp | LinkDown
CarEvent = Plugged | Unplugged
CsmsEvent = Connected | Disconnected | Asked | Answered | Failed
Event = Current | BusEvent | CarEvent | CsmsEvent | Shutdown


class Bridge:
    """One charge point. `wall` turns a `now` into seconds since 1970."""

    def __init__(
        self, settings: Settings, codec: Codec, wall: Callable[[float], float], start: float
    ) -> None:
        self._connector = Connector(
            CONNECTOR, codec, wall, policy=settings.policy, supply=settings.supply
        )
        self._registration, self._outbox = Registration(settings.identity), Outbox()
        self._wall, self._csms_timeout = wall, settings.csms_timeout
        self._csms_deadline = start + settings.csms_timeout
        self._connected = self._ending = False
        self._unnamed: deque[int] = deque()  # stand-ins of StartTransactions not answered yet
        self._reported: Condition | None = None

    @property
    def wake_at(self) -> float:
        return min(self._connector.wake_at, self._registration.wake_at, self._csms_deadline)

    @property
    def is_stopped(self) -> bool:
        """Whether the bus carried every Stop that is owed to the charger."""
        return self._connector.is_stopped

    @property
    def is_told(self) -> bool:
        """Whether the central system was told everything."""
        return len(self._outbox) == 0

    @property
    def left_out(self) -> int:
        """MeterValues that a slow central system did not get, since newer ones replaced them."""
        return self._outbox.left_out

    def receive(self, event: Event, now: float) -> list[Output]:
        return [*self._react(event, now), *self._report_status(now)]

    def tick(self, now: float) -> list[Output]:
        outputs: list[Output] = []
        if self._connector.wake_at <= now:
            outputs += self._pass_on(self._connector.tick(now))
        if self._registration.wake_at <= now:
            outputs += self._keep_registered(now)
        if self._csms_deadline <= now:
            outputs += self._without_csms(now)
        return [*outputs, *self._report_status(now)]

    def _react(self, event: Event, now: float) -> list[Output]:
        match event:
            case Current():
                return self._pass_on(self._connector.measured(event, now))
            case Sent() | NotSent() | Late() | LinkUp() | LinkDown():
                return self._pass_on(self._connector.bus(event, now))
            case Plugged():
                self._connector.condition.plugged = True
                return []
            case Unplugged():
                return self._pass_on(self._connector.unplugged(now))
            case Shutdown():
                self._ending = True
                return self._pass_on(self._connector.stop(Reason.other, now))
        return self._csms(event, now)

    def _csms(self, event: CsmsEvent, now: float) -> list[Output]:
        match event:
            case Connected():
                return self._on_connected(now)
            case Disconnected():
                return self._on_disconnected(now)
            case Asked(unique_id, request):
                return self._asked(unique_id, request, now)
            case Answered(request, response):
                return [*self._answered(request, response, now), *self._outbox.done(request)]
            case Failed(request, why):
                return [*self._failed(request, why, now), *self._outbox.done(request)]

    def _pass_on(self, outputs: Sequence[connectors.Output]) -> list[Output]:
        passed: list[Output] = []
        for output in outputs:
            if isinstance(output, Tell):
                passed += self._tell(output.request)
            else:
                passed.append(output)
        return passed

    def _tell(self, request: Any) -> list[Ask]:
        if isinstance(request, call.StartTransaction) and self._connector.transaction:
            self._unnamed.append(self._connector.transaction.stand_in)
        return self._outbox.put(request)

    # the connection and the registration

    def _on_connected(self, now: float) -> list[Output]:
        self._connected, self._csms_deadline = True, math.inf
        if self._registration.accepted:
            self._registration.resumed(now)
            return list(self._outbox.open())
        return list(self._outbox.put_first(self._registration.boot))

    def _on_disconnected(self, now: float) -> list[Output]:
        if self._connected:
            self._csms_deadline = now + self._csms_timeout
        self._connected = False
        self._outbox.close()
        self._registration.disconnected()
        return []

    def _without_csms(self, now: float) -> list[Output]:
        self._csms_deadline = math.inf
        note = Note(f"no CSMS for {self._csms_timeout:g} s: Stop", is_warning=True)
        return [note, *self._pass_on(self._connector.stop(Reason.other, now))]

    def _keep_registered(self, now: float) -> list[Output]:
        request = self._registration.tick(now)
        if isinstance(request, call.BootNotification):
            return list(self._outbox.put_first(request))
        # Any other traffic proves as well that this charge point lives (4.6).
        return list(self._outbox.put(request)) if self._outbox.is_idle else []

    def _answered(self, request: Any, response: Any, now: float) -> list[Output]:
        if isinstance(request, call.BootNotification):
            return self._registered(response, now)
        if isinstance(request, call.StartTransaction):
            stand_in = self._unnamed.popleft()
            self._outbox.name_transaction(stand_in, response.transaction_id)
            return self._pass_on(self._connector.named(stand_in, response, now))
        return []

    def _registered(self, response: call_result.BootNotification, now: float) -> list[Output]:
        self._registration.answered(response, now)
        if not self._registration.accepted:
            self._outbox.close()  # nothing else may be sent until it is (4.2)
            return [Note(f"BootNotification: {response.status}", is_warning=True)]
        self._reported = None
        self._outbox.put(self._status_of(0, now))
        return list(self._outbox.open())

    def _failed(self, request: Any, why: str, now: float) -> list[Output]:
        if isinstance(request, call.StartTransaction):
            self._unnamed.popleft()
        if isinstance(request, call.BootNotification):
            self._registration.failed(now)
        return [Note(f"{type(request).__name__} failed: {why}", is_warning=True)]

    def _report_status(self, now: float) -> list[Output]:
        """StatusNotification for each change; after an absence only for what is new (4.9)."""
        if not (self._registration.accepted and self._connected):
            return []
        before, self._reported = self._reported, self._connector.condition.copy()
        if before is not None and before.is_shown_as(self._connector.condition):
            return []
        return list(self._outbox.put(self._status_of(CONNECTOR, now)))

    def _status_of(self, number: int, now: float) -> call.StatusNotification:
        """Of the connector, or of the charge point as a whole (0), which is always Available."""
        condition = self._connector.condition if number else Condition(link_up=True)
        return status_notification(number, condition, timestamp(self._wall(now)))

    # requests of the central system

    def _asked(self, unique_id: str, request: Any, now: float) -> list[Output]:
        match request:
            case call.RemoteStartTransaction():
                return self._remote_start(unique_id, request, now)
            case call.RemoteStopTransaction():
                return self._remote_stop(unique_id, request, now)
            case call.SetChargingProfile():
                return self._set_profile(unique_id, request, now)
            case call.TriggerMessage():
                return self._trigger(unique_id, request, now)
            case call.DataTransfer():
                unknown = DataTransferStatus.unknown_vendor_id
                return [Answer(unique_id, call_result.DataTransfer(unknown))]
        name = type(request).__name__
        return [Refuse(unique_id, "NotSupported", f"{name} is not supported")]

    def _remote_start(
        self, unique_id: str, request: call.RemoteStartTransaction, now: float
    ) -> list[Output]:
        rejected = call_result.RemoteStartTransaction(RemoteStartStopStatus.rejected)
        if request.connector_id not in (None, CONNECTOR):
            return _reject(unique_id, rejected, f"unknown connector {request.connector_id}")
        if not self._registration.accepted:
            return _reject(unique_id, rejected, "not registered at the CSMS")
        if self._ending:
            return _reject(unique_id, rejected, "this charge point ends")
        preparing = self._begin_preparing(now)
        return [*preparing, *self._pass_on(self._connector.remote_start(unique_id, request, now))]

    def _begin_preparing(self, now: float) -> list[Output]:
        """From Finishing there is no direct way to Charging (4.9)."""
        self._connector.condition.finishing = False
        return self._report_status(now)

    def _remote_stop(
        self, unique_id: str, request: call.RemoteStopTransaction, now: float
    ) -> list[Output]:
        running = self._connector.transaction
        # One that is not named yet may be the one that is meant: in doubt, Stop.
        if running is None or running.transaction_id not in (None, request.transaction_id):
            rejected = call_result.RemoteStopTransaction(RemoteStartStopStatus.rejected)
            why = f"transaction {request.transaction_id} does not run here"
            return _reject(unique_id, rejected, why)
        return self._pass_on(self._connector.remote_stop(unique_id, now))

    def _set_profile(
        self, unique_id: str, request: call.SetChargingProfile, now: float
    ) -> list[Output]:
        if request.connector_id not in (0, CONNECTOR):  # errata 3.24
            why = f"unknown connector {request.connector_id}"
            return [Refuse(unique_id, "PropertyConstraintViolation", why)]
        return self._pass_on(self._connector.set_profile(unique_id, request, now))

    def _trigger(self, unique_id: str, request: call.TriggerMessage, now: float) -> list[Output]:
        status = TriggerMessageStatus.accepted
        if request.requested_message not in TRIGGERS:
            status = TriggerMessageStatus.not_implemented
        elif not self._can_show(request):
            status = TriggerMessageStatus.rejected
        answer = Answer(unique_id, call_result.TriggerMessage(status))
        if status is not TriggerMessageStatus.accepted:
            return [answer]
        return [answer, *self._triggered(request, now)]

    def _can_show(self, request: call.TriggerMessage) -> bool:
        """Only of a connector that there is, and a current only while it is known.

        "If the specified connectorId is not relevant to the message, it should be ignored." (5.17)
        """
        known = request.connector_id in (None, 0, CONNECTOR)
        match request.requested_message:
            case MessageTrigger.meter_values:
                return known and self._connector.current is not None
            case MessageTrigger.status_notification:
                return known
        return True

    def _triggered(self, request: call.TriggerMessage, now: float) -> list[Ask]:
        match request.requested_message:
            case MessageTrigger.boot_notification:
                return self._outbox.put_first(self._registration.boot)
            case MessageTrigger.heartbeat:
                return self._outbox.put(call.Heartbeat())
            case MessageTrigger.meter_values:
                current = self._connector.current or 0.0
                return self._outbox.put(self._connector.sample(current, now, triggered=True))
        wanted = (0, CONNECTOR) if request.connector_id is None else (request.connector_id,)
        return [ask for number in wanted for ask in self._outbox.put(self._status_of(number, now))]


TRIGGERS = frozenset(
    {
        MessageTrigger.boot_notification,
        MessageTrigger.heartbeat,
        MessageTrigger.meter_values,
        MessageTrigger.status_notification,
    }
)


def _reject(unique_id: str, response: Any, why: str) -> list[Output]:
    name = type(response).__name__
    return [Answer(unique_id, response), Note(f"{name} Rejected: {why}", is_warning=True)]
