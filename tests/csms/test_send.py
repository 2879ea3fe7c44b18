"""`rig send` as a person types it, against the real HTTP interface of a fake central system."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from rig.csms.commands import CallFailed, NoAnswer, NotConnected
from rig.csms.send import main
from tests.peers import ChargePoint
from tests.ports import free_port
from tests.processes import role
from tests.steered import FakeSystem, Steered, steered

Send = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def send(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Send:
    """Runs `rig send` with these words; its status, stdout and stderr."""

    async def run(*words: str) -> tuple[int, str, str]:
        argv = [*words, "--token-file", str(tmp_path / "csms.json")]
        status = await asyncio.to_thread(main, argv)
        said = capfd.readouterr()
        return status, said.out, said.err

    return run


async def test_a_limit_reaches_the_charge_point(interface: Steered, send: Send) -> None:
    status, out, err = await send("CP_1", "SetChargingProfile", "--limit", "16")
    assert (status, out, err) == (0, '{"status": "Accepted"}\n', "")
    [(name, action, payload)] = interface.system.sent
    assert (name, action) == ("CP_1", "SetChargingProfile")
    schedule = payload["csChargingProfiles"]["chargingSchedule"]
    assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 16}]


async def test_options_may_stand_before_and_after(interface: Steered, send: Send) -> None:
    assert (await send("--type", "Hard", "CP_1", "Reset"))[0] == 0
    assert interface.system.sent == [("CP_1", "Reset", {"type": "Hard"})]


@pytest.mark.parametrize("limit", ["nan", "inf", "-1e400", "16A"])
async def test_a_limit_that_is_no_number_is_named(send: Send, limit: str) -> None:
    status, _, err = await send("CP_1", "SetChargingProfile", f"--limit={limit}")
    assert status == 2
    assert f"argument --limit: invalid number value: '{limit}'" in err


async def test_json_is_the_whole_payload(interface: Steered, send: Send) -> None:
    payload = {"listVersion": 1, "updateType": "Full"}
    assert (await send("CP_1", "SendLocalList", "--json", json.dumps(payload)))[0] == 0
    assert interface.system.sent == [("CP_1", "SendLocalList", payload)]


async def test_without_words_it_lists_the_charge_points(interface: Steered, send: Send) -> None:
    status, out, _ = await send()
    assert status == 0
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["CP_1"]


async def test_a_charge_point_alone_is_told_about(interface: Steered, send: Send) -> None:
    status, out, _ = await send("CP_1")
    assert (status, json.loads(out)["id"]) == (0, "CP_1")


async def test_the_transaction_that_runs_is_the_one_to_stop(tmp_path: Path, send: Send) -> None:
    system = FakeSystem(transactions=[{"id": 4, "connector": 1}])
    async with steered(tmp_path, system):
        assert (await send("CP_1", "RemoteStopTransaction"))[0] == 0
    assert system.sent == [("CP_1", "RemoteStopTransaction", {"transactionId": 4})]


@pytest.mark.parametrize("running", [[], [{"id": 4}, {"id": 5}]], ids=["none", "two"])
async def test_none_or_two_must_be_named(
    tmp_path: Path, send: Send, running: list[dict[str, int]]
) -> None:
    async with steered(tmp_path, FakeSystem(transactions=running)):
        status, _, err = await send("CP_1", "RemoteStopTransaction")
    assert status == 2
    assert err == f"rig send: {len(running)} transactions run: say which with --transaction ID\n"


async def test_rejected_is_1_and_says_who_rejected_what(tmp_path: Path, send: Send) -> None:
    async with steered(tmp_path, FakeSystem({"status": "Rejected"})):
        status, out, err = await send("CP_1", "Reset", "--type", "Hard")
    assert (status, out) == (1, '{"status": "Rejected"}\n')
    assert err == "rig send: CP_1 answered Reset with Rejected\n"


@pytest.mark.parametrize(
    "failure",
    [
        CallFailed("CALLERROR NotSupported: no", "NotSupported"),
        NoAnswer("no answer within 30 s"),
        NotConnected("CP_1 is not connected"),
    ],
)
async def test_what_fails_is_1_and_says_why(tmp_path: Path, send: Send, failure: Exception) -> None:
    async with steered(tmp_path, FakeSystem(failure)):
        status, out, err = await send("CP_1", "Reset", "--type", "Hard")
    assert (status, out) == (1, "")
    assert err == f"rig send: CP_1 Reset: {failure}\n"


async def test_a_text_of_the_charge_point_cannot_forge_a_line(tmp_path: Path, send: Send) -> None:
    failure = CallFailed("CALLERROR GenericError: \x1b[2J\nrig send: accepted", "GenericError")
    async with steered(tmp_path, FakeSystem(failure)):
        _, _, err = await send("CP_1", "Reset", "--type", "Hard")
    assert "\x1b" not in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["CP_1", "reset"], "there is no action 'reset'; near: Reset (see --help)"),
        (["CP_1", "Reset"], "Reset needs --type"),
        (["CP_1", "Reset", "--limit", "1"], "Reset takes no --limit; it takes --type"),
        (["CP_1", "Reset", "--type", "Warm"], "Reset: type must be one of Hard, Soft"),
        (["CP_2", "ClearCache"], "there is no charge point 'CP_2'; known: CP_1"),
        (["CP_1", "Xyzzy"], "near: CancelReservation, CertificateSigned"),
        (["CP_1", "Reset", "--json", "{"], "--json is not JSON"),
        (["CP_1", "Reset", "--json", '{"type": NaN}'], "--json is not JSON: NaN is none"),
        (["CP_1", "Reset", "--json", "[]"], "--json must be an object, such as '{}'"),
        (["CP_1", "Reset", "--json", "{}", "--type", "Hard"], "leave out --type"),
    ],
)
async def test_a_mistake_is_2_and_one_line_that_names_the_fix(
    interface: Steered, send: Send, words: list[str], why: str
) -> None:
    status, out, err = await send(*words)
    assert (status, out) == (2, "")
    assert err.startswith("rig send: ")
    assert why in err
    assert err.count("\n") == 1
    assert interface.system.sent == []


async def test_no_central_system_is_2_and_names_it(tmp_path: Path, send: Send) -> None:
    status, _, err = await send()
    assert status == 2
    missing = tmp_path / "csms.json"
    fix = "start `rig csms`, or name another with --csms or --token-file"
    assert err == f"rig send: no central system runs here ({missing} is not there): {fix}\n"


async def test_the_central_system_is_found_by_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    file = tmp_path / "ev-charging-rig" / "csms-9100.json"
    assert await asyncio.to_thread(main, ["--csms", "ws://127.0.0.1:9100/"]) == 2
    assert f"({file} is not there)" in capfd.readouterr().err
    assert await asyncio.to_thread(main, ["--csms", "9100"]) == 2
    assert "csms must be an address like" in capfd.readouterr().err


async def test_one_that_was_killed_is_2_and_names_it(tmp_path: Path, send: Send) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as gone:
        port = gone.getsockname()[1]
    access = {"url": f"http://127.0.0.1:{port}", "token": "x"}
    (tmp_path / "csms.json").write_text(json.dumps(access))
    status, _, err = await send()
    assert status == 2
    assert err == f"rig send: no central system answers at 127.0.0.1:{port}: start `rig csms`\n"


async def test_a_token_of_another_central_system_is_2(interface: Steered, send: Send) -> None:
    access = {"url": interface.access.url, "token": "of the one before"}
    interface.token_file.write_text(json.dumps(access))
    status, _, err = await send()
    assert (status, err) == (2, "rig send: the token is missing or wrong\n")


@pytest.mark.parametrize("content", ["", "[]", '{"url": "http://127.0.0.1:1"}', "\xff"])
async def test_a_file_that_is_no_token_file_is_2(tmp_path: Path, send: Send, content: str) -> None:
    (tmp_path / "csms.json").write_text(content)
    status, _, err = await send()
    assert status == 2
    assert err.startswith(f"rig send: cannot read the token file {tmp_path / 'csms.json'}: ")


async def test_another_program_at_that_port_is_2(tmp_path: Path, send: Send) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as other:
        port = other.sockets[0].getsockname()[1]
        access = {"url": f"http://127.0.0.1:{port}", "token": "x"}
        (tmp_path / "csms.json").write_text(json.dumps(access))
        status, _, err = await send()
    assert status == 2
    assert f"what answers at 127.0.0.1:{port} is no `rig csms`" in err


async def test_it_finds_the_central_system_by_the_port_of_the_bench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "bench.toml").write_text('csms = "ws://127.0.0.1:9100/"')
    (tmp_path / "ev-charging-rig").mkdir(mode=0o700)
    path = tmp_path / "ev-charging-rig" / "csms-9100.json"
    async with steered(tmp_path) as interface:
        interface.token_file.rename(path)
        assert await asyncio.to_thread(main, ["--bench", str(tmp_path / "bench.toml")]) == 0
        assert await asyncio.to_thread(main, []) == 2  # port 9000 by default
    assert "csms-9000.json is not there" in capfd.readouterr().err


def test_it_starts_without_the_framework_and_the_ocpp_package() -> None:
    code = "import sys, rig.csms.send; sys.exit(bool({'fastapi', 'ocpp'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_from_the_command_line_to_the_charge_point(tmp_path: Path) -> None:
    token_file, port = str(tmp_path / "csms.json"), free_port()
    options = ("--listen", f"ws://127.0.0.1:{port}/", "--cycle", "none")
    database = ("--database", f"sqlite:///{tmp_path / 'csms.db'}", "--token-file", token_file)
    with role("csms", *options, *database) as csms:
        csms.ready()
        with ChargePoint(f"ws://127.0.0.1:{port}/", "CP_1") as point:
            point.boot()
            argv = ["CP_1", "SetChargingProfile", "--limit", "16", "--token-file", token_file]
            assert main(argv) == 0
            profile = point.until("SetChargingProfile")["csChargingProfiles"]
            assert profile["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == 16
            point.script["Reset"] = {"status": "Rejected"}
            assert main(["CP_1", "Reset", "--type", "Hard", "--token-file", token_file]) == 1
        assert csms.end() == 0
    assert not (tmp_path / "csms.json").exists()
