"""The central system as a process, asked by bare charge points."""

import json
import signal
import socket
import sqlite3
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.peers import NOW, UNANSWERED, ChargePoint, Payload
from tests.processes import Program, free_port, role

OCPP = Subprotocol("ocpp1.6")
SOON = 15.0  # s; less than the 30 s after which an unanswered CALL is given up
REJECTED: Payload = {"status": "Rejected"}
# A round each 0.3 s; what a rejected limit leads to comes at once.
FAST = """
repeat = true
steps = [{ do = "SetLimit", limit = 16, wait = 0.1 }, { do = "Start", wait = 0.2 }]
"""

Csms = Callable[..., tuple[Program, str]]


@pytest.fixture
def csms(tmp_path: Path) -> Iterator[Csms]:
    """Starts a central system that is ready; the process and its address. `cycle` is TOML."""
    running: list[Program] = []

    def start(*options: str, cycle: str | None = None) -> tuple[Program, str]:
        url = f"ws://127.0.0.1:{free_port()}/"
        if cycle is not None:
            (tmp_path / "cycle.toml").write_text(cycle)
            options += ("--cycle", str(tmp_path / "cycle.toml"))
        database = f"sqlite:///{tmp_path / 'csms.db'}"
        program = role("csms", "--listen", url, "--database", database, "--http", "none", *options)
        running.append(program)
        return program.__enter__().ready(), url

    yield start
    for program in running:
        program.__exit__(None, None, None)


def limit_of(payload: Payload) -> tuple[str, float]:
    """Purpose and limit of a SetChargingProfile."""
    profile = payload["csChargingProfiles"]
    (period,) = profile["chargingSchedule"]["chargingSchedulePeriod"]
    return profile["chargingProfilePurpose"], period["limit"]


# the handshake (OCPP-J 1.6, 3)


def test_the_handshake_follows_the_clauses(csms: Csms) -> None:
    _, url = csms("--cycle", "none")
    with ChargePoint(url, "CP_1", subprotocols=("ocpp2.0.1", "ocpp1.6")) as point:
        assert point.websocket.subprotocol == "ocpp1.6"
        point.boot()
    for offered in ((), ("ocpp2.0.1",)):  # 3.2: complete without the header, then close
        with ChargePoint(url, "CP_1", subprotocols=offered) as point:
            assert point.websocket.subprotocol is None
            assert point.closed() == 1002
    with pytest.raises(InvalidStatus, match="404"):
        ChargePoint(url, "")


# what a charge point asks

REQUESTS: dict[str, Payload] = {
    "BootNotification": {"chargePointVendor": "v", "chargePointModel": "m"},
    "StatusNotification": {"connectorId": 1, "errorCode": "NoError", "status": "Available"},
    "Heartbeat": {},
    "Authorize": {"idTag": "RIG"},
    "StartTransaction": {"connectorId": 1, "idTag": "RIG", "meterStart": 0, "timestamp": NOW},
    "StopTransaction": {"transactionId": -1, "meterStop": 0, "timestamp": NOW},  # errata 3.18
    "MeterValues": {
        "connectorId": 1,
        "meterValue": [
            {
                "timestamp": NOW,
                "sampledValue": [{"value": "20", "measurand": "Current.Import", "unit": "A"}],
            }
        ],
    },
    "DataTransfer": {"vendorId": "x"},
    "DiagnosticsStatusNotification": {"status": "Idle"},
    "FirmwareStatusNotification": {"status": "Idle"},
    "LogStatusNotification": {"status": "Idle"},
    "SecurityEventNotification": {"type": "TamperDetectionActivated", "timestamp": NOW},
    "SignCertificate": {"csr": "x"},
    "SignedFirmwareStatusNotification": {"status": "Idle"},
}


def is_valid_answer(action: str, answer: Payload | str) -> bool:
    """By the published schema of the response."""
    file = resources.files("ocpp.v16").joinpath("schemas", f"{action}Response.json")
    schema = json.loads(file.read_text("utf-8-sig"))
    return jsonschema_rs.Draft4Validator(schema, validate_formats=True).is_valid(answer)


def test_each_request_of_a_charge_point_is_answered_by_its_schema(
    csms: Csms, tmp_path: Path
) -> None:
    program, url = csms("--cycle", "none", "--record-ocpp", str(tmp_path / "ocpp.jsonl"))
    with ChargePoint(url, "CP_1") as point:
        for action, payload in REQUESTS.items():
            answer = point.ask(action, payload)
            assert is_valid_answer(action, answer), f"{action}: {answer}"
        assert point.ask("ClearCache", {}) == "NotSupported"
        assert point.ask("Nonsense", {}) == "NotImplemented"
        assert point.actions == []  # the cycle `none` asks nothing
    program.until("CP_1 .*MeterValues Current.Import=20 A")
    kept = [json.loads(line) for line in (tmp_path / "ocpp.jsonl").read_text().splitlines()]
    assert [line["dir"] for line in kept[:2]] == ["cp>cs", "cs>cp"]
    assert [line["message"][2] for line in kept if line["dir"] == "cp>cs"][:14] == [*REQUESTS]


def start(point: ChargePoint, meter: int) -> Any:
    """Tell that a transaction began at this meter reading (Wh); its id."""
    answer = point.ask("StartTransaction", REQUESTS["StartTransaction"] | {"meterStart": meter})
    assert isinstance(answer, dict)
    return answer["transactionId"]


def test_two_transactions_never_have_the_same_id_and_one_sent_again_keeps_its_own(
    csms: Csms,
) -> None:
    _, url = csms("--cycle", "none")
    with ChargePoint(url, "CP_1") as one, ChargePoint(url, "CP_2") as two:
        one.boot()
        two.boot()
        first = start(one, 0)
        assert len({first, start(one, 1), start(two, 0)}) == 3
        assert start(one, 0) == first


# the cycle


def test_the_cycle_of_the_seed_comes_in_order_and_on_its_grid(csms: Csms) -> None:
    _, url = csms()
    with ChargePoint(url, "CP_1") as point:
        point.boot()
        asked = [limit_of(point.until("SetChargingProfile")) for _ in range(2)]
        assert asked == [("TxProfile", 0), ("TxProfile", 100)]
        assert point.until("RemoteStartTransaction")["connectorId"] == 1
        transaction = point.start()
        assert point.until("RemoteStopTransaction") == {"transactionId": transaction}
        point.stop(transaction)
        assert limit_of(point.until("SetChargingProfile")) == ("TxProfile", 0)
        assert point.actions[0] == "GetConfiguration"
        began = point.heard[1][0]
        times = [time - began for time, _, _ in point.heard[1:]]
    # 2 s, 1 s, 2 s, 3 s; each within 0.8 s, however busy this machine is
    assert times == pytest.approx([0, 2, 3, 5, 8], abs=0.8)


def test_a_rejected_tx_profile_is_sent_again_at_once_as_tx_default_profile(csms: Csms) -> None:
    def strict(payload: Payload) -> Payload:
        return REJECTED if limit_of(payload)[0] == "TxProfile" else {"status": "Accepted"}

    program, url = csms(cycle='steps = [{ do = "SetLimit", limit = 16, wait = 60 }]')
    with ChargePoint(url, "CP_1", {"SetChargingProfile": strict}) as point:
        point.boot()
        asked = [limit_of(point.until("SetChargingProfile", SOON)) for _ in range(2)]
    assert asked == [("TxProfile", 16), ("TxDefaultProfile", 16)]
    program.until(r"CP_1 rejected SetChargingProfile: Rejected \(cycle: SetLimit 16 A\)")


def test_a_charge_point_that_never_answers_does_not_hold_up_another(csms: Csms) -> None:
    _, url = csms(cycle=FAST)
    silent: dict[str, Any] = {"SetChargingProfile": UNANSWERED}
    with ChargePoint(url, "MUTE", silent) as mute, ChargePoint(url, "CP_2") as point:
        mute.boot()
        mute.until("SetChargingProfile")
        point.boot()
        for _ in range(3):
            point.until("SetChargingProfile", SOON)
            point.until("RemoteStartTransaction", SOON)
        assert mute.actions == [
            "GetConfiguration",
            "SetChargingProfile",
        ]  # OCPP-J 1.6, 4.1.1: one outstanding


# connections


def test_one_that_reconnects_without_booting_goes_on_with_the_cycle(csms: Csms) -> None:
    _, url = csms(cycle=FAST)
    with ChargePoint(url, "CP_1") as point:
        point.boot()
        point.until("SetChargingProfile")
    with ChargePoint(url, "CP_1") as point:
        point.until("SetChargingProfile", SOON)
        assert "TriggerMessage" not in point.actions


def test_one_that_the_csms_does_not_know_may_not_talk_and_is_asked_to_boot(csms: Csms) -> None:
    _, url = csms(cycle=FAST)
    with ChargePoint(url, "CP_1") as point:
        assert point.ask("Heartbeat", {}) == "SecurityError"  # errata OCPP-J 3.10
        point.until("TriggerMessage", SOON, requestedMessage="BootNotification")
        assert "SetChargingProfile" not in point.actions
        point.boot()
        point.until("SetChargingProfile", SOON)
    with ChargePoint(url, "CP_2") as point:  # says nothing at all
        point.until("TriggerMessage", SOON, requestedMessage="BootNotification")


def test_a_restarted_csms_knows_who_booted_and_stops_what_ran_before(csms: Csms) -> None:
    """OCPP-J 1.6, 5.4: a charge point that reconnects need not boot."""
    program, url = csms("--cycle", "none")
    with ChargePoint(url, "CP_1") as point:
        point.boot()
        transaction = point.start()
        program.process.kill()
    _, url = csms(cycle='steps = [{ do = "Stop" }]')
    with ChargePoint(url, "CP_1") as point:
        assert isinstance(point.ask("Heartbeat", {}), dict)
        point.until("RemoteStopTransaction", SOON, transactionId=transaction)
        assert "TriggerMessage" not in point.actions  # errata 3.40
        assert start(point, 1) > transaction


def test_one_that_will_not_boot_again_gets_the_cycle_and_its_transaction_is_stopped(
    csms: Csms,
) -> None:
    _, url = csms(cycle='repeat = true\nsteps = [{ do = "Stop", wait = 0.1 }]')
    with ChargePoint(url, "CP_1", {"TriggerMessage": REJECTED}) as point:
        values = REQUESTS["MeterValues"] | {"transactionId": 77}
        assert point.ask("MeterValues", values) == "SecurityError"
        point.until("GetConfiguration", SOON)
        point.ask("MeterValues", values)
        point.until("RemoteStopTransaction", SOON, transactionId=77)


def test_a_second_connection_is_refused_while_the_first_one_lives(csms: Csms) -> None:
    program, url = csms("--cycle", "none")
    with ChargePoint(url, "CP_1") as first:
        first.boot()
        with pytest.raises(InvalidStatus, match="409"):
            ChargePoint(url, "CP_1")
        assert isinstance(first.ask("Heartbeat", {}), dict)
    program.until("CP_1 .*second connection, .*: refused")


def stop_answering(point: ChargePoint, program: Program) -> None:
    """Read nothing more, so that pings go unanswered too. `program` is the central system."""
    point.stop_reading()
    for number in range(50):  # `websockets` itself takes a few of the answers
        point.begin("DataTransfer", {"vendorId": f"unread-{number}"})
    program.until("vendor_id=unread-49")


def test_a_second_connection_replaces_a_first_one_that_answers_no_ping(csms: Csms) -> None:
    program, url = csms("--cycle", "none")
    with ChargePoint(url, "CP_1") as first:
        first.boot()
        stop_answering(first, program)
        with ChargePoint(url, "CP_1") as second:
            assert isinstance(second.ask("Heartbeat", {}, SOON), dict)
            with pytest.raises(InvalidStatus, match="409"):
                ChargePoint(url, "CP_1")
    program.until("CP_1 .*second connection, .*: replaces")


def test_one_that_was_cut_off_without_a_word_connects_again_at_once(csms: Csms) -> None:
    _, url = csms("--cycle", "none")
    with ChargePoint(url, "CP_1") as first:
        first.boot()
        first.websocket.socket.shutdown(2)
        with ChargePoint(url, "CP_1") as second:
            assert isinstance(second.ask("Heartbeat", {}, SOON), dict)


def test_a_web_page_is_refused(csms: Csms) -> None:
    """Any page that a browser shows may connect to loopback."""
    _, url = csms("--cycle", "none")
    for origin in ("http://evil.example", "null"):
        with pytest.raises(InvalidStatus, match="403"):
            connect(url + "CP_1", origin=Origin(origin), subprotocols=[OCPP], proxy=None)


@pytest.mark.parametrize("path", ["", "..", "%0d%0aforged", "%1b[2J", "%ff", "x" * 49, "CP_1/"])
def test_a_path_without_a_good_id_is_not_found_and_forges_no_line(csms: Csms, path: str) -> None:
    program, url = csms("--cycle", "none")
    with pytest.raises(InvalidStatus, match="404"):
        ChargePoint(url, path)
    program.until("ocpp = refused")
    assert "\x1b" not in program.text


def test_a_path_of_9_kb_is_refused(csms: Csms) -> None:
    _, url = csms("--cycle", "none")
    with pytest.raises(InvalidStatus, match="414"):
        ChargePoint(url, "x" * 9000)


def test_one_connection_too_many_is_told_503_and_the_others_stay(csms: Csms) -> None:
    _, url = csms("--cycle", "none", "--max-connections", "2")
    with ChargePoint(url, "CP_1") as one:
        with ChargePoint(url, "CP_2") as two:
            two.boot()
            with pytest.raises(InvalidStatus, match="503"):
                ChargePoint(url, "CP_3")
        one.boot()
        assert isinstance(one.ask("Heartbeat", {}), dict)


def test_one_that_floods_and_one_that_reads_nothing_hold_up_no_other(csms: Csms) -> None:
    program, url = csms("--cycle", "none")
    with (
        ChargePoint(url, "STUCK") as stuck,
        ChargePoint(url, "FLOOD") as flood,
        ChargePoint(url, "CP_1") as bystander,
    ):
        for point in (stuck, flood, bystander):
            point.boot()
        stop_answering(stuck, program)
        begun = [flood.begin("MeterValues", REQUESTS["MeterValues"]) for _ in range(1000)]
        for _ in range(20):
            assert isinstance(bystander.ask("Heartbeat", {}, SOON), dict)
        assert flood.answer_to(begun[-1]) in ({}, "InternalError")  # 100 may wait at once


def test_a_boot_is_answered_as_the_option_says(csms: Csms) -> None:
    _, url = csms("--registration", "pending")
    with ChargePoint(url, "CP_1") as point:
        answer = point.boot()
        assert isinstance(answer, dict)
        assert (answer["status"], answer["interval"]) == ("Pending", 10)
        assert point.ask("Heartbeat", {}) == "SecurityError"
        assert point.actions == []


def test_a_charge_point_is_cut_off_and_the_csms_taken_away_by_control(
    csms: Csms, tmp_path: Path
) -> None:
    path = str(tmp_path / "control")
    _, url = csms("--cycle", "none", "--control", path)

    def control(**command: str) -> Payload:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)
            connection.sendall(json.dumps(command).encode() + b"\n")
            answer: Payload = json.loads(connection.makefile().readline())
            return answer

    with ChargePoint(url, "CP_1") as point:
        point.boot()
        assert control(command="disconnect", charge_point="CP_1") == {"ok": True}
        assert point.closed() == 1001
    assert control(command="disconnect", charge_point="CP_1")["ok"] is False
    assert control(command="offline") == {"ok": True}
    with pytest.raises(InvalidStatus, match="503"):
        ChargePoint(url, "CP_1")
    assert control(command="online") == {"ok": True}
    with ChargePoint(url, "CP_1") as point:
        assert isinstance(point.boot(), dict)


# storage


def test_what_is_answered_is_in_the_database(csms: Csms, tmp_path: Path) -> None:
    program, url = csms("--cycle", "none")
    with ChargePoint(url, "CP_1") as point:
        point.boot()
        transaction = point.start()
        program.process.kill()
    database = sqlite3.connect(tmp_path / "csms.db")
    assert database.execute("SELECT id, charge_point FROM transactions").fetchall() == [
        (transaction, "CP_1")
    ]


def test_tags_are_those_of_the_file(csms: Csms, tmp_path: Path) -> None:
    tags = tmp_path / "tags.toml"
    tags.write_text('[tags.RIG]\n[tags.STOLEN]\nstatus = "Blocked"\n')
    _, url = csms("--cycle", "none", "--tags", str(tags), "--unknown-tags", "invalid")
    with ChargePoint(url, "CP_1") as point:
        point.boot()
        answers = [point.ask("Authorize", {"idTag": tag}) for tag in ("RIG", "STOLEN", "X")]
    statuses = [answer["idTagInfo"]["status"] for answer in answers if isinstance(answer, dict)]
    assert statuses == ["Accepted", "Blocked", "Invalid"]


# ways out


def test_it_ends_with_0_and_closes_each_connection_even_one_that_reads_nothing(csms: Csms) -> None:
    program, url = csms("--cycle", "none")
    with ChargePoint(url, "CP_1") as point, ChargePoint(url, "CP_2") as stuck:
        point.boot()
        stuck.jam(program)
        assert program.end(signal.SIGTERM, SOON) == 0
        assert point.closed() == 1001


def test_a_taken_port_is_one_line_that_names_listen(csms: Csms) -> None:
    _, url = csms("--cycle", "none")
    with role("csms", "--listen", url) as program:
        assert program.status() == 2
        assert f"rig csms: {url} is taken" in program.text
        assert "--listen" in program.text
        assert "Traceback" not in program.text


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--cycle", "sed"), "cannot read the cycle sed: No such file or directory"),
        (("--cycle", "pyproject.toml"), "the cycle pyproject.toml is not valid: unknown key"),
        (("--cycle", "README.md"), "the cycle README.md is not valid"),
        (("--listen", "127.0.0.1:9000"), "csms must be an address like"),
        (("--listen", "ws://127.0.0.1:99999/"), "csms must be an address like"),
        (("--listen", "wss://127.0.0.1:9000/"), "cannot serve wss://127.0.0.1:9000/: ws:// only"),
        (("--record-ocpp", "/missing/file"), "cannot write /missing/file"),
        (("--tags", "/missing/file"), "cannot read the tags /missing/file"),
        (("--database", "nonsense"), "no database URL (write sqlite:///FILE or"),
        (("--max-connections", "0"), "--max-connections must be at least 1, not 0"),
    ],
)
def test_a_wrong_option_is_one_clear_line_and_status_2(options: tuple[str, ...], why: str) -> None:
    with role("csms", *options) as program:
        assert program.status() == 2
        assert f"rig csms: {why}" in program.text
        assert "Traceback" not in program.text
