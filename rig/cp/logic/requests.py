"""What the charge point answers to each request of the central system.

TriggerMessage sends BootNotification again even after Accepted, though errata 3.35 recommends to
reject it: that is how a central system that was restarted gets to know this charge point.
Source: OCPP 1.6 edition 2, 5, with the errata 2025-04.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from ocpp.v16 import call, call_result
from ocpp.v16.enums import (
    AvailabilityStatus,
    AvailabilityType,
    ChargingProfilePurposeType,
    ChargingProfileStatus,
    ConfigurationStatus,
    DataTransferStatus,
    MessageTrigger,
    Reason,
    RemoteStartStopStatus,
    ResetStatus,
    ResetType,
    TriggerMessageStatus,
    UnlockStatus,
)

from rig.cp.logic.condition import UNKEPT
from rig.cp.logic.configuration import TooManyKeys
from rig.cp.logic.connector import Connector
from rig.cp.logic.events import Output, Restart, answering
from rig.cp.logic.kept import Keep
from rig.cp.logic.profile import ProfileError
from rig.cp.logic.registration import Registration
from rig.cp.logic.remote_stops import RemoteStops
from rig.cp.logic.saved import AVAILABILITY, Ending
from rig.cp.logic.shared import Shared
from rig.cp.logic.smart_charging import SmartCharging
from rig.cp.logic.status import Statuses
from rig.cp.logic.tags import Tags
from rig.cp.logic.transaction import StartOrder
from rig.ocppj.logic.exchange import Answer, Note, Refuse

Handler = Callable[[str, Any, float], list[Output]]


class Requests:
    """The requests of one central system."""

    def __init__(
        self,
        shared: Shared,
        connectors: Mapping[int, Connector],
        charging: SmartCharging,
        tags: Tags,
        registration: Registration,
        statuses: Statuses,
        stops: RemoteStops,
    ) -> None:
        self._shared, self._connectors, self._charging = shared, connectors, charging
        self._tags, self._registration, self._statuses = tags, registration, statuses
        self._handlers: dict[type[Any], Handler] = {
            call.ChangeAvailability: self._change_availability,
            call.ChangeConfiguration: self._change_configuration,
            call.ClearCache: self._clear_cache,
            call.ClearChargingProfile: charging.clear,
            call.DataTransfer: self._data_transfer,
            call.GetCompositeSchedule: charging.composite,
            call.GetConfiguration: self._get_configuration,
            call.RemoteStartTransaction: self._remote_start,
            call.RemoteStopTransaction: stops.answer,
            call.Reset: self._reset,
            call.SetChargingProfile: self._set_profile,
            call.TriggerMessage: self._trigger,
            call.UnlockConnector: self._unlock,
        }

    def answer(self, unique_id: str, request: Any, now: float) -> list[Output]:
        """The answer to a request, with all that comes with it."""
        if self._registration.rejected:  # not even an answer, until the interval is over (4.2.1)
            name = type(request).__name__
            return [Note(f"{name} not answered: the CSMS rejected this charge point", True)]
        handler = self._handlers.get(type(request))
        if handler is None:
            name = type(request).__name__
            return [Refuse(unique_id, "NotSupported", f"{name} is not supported")]
        return handler(unique_id, request, now)

    # transactions

    def _remote_start(
        self, unique_id: str, request: call.RemoteStartTransaction, now: float
    ) -> list[Output]:
        number = request.connector_id or self._free_connector()
        connector = self._connectors.get(number)
        rejected = call_result.RemoteStartTransaction(RemoteStartStopStatus.rejected)
        if connector is None or request.connector_id == 0:
            return _reject(unique_id, rejected, f"unknown connector {request.connector_id}")
        if not self._registration.accepted:  # 4.2
            return _reject(unique_id, rejected, "not registered at the CSMS")
        profile = None
        try:
            if request.charging_profile:
                brought = cast(dict[str, Any], request.charging_profile)
                profile = self._charging.of_start(brought, number)
        except ProfileError as error:
            return _reject(unique_id, rejected, str(error))
        order = StartOrder(request.id_tag, unique_id=unique_id, profile=profile)
        if self._shared.configuration.boolean("AuthorizeRemoteTxRequests"):
            return self._tags.remote_start(connector, order, now)
        return connector.begin(order, now)

    def _free_connector(self) -> int:
        """The connector to use where the request names none: one that is free, best with a car."""
        free = [one for one in self._connectors.values() if not one.why_not()]
        free.sort(key=lambda one: not one.plugged)
        return free[0].number if free else 1

    def _unlock(self, unique_id: str, request: call.UnlockConnector, now: float) -> list[Output]:
        connector = self._connectors.get(request.connector_id)
        unsupported = call_result.UnlockConnector(UnlockStatus.not_supported)
        if connector is None:  # errata 3.87
            return _reject(unique_id, unsupported, f"unknown connector {request.connector_id}")
        if not self._shared.lock:
            return _reject(unique_id, unsupported, "the bench has no connector lock")
        unlocked = call_result.UnlockConnector(UnlockStatus.unlocked)
        if request.connector_id not in self._shared.running:
            return [Answer(unique_id, unlocked)]
        failed = call_result.UnlockConnector(UnlockStatus.unlock_failed)
        then = answering(unique_id, unlocked, failed)
        return connector.stop_for(Ending(Reason.unlock_command), then)

    # smart charging

    def _set_profile(
        self, unique_id: str, request: call.SetChargingProfile, now: float
    ) -> list[Output]:
        if self._shared.unkept is not None and _is_to_be_kept(request):
            refused = call_result.SetChargingProfile(ChargingProfileStatus.rejected)
            return _reject(unique_id, refused, f"{UNKEPT}: {self._shared.unkept}")
        if request.connector_id and request.connector_id not in self._connectors:  # errata 3.24
            why = f"unknown connector {request.connector_id}"
            return [Refuse(unique_id, "PropertyConstraintViolation", why)]
        return self._charging.install(unique_id, request, now)

    # configuration and state

    def _get_configuration(
        self, unique_id: str, request: call.GetConfiguration, now: float
    ) -> list[Output]:
        try:
            return [Answer(unique_id, self._shared.configuration.get(request.key))]
        except TooManyKeys as error:
            return [Refuse(unique_id, "OccurenceConstraintViolation", str(error))]

    def _change_configuration(
        self, unique_id: str, request: call.ChangeConfiguration, now: float
    ) -> list[Output]:
        if self._shared.unkept is not None:
            rejected = call_result.ChangeConfiguration(ConfigurationStatus.rejected)
            return _reject(unique_id, rejected, f"{UNKEPT}: {self._shared.unkept}")
        before = self._shared.configuration.changed
        status = self._shared.configuration.change(request.key, request.value)
        answer = Answer(unique_id, call_result.ChangeConfiguration(status))
        if status in (ConfigurationStatus.rejected, ConfigurationStatus.not_supported):
            text = f"ChangeConfiguration {request.key} {status.value}"
            return [answer, Note(text, is_warning=True)]
        for connector in self._connectors.values():
            connector.metering.reconfigured(now)
        if request.key.lower() == "heartbeatinterval":
            self._registration.beat_every(self._shared.configuration.integer(request.key), now)
        return [*self._shared.keep_configuration(before), answer]

    def _change_availability(
        self, unique_id: str, request: call.ChangeAvailability, now: float
    ) -> list[Output]:
        if request.connector_id not in (0, *self._connectors):
            rejected = call_result.ChangeAvailability(AvailabilityStatus.rejected)
            return _reject(unique_id, rejected, f"unknown connector {request.connector_id}")
        inoperative = request.type == AvailabilityType.inoperative
        numbers = [request.connector_id] if request.connector_id else [0, *self._connectors]
        kept: list[Output] = []
        for number in numbers:
            where = self._connectors[number] if number else self._shared
            where.operative = not inoperative
            kept.append(Keep(AVAILABILITY, number, request.type if inoperative else None))
        # While a transaction runs, it shows only afterwards (5.2).
        waits = inoperative and not self._shared.running.keys().isdisjoint(numbers)
        status = AvailabilityStatus.scheduled if waits else AvailabilityStatus.accepted
        return [*kept, Answer(unique_id, call_result.ChangeAvailability(status))]

    def _clear_cache(self, unique_id: str, request: call.ClearCache, now: float) -> list[Output]:
        status, kept = self._tags.clear_cache()
        return [*kept, Answer(unique_id, call_result.ClearCache(status))]

    def _data_transfer(
        self, unique_id: str, request: call.DataTransfer, now: float
    ) -> list[Output]:
        unknown = DataTransferStatus.unknown_vendor_id
        return [Answer(unique_id, call_result.DataTransfer(unknown))]

    def _reset(self, unique_id: str, request: call.Reset, now: float) -> list[Output]:
        self._shared.ends = "this charge point restarts"
        is_hard = request.type == ResetType.hard
        answer = Answer(unique_id, call_result.Reset(ResetStatus.accepted))
        return [answer, Restart(Reason.hard_reset if is_hard else Reason.soft_reset)]

    # TriggerMessage: first the answer, then what was asked for (5.17)

    def _trigger(self, unique_id: str, request: call.TriggerMessage, now: float) -> list[Output]:
        told = self._triggered(request, now)
        status = TriggerMessageStatus.not_implemented
        if told is not None:
            status = TriggerMessageStatus.accepted if told else TriggerMessageStatus.rejected
        answer = Answer(unique_id, call_result.TriggerMessage(status))
        return [answer, *(output for one in told or [] for output in self._tell(one))]

    def _tell(self, request: Any) -> Sequence[Output]:
        """While Pending, what was triggered is all that may be told (4.2)."""
        if isinstance(request, call.BootNotification) or not self._registration.accepted:
            return self._shared.delivery.tell_first(request)
        return self._shared.delivery.tell(request)

    def _triggered(self, request: call.TriggerMessage, now: float) -> Sequence[Any] | None:
        """What to tell; nothing where nothing can be told, None where this is not implemented."""
        match request.requested_message:
            case MessageTrigger.boot_notification:
                return [self._registration.boot]
            case MessageTrigger.heartbeat:
                return [call.Heartbeat()]
            case MessageTrigger.meter_values:
                return self._meter_values(request.connector_id, now)
            case MessageTrigger.status_notification:
                return self._statuses.triggered(request.connector_id, now)
        return None

    def _meter_values(self, number: int | None, now: float) -> Sequence[Any]:
        """Of a connector, or of all (also for 0, which has no meter of its own)."""
        wanted = [number] if number else self._connectors
        known = [self._connectors[one] for one in wanted if one in self._connectors]
        values = [connector.session.triggered_values(now) for connector in known]
        return [value for value in values if value is not None]


def _is_to_be_kept(request: call.SetChargingProfile) -> bool:
    """A TxProfile does not outlast its transaction (3.13.1)."""
    raw: Any = request.cs_charging_profiles
    return bool(raw["charging_profile_purpose"] != ChargingProfilePurposeType.tx_profile)


def _reject(unique_id: str, response: Any, why: str) -> list[Output]:
    name = type(response).__name__
    note = Note(f"{name} {response.status.value}: {why}", is_warning=True)
    return [Answer(unique_id, response), note]
