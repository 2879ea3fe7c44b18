"""What the charge point answers to each request of the central system.

Source: OCPP 1.6 edition 2, 5, with the errata 2025-04.
"""

from collections.abc import Callable
from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import (
    AvailabilityStatus,
    AvailabilityType,
    ChargingProfilePurposeType,
    ChargingProfileStatus,
    ConfigurationStatus,
    DataTransferStatus,
    Reason,
    RemoteStartStopStatus,
    ResetStatus,
    ResetType,
    UnlockStatus,
)

from rig.cp.logic.admission import Admission
from rig.cp.logic.charging_profile import ProfileError
from rig.cp.logic.condition import UNKEPT
from rig.cp.logic.configuration import TooManyKeys
from rig.cp.logic.kept import Keep
from rig.cp.logic.point import AVAILABILITY, Output, Point, Restart
from rig.cp.logic.registration import Registration
from rig.cp.logic.remote_stops import RemoteStops
from rig.cp.logic.transaction import StartOrder
from rig.ocppj.logic.exchange import Answer, Note, Refuse

Handler = Callable[[str, Any, float], list[Output]]


class Answers:
    """The requests of one central system."""

    def __init__(
        self, point: Point, admission: Admission, registration: Registration, stops: RemoteStops
    ) -> None:
        self._point, self._admission, self._registration = point, admission, registration
        self._handlers: dict[type[Any], Handler] = {
            call.ChangeAvailability: self._change_availability,
            call.ChangeConfiguration: self._change_configuration,
            call.ClearCache: self._clear_cache,
            call.ClearChargingProfile: self._clear_profile,
            call.DataTransfer: self._data_transfer,
            call.GetCompositeSchedule: self._composite,
            call.GetConfiguration: self._get_configuration,
            call.RemoteStartTransaction: self._remote_start,
            call.RemoteStopTransaction: stops.answer,
            call.Reset: self._reset,
            call.SetChargingProfile: self._set_profile,
            call.UnlockConnector: self._unlock,
        }

    def answer(self, unique_id: str, request: Any, now: float) -> list[Output]:
        """The answer to a request, with all that comes with it."""
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
        connector = self._point.connectors.get(number)
        rejected = call_result.RemoteStartTransaction(RemoteStartStopStatus.rejected)
        if connector is None or request.connector_id == 0:
            return _reject(unique_id, rejected, f"unknown connector {request.connector_id}")
        if not self._registration.accepted:  # 4.2
            return _reject(unique_id, rejected, "not registered at the CSMS")
        if why := connector.beginning.why_not():
            return _reject(unique_id, rejected, why)
        try:
            profile = self._point.limits.of_start(request, number)
        except ProfileError as error:
            return _reject(unique_id, rejected, str(error))
        order = StartOrder(request.id_tag, unique_id=unique_id, profile=profile)
        return self._admission.remote_start(connector, order, now)

    def _free_connector(self) -> int:
        """The connector to use where the request names none: one that is free, best with a car."""
        free = [one for one in self._point.connectors.values() if not one.beginning.why_not()]
        free.sort(key=lambda one: not one.condition.plugged)
        return free[0].number if free else 1

    def _unlock(self, unique_id: str, request: call.UnlockConnector, now: float) -> list[Output]:
        connector = self._point.connectors.get(request.connector_id)
        if connector is None:  # errata 3.87
            unknown = call_result.UnlockConnector(UnlockStatus.not_supported)
            return _reject(unique_id, unknown, f"unknown connector {request.connector_id}")
        return self._point.pass_on(connector.number, connector.unlock(unique_id, now), now)

    # smart charging

    def _set_profile(
        self, unique_id: str, request: call.SetChargingProfile, now: float
    ) -> list[Output]:
        connectors = self._point.connectors
        passed: list[Output] = []
        if self._point.unkept is not None and _is_to_be_kept(request):
            refused = call_result.SetChargingProfile(ChargingProfileStatus.rejected)
            return _reject(unique_id, refused, f"{UNKEPT}: {self._point.unkept}")
        if request.connector_id and request.connector_id not in connectors:  # errata 3.24
            why = f"unknown connector {request.connector_id}"
            return [Refuse(unique_id, "PropertyConstraintViolation", why)]
        installing, outputs = self._point.limits.install(unique_id, request, connectors, now)
        for number, limit in installing.limits.items() if installing else ():
            told = connectors[number].order_limit(installing, limit, now)
            passed += self._point.pass_on(number, told, now)
        return [*outputs, *passed]

    def _clear_profile(
        self, unique_id: str, request: call.ClearChargingProfile, now: float
    ) -> list[Output]:
        return [*self._point.limits.clear(unique_id, request)]

    def _composite(
        self, unique_id: str, request: call.GetCompositeSchedule, now: float
    ) -> list[Output]:
        connectors = len(self._point.connectors)
        return [*self._point.limits.composite(unique_id, request, connectors, now)]

    # configuration and state

    def _get_configuration(
        self, unique_id: str, request: call.GetConfiguration, now: float
    ) -> list[Output]:
        try:
            return [Answer(unique_id, self._point.configuration.get(request.key))]
        except TooManyKeys as error:
            return [Refuse(unique_id, "OccurenceConstraintViolation", str(error))]

    def _change_configuration(
        self, unique_id: str, request: call.ChangeConfiguration, now: float
    ) -> list[Output]:
        if self._point.unkept is not None:
            rejected = call_result.ChangeConfiguration(ConfigurationStatus.rejected)
            return _reject(unique_id, rejected, f"{UNKEPT}: {self._point.unkept}")
        before = self._point.configuration.changed
        status = self._point.configuration.change(request.key, request.value)
        answer = Answer(unique_id, call_result.ChangeConfiguration(status))
        if status in (ConfigurationStatus.rejected, ConfigurationStatus.not_supported):
            text = f"ChangeConfiguration {request.key} {status.value}"
            return [answer, Note(text, is_warning=True)]
        for connector in self._point.connectors.values():
            connector.session.metering.reconfigured(now)
        if request.key.lower() == "heartbeatinterval":
            self._registration.beat_every(self._point.configuration.integer(request.key), now)
        return [*self._point.keep_configuration(before), answer]

    def _change_availability(
        self, unique_id: str, request: call.ChangeAvailability, now: float
    ) -> list[Output]:
        if request.connector_id not in (0, *self._point.numbers):
            rejected = call_result.ChangeAvailability(AvailabilityStatus.rejected)
            return _reject(unique_id, rejected, f"unknown connector {request.connector_id}")
        inoperative = request.type == AvailabilityType.inoperative
        numbers = [request.connector_id] if request.connector_id else [0, *self._point.numbers]
        kept: list[Output] = []
        for number in numbers:
            self._point.condition_of(number).operative = not inoperative
            kept.append(Keep(AVAILABILITY, str(number), request.type if inoperative else None))
        # While a transaction runs, it shows only afterwards (5.2).
        waits = inoperative and any(one.connector in numbers for one in self._point.running())
        status = AvailabilityStatus.scheduled if waits else AvailabilityStatus.accepted
        return [*kept, Answer(unique_id, call_result.ChangeAvailability(status))]

    def _clear_cache(self, unique_id: str, request: call.ClearCache, now: float) -> list[Output]:
        status, kept = self._admission.clear_cache()
        return [*kept, Answer(unique_id, call_result.ClearCache(status))]

    def _data_transfer(
        self, unique_id: str, request: call.DataTransfer, now: float
    ) -> list[Output]:
        unknown = DataTransferStatus.unknown_vendor_id
        return [Answer(unique_id, call_result.DataTransfer(unknown))]

    def _reset(self, unique_id: str, request: call.Reset, now: float) -> list[Output]:
        self._point.ends = "this charge point restarts"
        is_hard = request.type == ResetType.hard
        answer = Answer(unique_id, call_result.Reset(ResetStatus.accepted))
        return [answer, Restart(Reason.hard_reset if is_hard else Reason.soft_reset)]


def _is_to_be_kept(request: call.SetChargingProfile) -> bool:
    """A TxProfile does not outlast its transaction (3.13.1)."""
    raw: Any = request.cs_charging_profiles
    return bool(raw["charging_profile_purpose"] != ChargingProfilePurposeType.tx_profile)


def _reject(unique_id: str, response: Any, why: str) -> list[Output]:
    name = type(response).__name__
    note = Note(f"{name} {response.status.value}: {why}", is_warning=True)
    return [Answer(unique_id, response), note]
