"""What the central system asks of a charge point, by the clauses. Each test's id is its clause.

A command is what a person types as `rig send CP_1 ACTION OPTIONS`.
"""

from typing import Any

import pytest
from ocpp.v16 import call

from rig.csms.commands import InvalidRequest, typed_request
from tests.conformance.backend import ACCEPTED, Backend, Payload, central
from tests.conformance.clauses import rows


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


HARD, SOFT, INOPERATIVE = ({"type": name} for name in ("Hard", "Soft", "Inoperative"))
FIRST = {"connector": 1}, {"connectorId": 1}  # as it is typed, and on the wire
MISSING = {"connector": 99}, {"connectorId": 99}
SLOWER = [{"key": "MeterValueSampleInterval", "value": "60"}] * 2
NEGATIVE = [{"key": "MeterValueSampleInterval", "value": "-1"}] * 2
PINGS = [{"key": "WebSocketPingInterval", "value": "60"}] * 2
UNKNOWN_KEY = [{"key": "NoSuchKey", "value": "1"}] * 2
KEYS = {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]}
DEFAULT: Payload = {"connectorId": 1, "csChargingProfiles": profile("TxDefaultProfile", 6.0)}
IN_ONE = {"connectorId": 1, "csChargingProfiles": profile("TxProfile", 6.0, transactionId=4)}
COMPOSITE = {
    "status": "Accepted",
    "connectorId": 1,
    "scheduleStart": "2026-01-31T12:00:00Z",
    "chargingSchedule": DEFAULT["csChargingProfiles"]["chargingSchedule"],
}


@rows(
    ("action", "options", "wire", "answer", "accepted"),
    {
        "S5.4 TC_061 ClearCache": ("ClearCache", {}, {}, "Accepted", True),
        "S5.14 TC_013 hard reset": ("Reset", HARD, HARD, "Accepted", True),
        "S5.14 TC_014 soft reset": ("Reset", SOFT, SOFT, "Accepted", True),
        "S5.18 TC_017_1 unlocked": ("UnlockConnector", *FIRST, "Unlocked", True),
        "S5.18 TC_017_2 a fixed cable": ("UnlockConnector", *FIRST, "NotSupported", False),
        "S5.18 TC_030 unlock failure": ("UnlockConnector", *FIRST, "UnlockFailed", False),
        "S5.18 TC_031 an unknown one": ("UnlockConnector", *MISSING, "NotSupported", False),
        "S5.8 TC_019_1 all keys": ("GetConfiguration", {}, {}, KEYS, True),
        "S5.8 TC_019_2 one key": (
            "GetConfiguration",
            {"key": "HeartbeatInterval"},
            {"key": ["HeartbeatInterval"]},
            KEYS,
            True,
        ),
        "S5.3 TC_021 a changed key": ("ChangeConfiguration", *SLOWER, "Accepted", True),
        "S5.3 after a reboot": ("ChangeConfiguration", *PINGS, "RebootRequired", True),
        "S5.3 TC_040_1 unknown key": ("ChangeConfiguration", *UNKNOWN_KEY, "NotSupported", False),
        "S5.3 TC_040_2 invalid value": ("ChangeConfiguration", *NEGATIVE, "Rejected", False),
        "S5.2 in a transaction": (
            "ChangeAvailability",
            INOPERATIVE | {"connector": 0},
            INOPERATIVE | {"connectorId": 0},
            "Scheduled",
            True,
        ),
        "S5.11 TC_026 rejected": (
            "RemoteStartTransaction",
            {"id_tag": "RIG", "connector": 1},
            {"idTag": "RIG", "connectorId": 1},
            "Rejected",
            False,
        ),
        "S5.12 TC_028 rejected": (
            "RemoteStopTransaction",
            {"transaction": 487},
            {"transactionId": 487},
            "Rejected",
            False,
        ),
        "S5.17 TC_055 rejected": (
            "TriggerMessage",
            {"message": "StatusNotification", "connector": 99},
            {"requestedMessage": "StatusNotification", "connectorId": 99},
            "Rejected",
            False,
        ),
        "S5.6 DataTransfer": (
            "DataTransfer",
            {"vendor": "com.example", "message_id": "id", "data": "x"},
            {"vendorId": "com.example", "messageId": "id", "data": "x"},
            "UnknownVendorId",
            False,
        ),
        "S5.16 TC_056 TxDefaultProfile": (
            "SetChargingProfile",
            {"limit": 6.0},
            DEFAULT,
            "Accepted",
            True,
        ),
        "S5.16 TC_057 TxProfile": (
            "SetChargingProfile",
            {"limit": 6.0, "purpose": "TxProfile", "transaction": 4},
            IN_ONE,
            "Accepted",
            True,
        ),
        "S5.7 TC_066 a composite schedule": (
            "GetCompositeSchedule",
            {"duration": 300, "unit": "A"},
            {"connectorId": 1, "duration": 300, "chargingRateUnit": "A"},
            COMPOSITE,
            True,
        ),
        "S5.5 TC_067 clear by id": (
            "ClearChargingProfile",
            {"profile": 7},
            {"id": 7},
            "Accepted",
            True,
        ),
        "S5.5 TC_067 clear by what it is": (
            "ClearChargingProfile",
            {"purpose": "TxDefaultProfile", "connector": 1, "stack_level": 0},
            {"chargingProfilePurpose": "TxDefaultProfile", "connectorId": 1, "stackLevel": 0},
            "Unknown",
            False,
        ),
    },
)
def test_a_command_is_on_the_wire_as_typed_and_its_answer_is_told(
    action: str, options: Payload, wire: Payload, answer: Payload | str, accepted: bool
) -> None:
    backend = Backend().booted()
    answer = {"status": answer} if isinstance(answer, str) else answer
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
