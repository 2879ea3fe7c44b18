"""The central system as a process, asked by bare charge points."""

import json
import signal
import socket
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from websockets.exceptions import InvalidStatus

from tests.csms_bench import FAST, REQUESTS, SOON, Csms
from tests.csms_bench import csms_fixture as csms_fixture
from tests.peers import UNANSWERED, ChargePoint, Payload
from tests.ports import free_port
from tests.processes import PATIENCE, role


def limit_of(payload: Payload) -> tuple[str, float]:
    """Purpose and limit of a SetChargingProfile."""
    profile = payload["csChargingProfiles"]
    (period,) = profile["chargingSchedule"]["chargingSchedulePeriod"]
    return profile["chargingProfilePurpose"], period["limit"]


# what a charge point asks


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
    lines = [json.loads(line) for line in (tmp_path / "ocpp.jsonl").read_text().splitlines()]
    assert [line.get("offers") for line in lines[:2]] == [True, None]
    assert (lines[1]["cp_id"], lines[1]["connection"]) == ("CP_1", "connected")
    kept = [line for line in lines if "message" in line]
    assert [line["dir"] for line in kept[:2]] == ["cp>cs", "cs>cp"]
    assert [line["message"][2] for line in kept if line["dir"] == "cp>cs"][:14] == [*REQUESTS]


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


# what it tells


def test_whoever_reads_its_socket_hears_what_is_said_and_who_is_refused(
    csms: Csms, tmp_path: Path
) -> None:
    program, url = csms("--cycle", "none", "--offer-ocpp", str(tmp_path / "s"))
    with socket.socket(socket.AF_UNIX) as reader:
        reader.settimeout(PATIENCE)
        reader.connect(str(tmp_path / "s"))
        lines = (json.loads(line) for line in reader.makefile())
        assert next(lines)["offers"] is True
        with ChargePoint(url, "CP_1") as point:
            point.boot()
            with pytest.raises(InvalidStatus, match="409"), ChargePoint(url, "CP_1"):
                pass
        told = [next(lines) for _ in range(5)]
        assert [line.get("connection") or line["dir"] for line in told] == [
            *("connected", "cp>cs", "cs>cp", "refused", "closed")
        ]
        assert told[3]["why"] == "this id is connected already"
        assert program.end() == 0
        (last,) = lines
        assert (last["offers"], last["why"]) == (False, "this central system ended")


# ways out


def test_it_ends_with_0_and_closes_each_connection_even_one_that_reads_nothing(csms: Csms) -> None:
    program, url = csms("--cycle", "none")
    with ChargePoint(url, "CP_1") as point, ChargePoint(url, "CP_2") as stuck:
        point.boot()
        stuck.jam(program)
        assert program.end(signal.SIGTERM, SOON) == 0
        assert point.closed() == 1001


@pytest.mark.parametrize(("host", "warnings"), [("127.0.0.1", 0), ("0.0.0.0", 1)])
def test_where_other_machines_reach_it_it_says_so(host: str, warnings: int) -> None:
    with role("csms", "--cycle", "none", "--listen", f"ws://{host}:{free_port()}/") as program:
        program.ready()
        assert program.end() == 0
        assert program.text.count("other machines reach it: no password") == warnings


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
        (("--cycle", "x" * 300), f"cannot read the cycle {'x' * 300}: File name too long"),
        (("--listen", ""), "csms must be an address like"),
        (("--database", "postgresql://a:b@[::1"), "no database URL"),
        (("--listen", "127.0.0.1:9000"), "csms must be an address like"),
        (("--listen", "ws://127.0.0.1:99999/"), "csms must be an address like"),
        (("--listen", "wss://127.0.0.1:9000/"), "cannot serve wss://127.0.0.1:9000/: ws:// only"),
        (("--record-ocpp", "/missing/file"), "cannot write /missing/file"),
        (("--tags", "/missing/file"), "cannot read the tags file /missing/file"),
        (("--database", "nonsense"), "no database URL (write sqlite:///FILE or"),
        (("--max-connections", "0"), "argument --max-connections: 0 is not at least 1"),
    ],
)
def test_a_wrong_option_is_one_clear_line_and_status_2(options: tuple[str, ...], why: str) -> None:
    with role("csms", *options) as program:
        assert program.status() == 2
        assert f"rig csms: {why}" in program.text
        assert "Traceback" not in program.text
