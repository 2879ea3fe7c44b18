"""The charge point as a process, between a bare central system and an embedded bus.

Frames are written as candump does: 200# Start, 201# Stop, 210#1000 SetLimit 16 A, 300#1400 20 A.
"""

import json
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import can
import pytest

from tests.peers import UNANSWERED, CentralSystem, End, Payload
from tests.ports import free_port
from tests.processes import PATIENCE, Program, embedded_bus, role, wait_for

STOP_SEEN = r"can > (sent too late: )?Stop"  # late where the machine is busy
SOON = 15.0  # s; far less than the 30 s after which an unanswered CALL is given up


class Witness:
    """Another node of the bus: sees what the charge point sends, and may send a Current."""

    def __init__(self, channel: str) -> None:
        self._bus = can.Bus(interface="remote", channel=channel)
        self.frames: list[str] = []

    def until(self, frame: str, patience: float = PATIENCE) -> None:
        """Wait for the next frame that reads like this."""
        deadline = time.monotonic() + patience
        while (left := deadline - time.monotonic()) > 0:
            message = self._bus.recv(left)
            if message is not None:
                self.frames.append(f"{message.arbitration_id:03X}#{message.data.hex().upper()}")
                if self.frames[-1] == frame:
                    return
        raise AssertionError(f"{frame} never came in {self.frames}")

    def current(self, amperes: int) -> None:
        """Report a current, as the charger does."""
        data = amperes.to_bytes(2, "little")
        self._bus.send(can.Message(arbitration_id=0x300, data=data, is_extended_id=False))

    def close(self) -> None:
        self._bus.shutdown()


@pytest.fixture(scope="module")
def bus() -> Iterator[list[str]]:
    with embedded_bus() as options:
        yield options


@pytest.fixture
def witness(bus: list[str]) -> Iterator[Witness]:
    seen = Witness(bus[-1])
    yield seen
    seen.close()


Cp = Callable[..., Program]


@pytest.fixture
def cp(bus: list[str], witness: Witness) -> Iterator[Cp]:
    """Starts a charge point at a central system, and waits until it works."""
    running: list[Program] = []

    def start(url: str, *options: str) -> Program:
        program = role("cp", *bus, "--csms", url, *options)
        running.append(program)
        program.__enter__()
        witness.until("201#")  # the first thing that it says: it may have died while charging
        program.ready()
        program.until(STOP_SEEN)  # before, it starts nothing
        return program

    yield start
    for program in running:
        program.__exit__(None, None, None)


@pytest.fixture
def csms() -> Iterator[CentralSystem]:
    with CentralSystem() as listening:
        yield listening


def booted(csms: CentralSystem) -> End:
    """The charge point once it has told the status of its connector."""
    point = csms.connected()
    point.until("BootNotification")
    point.until("StatusNotification", connectorId=1)
    return point


def charging(csms: CentralSystem, witness: Witness) -> End:
    point = booted(csms)
    assert point.ask("RemoteStartTransaction", {"idTag": "RIG"}) == ACCEPTED
    point.until("StatusNotification", status="Charging")
    witness.until("200#")
    return point


ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}


def profile(limit: float, purpose: str = "TxDefaultProfile", **schedule: Any) -> Payload:
    periods = [{"startPeriod": 0, "limit": limit}]
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 7,
            "stackLevel": 0,
            "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Relative",
            "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": periods}
            | schedule,
        },
    }


def periods(*pairs: tuple[int, float]) -> Payload:
    rows = [{"startPeriod": start, "limit": limit} for start, limit in pairs]
    return profile(0, chargingSchedulePeriod=rows)


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
    kept = [json.loads(line)["message"] for line in (tmp_path / "ocpp.jsonl").open()]
    assert [message[2] for message in kept if message[0] == 2][:2] == [
        "BootNotification",
        "StatusNotification",
    ]


WATTS = profile(11040, chargingRateUnit="W")
NO_PHASES = [{"startPeriod": 0, "limit": 11040, "numberPhases": 0}]
NOT_DONE: list[tuple[str, Payload, Payload | str]] = [
    ("SetChargingProfile", profile(16, "TxProfile"), REJECTED),  # 3.13.1, 5.16.4; OCTT TC_058_1
    ("SetChargingProfile", profile(70000), REJECTED),  # the bus carries 16 bits
    ("SetChargingProfile", profile(65536), REJECTED),
    ("SetChargingProfile", profile(1e9), REJECTED),
    ("SetChargingProfile", profile(-1), REJECTED),
    (
        "SetChargingProfile",
        profile(0, chargingRateUnit="W", chargingSchedulePeriod=NO_PHASES),
        REJECTED,
    ),
    ("SetChargingProfile", periods((1, 16)), REJECTED),  # 7.13: the first begins at 0
    ("SetChargingProfile", periods((0, 16), (60, 70000)), REJECTED),
    ("SetChargingProfile", profile(16) | {"connectorId": 2}, "PropertyConstraintViolation"),
    ("SetChargingProfile", profile(16) | {"connectorId": -1}, "PropertyConstraintViolation"),
    ("SetChargingProfile", profile(16, chargingRateUnit="V"), "PropertyConstraintViolation"),
    ("SetChargingProfile", profile(10**400), "TypeConstraintViolation"),
    ("SetChargingProfile", {}, "ProtocolError"),
    ("RemoteStartTransaction", {"idTag": "RIG", "connectorId": 0}, REJECTED),  # OCTT TC_027
    ("RemoteStartTransaction", {"idTag": "RIG", "connectorId": 2}, REJECTED),
    ("RemoteStopTransaction", {"transactionId": 4}, REJECTED),
    ("DataTransfer", {"vendorId": "x"}, {"status": "UnknownVendorId"}),
    ("DataTransfer", {"vendorId": "x\nforged"}, "PropertyConstraintViolation"),  # 7.17: CiString
    ("UnlockConnector", {"connectorId": 2}, {"status": "NotSupported"}),  # errata 3.87
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


@pytest.mark.parametrize(
    ("bench", "told", "limit"),
    [
        ("", "230 V, 1 phase (the default of the bench)", "210#3000"),  # 48 A
        ("voltage = 230\nphases = 3\n", "230 V, 3 phases", "210#1000"),  # 16 A
    ],
)
def test_watts_become_amperes_with_the_voltage_and_phases_of_the_bench(
    csms: CentralSystem,
    cp: Cp,
    witness: Witness,
    tmp_path: Path,
    bench: str,
    told: str,
    limit: str,
) -> None:
    (tmp_path / "rig.toml").write_text(bench)
    program = cp(csms.url, "--bench", str(tmp_path / "rig.toml"))
    point = booted(csms)
    wait_for(lambda: f"supply = {told}\n" in program.text + "\n")
    assert point.ask("SetChargingProfile", WATTS) == ACCEPTED
    witness.until(limit)
    assert witness.frames == ["201#", limit]


def test_where_the_phases_are_unknown_there_is_no_limit_in_watts(
    csms: CentralSystem, cp: Cp, witness: Witness, tmp_path: Path
) -> None:
    (tmp_path / "rig.toml").write_text("phases = 0")
    program = cp(csms.url, "--bench", str(tmp_path / "rig.toml"))
    point = booted(csms)
    wait_for(lambda: "supply = not known: limits in A only, and no energy" in program.text)
    assert point.ask("SetChargingProfile", WATTS) == REJECTED
    assert point.ask("SetChargingProfile", profile(16)) == ACCEPTED
    witness.until("210#1000")
    assert witness.frames == ["201#", "210#1000"]


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
    assert witness.frames == ["201#", "200#", "201#"]


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


def test_a_limit_of_the_bench_that_the_bus_cannot_carry_is_one_clear_line_and_status_2(
    bus: list[str], tmp_path: Path
) -> None:
    (tmp_path / "rig.toml").write_text("limit = 70000\n")  # 65535 A is the most in two bytes
    with role("cp", *bus, "--bench", str(tmp_path / "rig.toml")) as program:
        assert program.status() == 2
        (line,) = program.text.splitlines()
        assert line.startswith("rig cp: the limit of the bench cannot be told to a charger: ")


def test_more_connectors_than_a_charge_point_can_tell_of_is_one_clear_line_and_status_2(
    tmp_path: Path,
) -> None:
    bench = tmp_path / "rig.toml"
    bench.write_text("".join(f"[[connectors]]\nchannel = {n}\n" for n in range(65)))
    with role("cp", "-i", "virtual", "--bench", str(bench)) as program:
        assert program.status() == 2
        (line,) = program.text.splitlines()
        assert line.startswith("rig cp: 65 [[connectors]] are too many: a charge point has at most")


def test_a_bench_with_a_lock_unlocks(csms: CentralSystem, cp: Cp, tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text("lock = true\n")
    cp(csms.url, "--bench", str(tmp_path / "rig.toml"))
    assert booted(csms).ask("UnlockConnector", {"connectorId": 1}) == {"status": "Unlocked"}


def test_the_limit_of_the_bench_is_in_force_where_no_profile_says_one(
    csms: CentralSystem, cp: Cp, tmp_path: Path
) -> None:
    (tmp_path / "rig.toml").write_text("limit = 16\n")
    cp(csms.url, "--bench", str(tmp_path / "rig.toml"))
    answer = booted(csms).ask("GetCompositeSchedule", {"connectorId": 1, "duration": 60})
    schedule = cast(Payload, answer)["chargingSchedule"]
    assert schedule["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": 16, "numberPhases": 1}
    ]
