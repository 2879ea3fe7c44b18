"""What the central system asks of a charge point, by the clauses. Each test's id is its clause.

A command is what a person types as `rig send CP_1 ACTION OPTIONS`.
"""

from typing import Any

import pytest
from ocpp.v16 import call

from rig.csms.commands import InvalidRequest, typed_request
from rig.csms.logic.cycle import Cycle, Step
from rig.csms.logic.requests import payload_of
from tests.conformance.backend import ACCEPTED, Backend, Payload, central
from tests.conformance.clauses import rows

REJECTED: Payload = {"status": "Rejected"}
SUPPORTED: Payload = {"key": "HeartbeatInterval", "readonly": False, "value": "300"}


def profile(purpose: str, limit: float, **more: Any) -> Payload:
    """A charging profile as `rig send` makes it: Relative, for as long as it is there."""
    return {
        "chargingProfileId": 7,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
        },
        **more,
    }


@rows(
    ("action", "options", "wire", "answer", "accepted"),
    {
        "S5.4 TC_061 ClearCache": ("ClearCache", {}, {}, ACCEPTED, True),
        "S5.14 TC_013 hard reset": ("Reset", {"type": "Hard"}, {"type": "Hard"}, ACCEPTED, True),
        "S5.14 TC_014 soft reset": ("Reset", {"type": "Soft"}, {"type": "Soft"}, ACCEPTED, True),
        "S5.18 TC_017_1 unlocked": (
            "UnlockConnector",
            {"connector": 1},
            {"connectorId": 1},
            {"status": "Unlocked"},
            True,
        ),
        "S5.18 TC_017_2 a fixed cable": (
            "UnlockConnector",
            {"connector": 1},
            {"connectorId": 1},
            {"status": "NotSupported"},
            False,
        ),
        "S5.18 TC_030 unlock failure": (
            "UnlockConnector",
            {"connector": 1},
            {"connectorId": 1},
            {"status": "UnlockFailed"},
            False,
        ),
        "S5.18 TC_031 an unknown connector": (
            "UnlockConnector",
            {"connector": 99},
            {"connectorId": 99},
            {"status": "NotSupported"},
            False,
        ),
        "S5.8 TC_019_1 all keys": (
            "GetConfiguration",
            {},
            {},
            {"configurationKey": [SUPPORTED]},
            True,
        ),
        "S5.8 TC_019_2 one key": (
            "GetConfiguration",
            {"key": "HeartbeatInterval"},
            {"key": ["HeartbeatInterval"]},
            {"configurationKey": [SUPPORTED]},
            True,
        ),
        "S5.3 TC_021 a changed key": (
            "ChangeConfiguration",
            {"key": "MeterValueSampleInterval", "value": "60"},
            {"key": "MeterValueSampleInterval", "value": "60"},
            ACCEPTED,
            True,
        ),
        "S5.3 after a reboot": (
            "ChangeConfiguration",
            {"key": "WebSocketPingInterval", "value": "60"},
            {"key": "WebSocketPingInterval", "value": "60"},
            {"status": "RebootRequired"},
            True,
        ),
        "S5.3 TC_040_1 an unknown key": (
            "ChangeConfiguration",
            {"key": "NoSuchKey", "value": "1"},
            {"key": "NoSuchKey", "value": "1"},
            {"status": "NotSupported"},
            False,
        ),
        "S5.3 TC_040_2 an invalid value": (
            "ChangeConfiguration",
            {"key": "MeterValueSampleInterval", "value": "-1"},
            {"key": "MeterValueSampleInterval", "value": "-1"},
            REJECTED,
            False,
        ),
        "S5.2 in a transaction": (
            "ChangeAvailability",
            {"type": "Inoperative", "connector": 0},
            {"type": "Inoperative", "connectorId": 0},
            {"status": "Scheduled"},
            True,
        ),
        "S5.11 TC_026 rejected": (
            "RemoteStartTransaction",
            {"id_tag": "RIG", "connector": 1},
            {"idTag": "RIG", "connectorId": 1},
            REJECTED,
            False,
        ),
        "S5.12 TC_028 rejected": (
            "RemoteStopTransaction",
            {"transaction": 487},
            {"transactionId": 487},
            REJECTED,
            False,
        ),
        "S5.17 TC_055 rejected": (
            "TriggerMessage",
            {"message": "StatusNotification", "connector": 99},
            {"requestedMessage": "StatusNotification", "connectorId": 99},
            REJECTED,
            False,
        ),
        "S5.6 DataTransfer": (
            "DataTransfer",
            {"vendor": "com.example", "message_id": "id", "data": "x"},
            {"vendorId": "com.example", "messageId": "id", "data": "x"},
            {"status": "UnknownVendorId"},
            False,
        ),
        "S5.16 TC_056 TxDefaultProfile": (
            "SetChargingProfile",
            {"limit": 6.0},
            {"connectorId": 1, "csChargingProfiles": profile("TxDefaultProfile", 6.0)},
            ACCEPTED,
            True,
        ),
        "S5.16 TC_057 TxProfile": (
            "SetChargingProfile",
            {"limit": 6.0, "purpose": "TxProfile", "transaction": 4},
            {"connectorId": 1, "csChargingProfiles": profile("TxProfile", 6.0, transactionId=4)},
            ACCEPTED,
            True,
        ),
        "S5.7 TC_066 a composite schedule": (
            "GetCompositeSchedule",
            {"duration": 300, "unit": "A"},
            {"connectorId": 1, "duration": 300, "chargingRateUnit": "A"},
            {
                "status": "Accepted",
                "connectorId": 1,
                "scheduleStart": "2026-01-31T12:00:00Z",
                "chargingSchedule": profile("TxProfile", 6.0)["chargingSchedule"],
            },
            True,
        ),
        "S5.5 TC_067 clear by id": (
            "ClearChargingProfile",
            {"profile": 7},
            {"id": 7},
            ACCEPTED,
            True,
        ),
        "S5.5 TC_067 clear by what it is": (
            "ClearChargingProfile",
            {"purpose": "TxDefaultProfile", "connector": 1, "stack_level": 0},
            {"chargingProfilePurpose": "TxDefaultProfile", "connectorId": 1, "stackLevel": 0},
            {"status": "Unknown"},
            False,
        ),
    },
)
def test_a_command_is_on_the_wire_as_typed_and_its_answer_is_told(
    action: str, options: Payload, wire: Payload, answer: Payload, accepted: bool
) -> None:
    backend = Backend().booted()
    assert backend.send(action, answer, **options) == wire
    assert backend.told == answer
    assert backend.was_accepted is accepted


TRIGGERS = (
    "BootNotification",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "MeterValues",
    "StatusNotification",
)


@rows("message", {f"S5.17 TC_054 {message}": message for message in TRIGGERS})
def test_each_message_can_be_triggered(message: str) -> None:
    backend = Backend().booted()
    wire = backend.send("TriggerMessage", ACCEPTED, message=message)
    assert wire == {"requestedMessage": message}
    assert backend.was_accepted


@central("S5.11 TC_059 a profile for the transaction to come")
def test_a_remote_start_may_bring_its_profile(backend: Backend) -> None:
    start = {"idTag": "RIG", "connectorId": 1, "chargingProfile": profile("TxProfile", 6.0)}
    assert backend.booted().send_json("RemoteStartTransaction", ACCEPTED, start) == start


@central("J4.2.3 it answers with a CALLERROR")
def test_a_callerror_is_told_by_its_code(backend: Backend) -> None:
    backend.booted().send("ClearCache", "NotSupported")
    assert not backend.was_accepted
    assert (backend.done["key"].code, backend.done["key"].in_time) == ("NotSupported", True)


@rows(
    ("action", "payload"),
    {
        "S7.14 two decimals": (
            "SetChargingProfile",
            {"connectorId": 1, "csChargingProfiles": profile("TxDefaultProfile", 6.15)},
        ),
        "S7.31 a unit that there is not": (
            "GetCompositeSchedule",
            {"connectorId": 1, "duration": 300, "chargingRateUnit": "V"},
        ),
        "S6.41 no type": ("Reset", {}),
        "S2.2 a tag of 21 characters": ("RemoteStartTransaction", {"idTag": "x" * 21}),
        "S4 what a charge point sends": ("Heartbeat", {}),
    },
)
def test_what_breaks_the_standard_is_never_sent(action: str, payload: Payload) -> None:
    with pytest.raises(InvalidRequest):
        typed_request(action, payload)


# whole stories


@rows(
    "cable_first",
    {"S5.11 TC_010 plugged in first": True, "S5.11 TC_011_1 remote start first": False},
)
def test_a_session_that_is_started_from_afar(cable_first: bool) -> None:
    backend = Backend().booted()
    if cable_first:
        backend.status("Preparing")
    wire = backend.send("RemoteStartTransaction", ACCEPTED, id_tag="RIG", connector=1)
    assert wire == {"idTag": "RIG", "connectorId": 1}
    assert backend.authorize("RIG") == ACCEPTED
    backend.status("Preparing")
    number, info = backend.start("RIG")
    assert info == ACCEPTED
    assert backend.machine.table()["transactions"] == [{"id": number, "connector": 1}]


@central("S5.11 TC_011_2 no car comes")
def test_a_remote_start_that_nobody_follows_is_no_session(backend: Backend) -> None:
    backend.booted().send("RemoteStartTransaction", ACCEPTED)
    assert [backend.status(status) for status in ("Preparing", "Available")] == [{}, {}]
    assert backend.machine.table()["transactions"] == []


@central("S5.12 TC_012 remote stop")
def test_a_session_is_stopped_from_afar(backend: Backend) -> None:
    number, _ = backend.booted().start()
    wire = backend.send("RemoteStopTransaction", ACCEPTED, transaction=number)
    assert wire == {"transactionId": number}
    assert backend.stop(number, "Remote") == {}
    assert [kept.state for kept in backend.sessions()] == ["ended: Remote"]
    assert backend.machine.table()["transactions"] == []


@rows("kind", {"S5.14 a soft reset's stop": "SoftReset", "S5.14 a hard reset's": "HardReset"})
def test_a_reset_ends_the_session(kind: str) -> None:
    backend = Backend().booted()
    number, _ = backend.start()
    backend.send("Reset", ACCEPTED, type=kind.removesuffix("Reset"))
    backend.disconnect()
    backend.booted()
    assert backend.stop(number, kind) == {}
    assert [kept.state for kept in backend.sessions()] == [f"ended: {kind}"]


# one at a time (OCPP-J 4.1.1)


@central("J4.1.1 W5 one outstanding")
def test_one_call_is_outstanding_and_the_charge_point_may_ask_meanwhile(backend: Backend) -> None:
    backend.booted()
    first, second = call.ClearCache(), call.ClearCache()
    backend.command("a", first)
    backend.command("b", second)  # Backend fails at a second outstanding one
    assert backend.outstanding is first
    assert backend.authorize("RIG") == ACCEPTED
    backend.answer()
    assert backend.outstanding is second


@central("J4.1.1 W6 no answer in time")
def test_what_is_not_answered_is_given_up_and_the_next_comes(backend: Backend) -> None:
    backend.booted().command("a", call.ClearCache())
    backend.command("b", call.ClearCache())
    backend.fail()
    assert not backend.done["a"].in_time
    assert backend.outstanding is not None


# the cycle, in front of a charge point that keeps to the request

SESSION = Cycle((Step(0, "SetLimit", 6), Step(1, "Start"), Step(3, "SetLimit", 7)), 8, False)


@central("S3.13.1 E3.8 a TxProfile has its transaction", cycle=SESSION)
def test_a_strict_one_gets_a_default_before_its_transaction_and_the_id_in_it(
    backend: Backend,
) -> None:
    backend.booted().answer()  # GetConfiguration
    backend.tick()
    assert purpose(backend.answer("Rejected")) == ("TxProfile", None)
    assert purpose(backend.answer()) == ("TxDefaultProfile", None)
    backend.now = 1.0
    backend.tick()
    backend.answer()
    number, _ = backend.start()
    backend.now = 3.0
    backend.tick()
    assert purpose(backend.answer()) == ("TxProfile", number)


def purpose(request: Any) -> tuple[str, int | None]:
    sent = request.cs_charging_profiles
    return str(sent.charging_profile_purpose), sent.transaction_id


@central("S5.12 the stop has the id", cycle=Cycle((Step(0, "Start"), Step(1, "Stop")), 8, False))
def test_a_stop_waits_for_the_transaction_id(backend: Backend) -> None:
    backend.booted().answer()
    backend.tick()
    backend.answer()
    backend.now = 2.0
    assert backend.machine.wake_at == 5.0  # 5 s after the RemoteStartTransaction was accepted
    number, _ = backend.start()
    assert backend.machine.wake_at == 1.0
    backend.tick()
    assert backend.answer() == call.RemoteStopTransaction(number)


def test_the_profile_of_rig_send_takes_the_place_of_the_cycles() -> None:
    """5.16: the same id, purpose and stack level replace."""
    sent = payload_of("SetChargingProfile", {"limit": 6.0})["csChargingProfiles"]
    assert (sent["chargingProfileId"], sent["stackLevel"]) == (7, 0)
