"""The central system's side of one charge point: answers what it asks, plays the cycle on it.

Sources: OCPP 1.6 edition 2 with the errata 2025-04. Times in s on the clock of `now`.
"""

import math
from collections.abc import Callable
from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.datatypes import (
    ChargingProfile,
    ChargingSchedule,
    ChargingSchedulePeriod,
    IdTagInfo,
)
from ocpp.v16.enums import (
    AuthorizationStatus,
    ChargingProfileKindType,
    ChargingProfilePurposeType,
    ChargingProfileStatus,
    ChargingRateUnitType,
    DataTransferStatus,
    MessageTrigger,
    RegistrationStatus,
    RemoteStartStopStatus,
    TriggerMessageStatus,
)

from rig.logic.csms.cycle import Cycle, Player, Step
from rig.logic.exchange import (
    Answer,
    Answered,
    Asked,
    Connected,
    Disconnected,
    Exchange,
    Failed,
    Note,
    Outbox,
    Output,
    Refuse,
)
from rig.logic.moments import timestamp

CONNECTOR = 1
PROFILE_ID = 7  # the seed's
ID_TAG = "RIG"
HEARTBEAT_INTERVAL = 300  # s
LATENESS = 1.0  # s that an answer may hold up the next step before it is left out
TRIGGER_PATIENCE = 10.0  # s from accepting the trigger to the BootNotification
BOOT_PATIENCE = 2.0  # s that an unknown charge point has to boot by itself

NextTransaction = Callable[[], int]


class Station:
    """One charge point, over all its connections. `wall`: a `now` in seconds since 1970."""

    def __init__(
        self, cycle: Cycle, next_transaction: NextTransaction, wall: Callable[[float], float]
    ) -> None:
        self._cycle, self._next_transaction, self._wall = cycle, next_transaction, wall
        self._outbox = Outbox()
        self._player: Player | None = None
        self._step: Step | None = None
        self._transaction: int | None = None
        self._ended: int | None = None
        self._connected = False
        self._boot_wanted_at = self._boot_expected_by = math.inf

    @property
    def wake_at(self) -> float:
        """A step waits until the step before it is answered."""
        if not self._connected:
            return math.inf
        ready = self._player is not None and self._outbox.is_idle
        step_at = self._player.wake_at if ready and self._player else math.inf
        return min(self._boot_wanted_at, self._boot_expected_by, step_at)

    def receive(self, event: Exchange, now: float) -> list[Output]:
        match event:
            case Connected():
                return self._on_connected(now)
            case Disconnected():
                self._connected = False
                self._boot_wanted_at = self._boot_expected_by = math.inf
                self._outbox = Outbox()
                return []
            case Asked(unique_id, request):
                return [*self._asked(unique_id, request, now), *self._want_boot(request)]
            case Answered(request, response):
                outputs = self._answered(request, response, now)
                return [*outputs, *self._outbox.done(request), *self._stay_on_grid(now)]
            case Failed(request, why):
                outputs = self._failed(request, why, now)
                return [*outputs, *self._outbox.done(request), *self._stay_on_grid(now)]

    def tick(self, now: float) -> list[Output]:
        if self._boot_wanted_at <= now:
            return self._want_boot(None)
        if self._boot_expected_by <= now:
            return self._not_triggered("it accepted, but did not", now)
        if self._player is None or self._player.wake_at > now:
            return []
        return self._play(self._player.take())

    # the connection

    def _on_connected(self, now: float) -> list[Output]:
        self._connected = True
        self._outbox.open()
        if self._player is None:
            self._boot_wanted_at = now + BOOT_PATIENCE
            return []
        self._player.resume(now)
        return [Note("reconnected: the cycle goes on")]

    def _want_boot(self, request: Any) -> list[Output]:
        """Ask an unknown charge point for its BootNotification, once."""
        if self._boot_wanted_at == math.inf or isinstance(request, call.BootNotification):
            return []
        self._boot_wanted_at = math.inf
        trigger = call.TriggerMessage(requested_message=MessageTrigger.boot_notification)
        return [Note("has not booted here: asking for it"), *self._outbox.put(trigger)]

    def _begin(self, now: float) -> None:
        self._boot_wanted_at = self._boot_expected_by = math.inf
        self._player = Player(self._cycle, now)

    # the cycle

    def _play(self, step: Step) -> list[Output]:
        self._step = step
        match step.command:
            case "SetLimit":
                limit = step.limit or 0.0
                return self._send(step, set_profile(limit, ChargingProfilePurposeType.tx_profile))
            case "Start":
                start = call.RemoteStartTransaction(id_tag=ID_TAG, connector_id=CONNECTOR)
                return self._send(step, start)
            case "Stop":
                if self._transaction is None:
                    return [Note(f"cycle: {step}: no transaction runs", is_warning=True)]
                return self._send(step, call.RemoteStopTransaction(self._transaction))

    def _stay_on_grid(self, now: float) -> list[Output]:
        """After a very late answer, the steps that it held up do not follow in a burst."""
        if self._player is None or now - self._player.wake_at <= LATENESS:
            return []
        self._player.resume(now)
        return [Note("cycle: it was slow to answer; what was due meanwhile is left out", True)]

    def _send(self, step: Step, request: Any) -> list[Output]:
        return [Note(f"cycle: {step}"), *self._outbox.put(request)]

    def _answered(self, request: Any, response: Any, now: float) -> list[Output]:
        match request:
            case call.SetChargingProfile():
                accepted = response.status == ChargingProfileStatus.accepted
                return [] if accepted else self._rejected(request, response.status)
            case call.RemoteStartTransaction() | call.RemoteStopTransaction():
                accepted = response.status == RemoteStartStopStatus.accepted
                return [] if accepted else self._rejected(request, response.status)
            case call.TriggerMessage() if response.status != TriggerMessageStatus.accepted:
                return self._not_triggered(response.status, now)
            case call.TriggerMessage() if self._player is None:
                self._boot_expected_by = now + TRIGGER_PATIENCE
        return []

    def _failed(self, request: Any, why: str, now: float) -> list[Output]:
        if isinstance(request, call.TriggerMessage):
            return self._not_triggered(why, now)
        return self._rejected(request, why)

    def _not_triggered(self, why: str, now: float) -> list[Output]:
        self._boot_expected_by = math.inf
        if self._player is None:
            self._begin(now)
        return [Note(f"would not boot again ({why}): the cycle begins", is_warning=True)]

    def _rejected(self, request: Any, why: str) -> list[Output]:
        name = type(request).__name__
        note = Note(f"cycle: {self._step}: {name} {why}", is_warning=True)
        if not isinstance(request, call.SetChargingProfile) or _is_default(request):
            return [note]
        limit = self._step.limit if self._step else None
        purpose = ChargingProfilePurposeType.tx_default_profile
        again = Note(f"cycle: {self._step} again, as TxDefaultProfile")
        return [note, again, *self._outbox.put(set_profile(limit or 0.0, purpose))]

    # requests of the charge point

    def _asked(self, unique_id: str, request: Any, now: float) -> list[Output]:
        match request:
            case call.BootNotification():
                self._transaction = None  # MeterValues will tell if one goes on
                self._begin(now)
                return [Answer(unique_id, self._accepted_boot(now))]
            case call.Heartbeat():
                return [Answer(unique_id, call_result.Heartbeat(self._timestamp(now)))]
            case call.Authorize():
                return [Answer(unique_id, call_result.Authorize(_accepted_tag()))]
            case call.StatusNotification():
                return [Answer(unique_id, call_result.StatusNotification())]
            case call.DataTransfer():
                unknown = DataTransferStatus.unknown_vendor_id
                return [Answer(unique_id, call_result.DataTransfer(unknown))]
        return self._transaction_asked(unique_id, request)

    def _transaction_asked(self, unique_id: str, request: Any) -> list[Output]:
        match request:
            case call.StartTransaction():
                self._transaction = self._next_transaction()
                response = call_result.StartTransaction(self._transaction, _accepted_tag())
                return [Answer(unique_id, response)]
            case call.StopTransaction(transaction_id=ended):
                self._transaction, self._ended = None, ended
                return [Answer(unique_id, call_result.StopTransaction(_accepted_tag()))]
            case call.MeterValues(transaction_id=running):
                self._learn(running)
                return [Answer(unique_id, call_result.MeterValues())]
        name = type(request).__name__
        return [Refuse(unique_id, "NotSupported", f"{name} is not supported")]

    def _learn(self, running: int | None) -> None:
        """A transaction that began before this central system did can be stopped all the same."""
        if self._transaction is None and running != self._ended:
            self._transaction = running

    def _accepted_boot(self, now: float) -> call_result.BootNotification:
        return call_result.BootNotification(
            current_time=self._timestamp(now),
            interval=HEARTBEAT_INTERVAL,
            status=RegistrationStatus.accepted,
        )

    def _timestamp(self, now: float) -> str:
        return timestamp(self._wall(now))


def set_profile(limit: float, purpose: ChargingProfilePurposeType) -> call.SetChargingProfile:
    """The seed's profile with a limit (A). The schema demands its kind, which the seed forgot."""
    schedule = ChargingSchedule(
        charging_rate_unit=ChargingRateUnitType.amps,
        charging_schedule_period=[ChargingSchedulePeriod(start_period=0, limit=limit)],
    )
    profile = ChargingProfile(
        charging_profile_id=PROFILE_ID,
        stack_level=0,
        charging_profile_purpose=purpose,
        charging_profile_kind=ChargingProfileKindType.relative,
        charging_schedule=schedule,
    )
    return call.SetChargingProfile(connector_id=CONNECTOR, cs_charging_profiles=profile)


def _is_default(request: call.SetChargingProfile) -> bool:
    purpose = request.cs_charging_profiles.charging_profile_purpose  # type: ignore[union-attr]
    return purpose == ChargingProfilePurposeType.tx_default_profile


def _accepted_tag() -> IdTagInfo:
    return IdTagInfo(status=AuthorizationStatus.accepted)
