"""The central system as a process, asked by bare charge points."""

import json
import logging
import signal
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from websockets.exceptions import InvalidStatus

from rig.csms import _Named, charge_point_id
from tests.peers import NOW, UNANSWERED, ChargePoint, Payload
from tests.processes import Program, free_port, role

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
        program = role("csms", "--listen", url, *options)
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


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/CP_1", "CP_1"),
        ("/ocpp/CP_1", "CP_1"),
        ("//CP_1", "CP_1"),  # an address that ends in / and a charge point that adds one
        ("/CP_1?token=x", "CP_1"),
        ("/CP%201%2F2", "CP 1/2"),
        ("/" + "x" * 48, "x" * 48),
        ("/" + "x" * 49, None),
        ("/", None),
        ("", None),
        ("/CP_1/", None),
        ("/..", None),
        ("/%0d%0aforged", None),
        ("/%1b[2J", None),
    ],
)
def test_the_id_is_the_last_part_of_the_path(path: str, name: str | None) -> None:
    assert charge_point_id(path) == name


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
        assert point.ask("FirmwareStatusNotification", {"status": "Idle"}) == "NotSupported"
        assert point.ask("Nonsense", {}) == "NotImplemented"
        assert point.actions == []  # the cycle `none` asks nothing
    program.until("CP_1 .*MeterValues Current.Import=20 A")
    kept = [json.loads(line) for line in (tmp_path / "ocpp.jsonl").read_text().splitlines()]
    assert [line["dir"] for line in kept[:2]] == ["cp>cs", "cs>cp"]
    assert [line["message"][2] for line in kept if line["dir"] == "cp>cs"][:8] == [*REQUESTS]


def test_two_transactions_never_have_the_same_id(csms: Csms) -> None:
    _, url = csms("--cycle", "none")
    with ChargePoint(url, "CP_1") as one, ChargePoint(url, "CP_2") as two:
        assert len({one.start(), one.start(), two.start()}) == 3


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
        began = point.heard[0][0]
        times = [time - began for time, _, _ in point.heard]
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
    program.until("CP_1 cycle: SetLimit 16 A: SetChargingProfile Rejected")


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
        assert mute.actions == ["SetChargingProfile"]  # OCPP-J 1.6, 4.1.1: one outstanding


# connections


def test_one_that_reconnects_without_booting_goes_on_with_the_cycle(csms: Csms) -> None:
    _, url = csms(cycle=FAST)
    with ChargePoint(url, "CP_1") as point:
        point.boot()
        point.until("SetChargingProfile")
    with ChargePoint(url, "CP_1") as point:
        point.until("SetChargingProfile", SOON)
        assert "TriggerMessage" not in point.actions


def test_one_that_a_restarted_csms_does_not_know_is_asked_to_boot(csms: Csms) -> None:
    _, url = csms(cycle=FAST)
    with ChargePoint(url, "CP_1") as point:
        point.ask("Heartbeat", {})
        point.until("TriggerMessage", SOON, requestedMessage="BootNotification")
        assert "SetChargingProfile" not in point.actions
        point.boot()
        point.until("SetChargingProfile", SOON)
    with ChargePoint(url, "CP_2") as point:  # says nothing at all
        point.until("TriggerMessage", SOON, requestedMessage="BootNotification")


def test_one_that_will_not_boot_again_gets_the_cycle_and_its_transaction_is_stopped(
    csms: Csms,
) -> None:
    _, url = csms(cycle='steps = [{ do = "Stop" }]')
    with ChargePoint(url, "CP_1", {"TriggerMessage": REJECTED}) as point:
        point.ask("MeterValues", REQUESTS["MeterValues"] | {"transactionId": 77})
        point.until("RemoteStopTransaction", SOON, transactionId=77)


def test_a_second_connection_with_the_same_id_replaces_the_first(csms: Csms) -> None:
    _, url = csms("--cycle", "none")
    with ChargePoint(url, "CP_1") as first, ChargePoint(url, "CP_1") as second:
        assert first.closed() == 1008
        assert isinstance(second.boot(), dict)


def test_of_three_connections_with_the_same_id_the_newest_is_served(csms: Csms) -> None:
    """While the first one, which reads nothing, is still being closed."""
    program, url = csms("--cycle", "none")
    with ChargePoint(url, "CP_1") as first:
        first.jam(program)
        with ChargePoint(url, "CP_1") as second, ChargePoint(url, "CP_1") as third:
            program.until("connects again")
            program.until("connects again")
            assert isinstance(third.ask("Heartbeat", {}, SOON), dict)
            assert second.closed() == 1008


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
    ],
)
def test_a_wrong_option_is_one_clear_line_and_status_2(options: tuple[str, ...], why: str) -> None:
    with role("csms", *options) as program:
        assert program.status() == 2
        assert f"rig csms: {why}" in program.text
        assert "Traceback" not in program.text


def test_a_percent_sign_in_an_id_hides_no_line(caplog: pytest.LogCaptureFixture) -> None:
    """ws://127.0.0.1:9000/CP%25s is allowed, and would be a formatting error in the log."""
    caplog.set_level(logging.INFO)
    _Named(logging.getLogger("rig.test"), "CP%s").info("ocpp = connected from %s", "somewhere")
    assert caplog.messages == ["CP%s ocpp = connected from somewhere"]
