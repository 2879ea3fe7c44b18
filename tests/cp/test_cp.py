"""The charge point as a process, between a bare central system and an embedded bus.

Frames are written as candump does: 200# Start, 201# Stop, 210#1000 SetLimit 16 A, 300#1400 20 A.
"""

import json
import re
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cp.cp_process import (
    ACCEPTED,
    REJECTED,
    STOP_SEEN,
    Cp,
    Witness,
    booted,
    charging,
    periods,
    profile,
)
from tests.cp.cp_process import bus as bus
from tests.cp.cp_process import cp as cp
from tests.cp.cp_process import csms as csms
from tests.cp.cp_process import witness as witness
from tests.peers import UNANSWERED, CentralSystem, End, Payload
from tests.ports import free_port
from tests.processes import PATIENCE, Program, role

SOON = 15.0  # s; far less than the 30 s after which an unanswered CALL is given up


def test_a_session_goes_both_ways(
    csms: CentralSystem, cp: Cp, witness: Witness, tmp_path: Path
) -> None:
    program = cp(csms.url, "--record-ocpp", str(tmp_path / "ocpp.jsonl"), "--id", "CP 1")
    point = booted(csms)
    assert csms.paths == ["/CP%201"]  # OCPP-J 1.6, 3.1.1: percent-encoded
    assert point.ask("SetChargingProfile", profile(32)) == ACCEPTED
    assert point.ask("RemoteStartTransaction", {"idTag": "RIG", "connectorId": 1}) == ACCEPTED
    assert point.until("StartTransaction").items() >= {"connectorId": 1, "idTag": "RIG"}.items()
    point.until("StatusNotification", status="Charging")
    witness.current(20)
    values = point.until("MeterValues", transactionId=4)
    (sample,) = values["meterValue"][0]["sampledValue"]
    assert sample.items() >= {"value": "20", "measurand": "Current.Import", "unit": "A"}.items()
    assert point.ask("SetChargingProfile", profile(16, "TxProfile")) == ACCEPTED
    assert point.ask("RemoteStopTransaction", {"transactionId": 4}) == ACCEPTED
    point.until("StopTransaction", transactionId=4, reason="Remote")
    point.until("StatusNotification", status="Finishing")
    assert program.end(signal.SIGTERM) == 0
    witness.until("201#")  # of the session
    witness.until("201#")  # of the way out
    assert witness.frames == ["201#", "210#2000", "200#", "210#1000", "201#", "201#"]
    kept = [json.loads(line) for line in (tmp_path / "ocpp.jsonl").open()]
    told = [line["message"] for line in kept if "message" in line]
    assert [message[2] for message in told if message[0] == 2][:2] == [
        "BootNotification",
        "StatusNotification",
    ]
    assert connections(kept) == ["connected", "closed"]
    assert (kept[0]["offers"], kept[-1]["offers"]) == (True, False)


def connections(lines: list[dict[str, Any]]) -> list[str]:
    return [line["connection"] for line in lines if "connection" in line]


def test_whoever_reads_its_socket_hears_what_it_says_and_that_its_csms_is_gone(
    cp: Cp, tmp_path: Path
) -> None:
    port = free_port()
    program = cp(f"ws://127.0.0.1:{port}/", "--offer-ocpp", str(tmp_path / "s"))
    with socket.socket(socket.AF_UNIX) as reader:
        reader.settimeout(PATIENCE)
        reader.connect(str(tmp_path / "s"))
        lines = (json.loads(line) for line in reader.makefile())
        assert next(lines)["offers"] is True
        with CentralSystem(port=port) as central:
            said = next(line["message"] for line in lines if "message" in line)
            assert said[2] == "BootNotification"
            booted(central)
        gone = [next(line for line in lines if "connection" in line) for _ in range(2)]
        assert [line["connection"] for line in gone] == ["closed", "refused"]
        assert "Connect call failed" in gone[1]["why"]
        assert program.end() == 0
        assert list(lines)[-1]["why"] == "this charge point ended"


NOT_DONE: list[tuple[str, Payload, Payload | str]] = [
    ("SetChargingProfile", profile(16, "TxProfile"), REJECTED),  # 3.13.1, 5.16.4; OCTT TC_058_1
    ("SetChargingProfile", periods((0, 16), (60, 70000)), REJECTED),
    ("SetChargingProfile", profile(16) | {"connectorId": 2}, "PropertyConstraintViolation"),
    ("SetChargingProfile", profile(16, chargingRateUnit="V"), "PropertyConstraintViolation"),
    ("SetChargingProfile", profile(10**400), "TypeConstraintViolation"),
    ("SetChargingProfile", {}, "ProtocolError"),
    ("RemoteStartTransaction", {"idTag": "RIG", "connectorId": 2}, REJECTED),
    ("DataTransfer", {"vendorId": "x"}, {"status": "UnknownVendorId"}),
    ("DataTransfer", {"vendorId": "x\nforged"}, "PropertyConstraintViolation"),  # 7.17: CiString
    ("UnlockConnector", {"connectorId": 1}, {"status": "NotSupported"}),  # 7.46: no lock
    ("CancelReservation", {"reservationId": 1}, "NotSupported"),
    ("Nonsense", {}, "NotImplemented"),
]


def test_what_cannot_be_done_has_a_correct_answer_and_leaves_the_bus_alone(
    csms: CentralSystem, cp: Cp, witness: Witness
) -> None:
    program = cp(csms.url)
    point = booted(csms)
    answers = [point.ask(action, payload) for action, payload, _ in NOT_DONE]
    assert answers == [answer for _, _, answer in NOT_DONE]
    assert point.ask("SetChargingProfile", periods((0, 16), (3600, 32))) == ACCEPTED
    witness.until("210#1000")
    assert witness.frames == ["201#", "210#1000"]
    assert csms.paths == ["/CP_1"]  # one connection all the while
    assert not [line for line in program.text.splitlines() if line.startswith("forged")]


def test_seed_takes_the_literal_cycle_of_the_seed_and_logs_each_deviation(
    csms: CentralSystem, cp: Cp, witness: Witness
) -> None:
    program = cp(csms.url, "--profile-policy", "seed")
    point = booted(csms)
    assert point.ask("SetChargingProfile", profile(0, "TxProfile")) == ACCEPTED
    assert point.ask("SetChargingProfile", profile(100, "TxProfile")) == ACCEPTED
    assert point.ask("RemoteStartTransaction", {"idTag": "RIG", "connectorId": 1}) == ACCEPTED
    point.until("StatusNotification", status="Charging")
    assert point.ask("RemoteStopTransaction", {"transactionId": 4}) == ACCEPTED
    witness.until("201#")
    assert witness.frames == ["201#", "210#0000", "210#6400", "200#", "201#"]
    program.until(STOP_SEEN)
    assert program.text.count("deviation from OCPP 1.6, 3.13.1") == 2


# a stuck central system


def unanswered(point: End, witness: Witness, _: Program) -> None:
    """It answers no MeterValues."""
    witness.current(20)
    point.until("MeterValues")


def jammed(point: End, _: Witness, program: Program) -> None:
    """It reads nothing, and the answers of the charge point fill the TCP buffer and more."""
    point.jam(program)


@pytest.mark.parametrize("stuck", [unanswered, jammed])
def test_with_the_csms_stuck_each_way_out_still_puts_a_stop_on_the_bus(
    stuck: Callable[[End, Witness, Program], None], cp: Cp, witness: Witness, tmp_path: Path
) -> None:
    socket = str(tmp_path / "cp.sock")
    with CentralSystem({"MeterValues": UNANSWERED}) as csms:
        program = cp(csms.url, "--control", socket)
        point = charging(csms, witness)
        stuck(point, witness, program)
        point.begin("RemoteStopTransaction", {"transactionId": 4})
        witness.until("201#", SOON)
        with Program(sys.executable, "-m", "rig.role.control", socket, "unplug") as told:
            assert told.status() == 0
        witness.until("201#", SOON)
        assert program.end(signal.SIGTERM, SOON) == 0
        witness.until("201#", SOON)


def test_an_answer_is_waited_for_as_long_as_message_timeout_says(cp: Cp, witness: Witness) -> None:
    with CentralSystem({"MeterValues": UNANSWERED}) as csms:
        program = cp(csms.url)
        point = booted(csms)
        change = {"key": "MessageTimeout", "value": "1"}
        assert point.ask("ChangeConfiguration", change) == ACCEPTED
        witness.current(20)
        program.until("MeterValues failed: no answer within 1 s")


def test_a_csms_that_is_gone_for_too_long_means_stop_and_nothing_restarts(
    csms: CentralSystem, cp: Cp, witness: Witness
) -> None:
    program = cp(csms.url, "--csms-timeout", "1")
    charging(csms, witness)
    csms.go()
    witness.until("201#")
    program.until("no CSMS for 1 s: Stop")
    with CentralSystem(port=csms.port) as again:
        point = again.connected()
        point.until("StopTransaction", transactionId=4)
        point.until("StatusNotification", status="Finishing")
        assert "BootNotification" not in point.actions  # OCPP-J 1.6, 5.4
        assert point.ask("SetChargingProfile", profile(16)) == ACCEPTED
        witness.until("210#1000")
    since = witness.frames.index("200#")  # a slow start may have seen the timeout before
    assert witness.frames[since:] == ["200#", "201#", "210#1000"]


def test_a_short_absence_leaves_the_transaction_alone_and_a_triggered_boot_comes(
    csms: CentralSystem, cp: Cp, witness: Witness
) -> None:
    cp(csms.url)
    charging(csms, witness).websocket.close()
    point = csms.connected()
    assert point.ask("TriggerMessage", {"requestedMessage": "Heartbeat"}) == ACCEPTED
    point.until("Heartbeat")
    assert "BootNotification" not in point.actions  # OCPP-J 1.6, 5.4
    assert point.ask("TriggerMessage", {"requestedMessage": "BootNotification"}) == ACCEPTED
    point.until("BootNotification")
    assert point.ask("RemoteStopTransaction", {"transactionId": 4}) == ACCEPTED
    witness.until("201#")
    assert witness.frames == ["201#", "210#2000", "200#", "201#"]


def test_a_csms_that_is_not_there_yet_is_tried_until_it_comes(cp: Cp) -> None:
    port = free_port()
    program = cp(f"ws://127.0.0.1:{port}/")
    program.until("no CSMS at")
    program.until("next attempt in")
    with CentralSystem(port=port) as csms:
        booted(csms)


def test_a_server_that_does_not_speak_ocpp_is_tried_ever_more_slowly(cp: Cp) -> None:
    with CentralSystem(subprotocols=()) as csms:
        program = cp(csms.url)  # the first attempts may be over when it works
        while len(waits := re.findall(r"next attempt in ([\d.]+) s", program.text)) < 3:
            program.until("next attempt in")
        assert "does not speak ocpp1.6" in program.text
    assert float(waits[0]) <= 0.5
    assert float(waits[2]) >= 1.0  # half of 2 s at least


def test_the_same_message_id_twice_at_once_is_answered_and_survived(
    csms: CentralSystem, cp: Cp, witness: Witness
) -> None:
    """OCPP-J 1.6, 4.1.4 and 4.2.3."""
    cp(csms.url)
    point = booted(csms)
    text = json.dumps([2, "twice", "SetChargingProfile", profile(16)])
    point.send(text)
    point.send(text)
    assert point.ask("SetChargingProfile", profile(32)) == ACCEPTED
    answers = sorted(json.loads(text)[:3] for text in point.texts if '"twice"' in text)
    assert [answer[0] for answer in answers] == [3, 4]
    assert answers[0][2] == ACCEPTED
    assert answers[1][2] == "ProtocolError"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--csms", "http://x/"), "csms must be an address like"),
        (("--csms", "ws://x:99999/"), "csms must be an address like"),
        (("--id", ""), "charge_point must be a name"),
        (("--record-ocpp", "/missing/file"), "cannot write /missing/file"),
        (("--offer-ocpp", "/missing/socket"), "cannot make the socket /missing/socket"),
        (("--control", "/missing/socket"), "cannot make the socket /missing/socket"),
    ],
)
def test_a_wrong_option_is_one_clear_line_and_status_2(
    bus: list[str], options: tuple[str, ...], why: str
) -> None:
    with role("cp", *bus, *options) as program:
        assert program.status() == 2
        assert f"rig cp: {why}" in program.text
        assert "Traceback" not in program.text
