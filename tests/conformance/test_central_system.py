"""What the central system answers, by the clauses. Each test's id is its clause."""

import asyncio
from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import (
    AuthorizationStatus,
    DiagnosticsStatus,
    FirmwareStatus,
    RegistrationStatus,
)

from rig.csms.logic.tags import Tag
from rig.ocppj.schemas import payload_of as wire_of
from tests.conformance.backend import Backend, central
from tests.conformance.clauses import rows
from tests.csms.logic.machines import BOOT, NOON, TIME
from tests.messages import sample
from tests.served import NOW, served

ACCEPTED = {"status": "Accepted"}
PENDING, REJECTED = RegistrationStatus.pending, RegistrationStatus.rejected

# boot (4.2)


@central("S4.2 TC_001 cold boot")
def test_a_boot_is_accepted_and_each_status_and_heartbeat_answered(backend: Backend) -> None:
    backend.connect()
    answer = wire_of(backend.say(BOOT))
    assert answer["status"] == "Accepted"
    assert answer["interval"] == 300
    assert answer["currentTime"] == "2026-01-31T12:00:00.000Z"
    assert backend.status("Available", 0) == {}
    assert backend.status("Available", 1) == {}
    backend.now = 60.0
    assert wire_of(backend.say(call.Heartbeat())) == {"currentTime": "2026-01-31T12:01:00.000Z"}


# sessions (4.1, 4.8, 4.10)


@central("S4.8 TC_003 plugged in first")
def test_a_session_is_answered_and_kept(backend: Backend) -> None:
    assert backend.booted().status("Preparing") == {}
    assert backend.authorize("RIG") == ACCEPTED
    number, info = backend.start("RIG")
    assert number > 0
    assert info == ACCEPTED
    assert backend.status("Charging") == {}
    assert backend.stop(number, tag="RIG") == {"idTagInfo": ACCEPTED}
    (kept,) = backend.sessions()
    assert (kept.state, kept.energy, kept.duration) == ("ended: Local", 2000, 3600.0)


@central("S4.1 TC_004_1 identification first")
def test_a_tag_may_come_before_the_car(backend: Backend) -> None:
    assert backend.booted().authorize("RIG") == ACCEPTED
    assert backend.status("Preparing") == {}
    assert backend.start("RIG")[1] == ACCEPTED
    assert [kept.state for kept in backend.sessions()] == ["running"]


@central("S4.1 TC_004_2 no car comes")
def test_a_tag_without_a_car_is_no_session(backend: Backend) -> None:
    assert backend.booted().authorize("RIG") == ACCEPTED
    assert [backend.status(status) for status in ("Preparing", "Available")] == [{}, {}]
    assert backend.sessions() == []


@rows(
    "reason",
    {
        "S4.10 TC_005_1 EV side disconnect": "EVDisconnected",
        "S4.10 TC_032_1 power failure": "PowerLoss",
        "S4.10 TC_018_1 unlocked": "UnlockCommand",
        "S4.10 an emergency stop": "EmergencyStop",
    },
)
def test_a_stop_without_a_tag_says_nothing_of_a_tag(reason: str) -> None:
    backend = Backend().booted()
    number, _ = backend.start()
    backend.disconnect()
    backend.booted()
    assert backend.stop(number, reason) == {}
    (kept,) = backend.sessions()
    assert kept.state == f"ended: {reason}"


@central("S4.8 TC_007 a cached tag")
def test_a_start_needs_no_authorize_before_it(backend: Backend) -> None:
    assert backend.booted().start("RIG")[1] == ACCEPTED


TAGS = (Tag("BLOCKED", AuthorizationStatus.blocked), Tag("EXPIRED", expires=NOON - 1))


@rows(
    ("tag", "status"),
    {
        "S7.2 TC_023_1 Invalid": ("UNKNOWN", "Invalid"),
        "S7.2 TC_023_2 Blocked": ("BLOCKED", "Blocked"),
        "S7.2 TC_023_3 Expired": ("EXPIRED", "Expired"),
    },
)
def test_a_tag_that_may_not_charge_is_told_so_at_each_message(tag: str, status: str) -> None:
    backend = Backend(tags=TAGS, unknown="invalid").booted()
    assert backend.authorize(tag)["status"] == status
    number, info = backend.start(tag)
    assert (number > 0, info["status"]) == (True, status)
    assert backend.stop(number, tag=tag)["idTagInfo"]["status"] == status


@central("S4.9 TC_024 lock failure")
def test_a_fault_is_answered_and_shown(backend: Backend) -> None:
    assert backend.booted().status("Faulted", 1, "ConnectorLockFailure") == {}
    (shown,) = backend.machine.table()["connectors"]
    assert shown == {"connector": 1, "status": "Faulted", "error": "ConnectorLockFailure"}


# offline (3.7, 4.8, errata 3.18)


@central("S4.8 TC_037_1 started offline")
def test_a_start_that_comes_late_is_taken_as_of_its_own_time(backend: Backend) -> None:
    backend.booted().disconnect()
    backend.now = 7200.0
    backend.connect()
    number, info = backend.start("RIG", at="2026-01-31T12:30:00Z")
    assert (number > 0, info) == (True, ACCEPTED)
    assert [kept.started for kept in backend.sessions()] == ["2026-01-31T12:30:00Z"]


@central("S4.8 TC_037_3 started offline, invalid", unknown="invalid")
def test_a_late_start_of_an_invalid_tag_gets_its_id_and_its_stop_is_taken(backend: Backend) -> None:
    number, info = backend.booted().start("UNKNOWN")
    assert info == {"status": "Invalid"}
    assert backend.stop(number, "DeAuthorized") == {}
    assert [kept.state for kept in backend.sessions()] == ["ended: DeAuthorized"]


@central("S3.7 TC_039 an offline transaction")
def test_a_session_that_comes_as_a_whole_is_kept_as_it_was(backend: Backend) -> None:
    backend.booted().disconnect()
    backend.now = 86400.0
    backend.connect()
    number, _ = backend.start("RIG", meter=500, at="2026-01-31T12:30:00Z")
    values = call.MeterValues(1, [sample("900")], number)
    assert backend.say(values) == call_result.MeterValues()
    assert backend.stop(number, tag="RIG", meter=1500)["idTagInfo"] == ACCEPTED
    (kept,) = backend.sessions()
    assert (kept.energy, kept.duration, kept.state) == (1000, 1800.0, "ended: Local")


# whatever the content (4.7, 4.8, 4.10): an answer is never withheld


@rows(
    "request_",
    {
        "S4.8 no such connector": call.StartTransaction(99, "RIG", 0, TIME),
        "S4.8 a meter below 0": call.StartTransaction(1, "RIG", -5, TIME),
        "S4.8 in the far future": call.StartTransaction(1, "RIG", 0, "2999-01-01T00:00:00Z"),
        "S4.8 no such reservation": call.StartTransaction(1, "RIG", 0, TIME, 4711),
        "S4.10 an unknown transaction": call.StopTransaction(0, TIME, 4711),
        "S4.10 it stops before it began": call.StopTransaction(0, "1970-01-01T00:00:00Z", 1),
        "S4.7 of no transaction": call.MeterValues(1, [sample()]),
        "S4.7 of an unknown transaction": call.MeterValues(1, [sample()], 4711),
        "S4.7 a value that is no number": call.MeterValues(1, [sample("many")]),
        "S4.7 connector 0": call.MeterValues(0, [sample()]),
    },
)
def test_what_makes_no_sense_is_answered_all_the_same(request_: Any) -> None:
    answer = Backend().booted().say(request_)
    assert type(answer).__name__ == type(request_).__name__


@rows(
    ("request_", "answer"),
    {
        "S4.3 TC_064 DataTransfer": (
            call.DataTransfer("com.example", "id", "data"),
            {"status": "UnknownVendorId"},
        ),
        "S4.4 diagnostics": (call.DiagnosticsStatusNotification(DiagnosticsStatus.idle), {}),
        "S4.5 firmware": (call.FirmwareStatusNotification(FirmwareStatus.idle), {}),
        "A04 a security event": (call.SecurityEventNotification("X", TIME, None), {}),
        "A02.FR.04 a certificate": (call.SignCertificate("x"), {"status": "Rejected"}),
    },
)
def test_each_other_message_of_a_charge_point_is_answered(
    request_: Any, answer: dict[str, str]
) -> None:
    assert wire_of(Backend().booted().say(request_)) == answer


async def fails_to_store() -> tuple[Any, Any]:
    """What a StartTransaction is answered while the database fails, and then."""
    start = {"connectorId": 1, "idTag": "RIG", "meterStart": 0, "timestamp": NOW}
    async with served() as system:
        point = await system.booted()
        system.store.fails = True
        refused = await point.ask("StartTransaction", start)
        system.store.fails = False
        return refused, await point.ask("StartTransaction", start)


@rows("failing", {"JE3.3 W14 it cannot be stored": fails_to_store})
def test_a_transaction_message_that_cannot_be_stored_is_a_callerror(failing: Any) -> None:
    """So that the charge point sends it again."""
    refused, then = asyncio.run(failing())
    assert refused == "InternalError"
    assert then["idTagInfo"] == ACCEPTED
