"""The control socket of a role."""

import argparse
import asyncio
import json
import os
import socket
import stat
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from rig.role.control import Control, add_control_option, connector_of, control_path, main
from rig.role.errors import UserError
from tests.processes import PATIENCE, Program


def takes_plug(command: dict[str, Any]) -> None:
    if command.get("command") != "plug":
        raise ValueError("commands are plug")


@asynccontextmanager
async def served(
    path: Path, on_command: Callable[[dict[str, Any]], None] = takes_plug
) -> AsyncIterator[Callable[[bytes], Any]]:
    """A control socket at `path`; gives what sends it bytes and returns the parsed answer."""
    async with Control(str(path), on_command):
        reader, writer = await asyncio.open_unix_connection(path)

        async def ask(line: bytes) -> Any:
            writer.write(line)
            answer = await asyncio.wait_for(reader.readline(), 10)
            return json.loads(answer)

        yield ask
        writer.close()


async def test_a_command_is_taken_and_answered(tmp_path: Path) -> None:
    taken: list[dict[str, Any]] = []
    async with served(tmp_path / "s", taken.append) as ask:
        assert await ask(b'{"command":"plug","connector":1}\n') == {"ok": True}
    assert taken == [{"command": "plug", "connector": 1}]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b'{"command":"fly"}\n', "commands are plug"),
        (b"[]\n", "a command is a JSON object"),
        (b"nonsense\n", "Expecting value"),
        (b"\xff\n", "decode"),
        (b"[" * 50_000 + b"\n", "recursion"),
    ],
    ids=["unknown", "array", "text", "bytes", "deep"],
)
async def test_a_bad_command_is_answered_and_the_next_one_taken(
    tmp_path: Path, line: bytes, error: str
) -> None:
    async with served(tmp_path / "s") as ask:
        answer = await ask(line)
        assert not answer["ok"]
        assert error in answer["error"]
        assert await ask(b'{"command":"plug"}\n') == {"ok": True}


async def test_an_endless_line_ends_the_connection_and_nothing_else(tmp_path: Path) -> None:
    async with served(tmp_path / "s") as ask:
        reader, writer = await asyncio.open_unix_connection(tmp_path / "s")
        writer.write(b"x" * 1_000_000)
        with suppress(ConnectionResetError):  # for what was left unread
            assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        assert await ask(b'{"command":"plug"}\n') == {"ok": True}


async def test_only_the_owner_may_connect(tmp_path: Path) -> None:
    async with served(tmp_path / "s"):
        assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o600


async def test_it_is_the_owners_alone_before_anybody_can_connect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    listen = socket.socket.listen

    def noting(self: socket.socket, *backlog: int) -> None:
        modes.append(stat.S_IMODE((tmp_path / "s").stat().st_mode))
        listen(self, *backlog)

    monkeypatch.setattr(socket.socket, "listen", noting)
    before = os.umask(0)
    try:
        async with served(tmp_path / "s"):
            assert os.umask(0) == 0  # as it was
    finally:
        os.umask(before)
    assert modes == [0o600]


async def test_who_is_connected_at_the_end_is_told_by_the_end_of_the_connection(
    tmp_path: Path,
) -> None:
    async with Control(str(tmp_path / "s"), print):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "s")
        writer.write(b"{}\n")
        await reader.readline()
    assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
    writer.close()


async def test_the_socket_is_gone_afterwards(tmp_path: Path) -> None:
    async with served(tmp_path / "s"):
        pass
    assert not (tmp_path / "s").exists()


async def test_the_socket_of_a_role_that_was_killed_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(tmp_path / "s"))
    async with served(tmp_path / "s") as ask:
        assert await ask(b'{"command":"plug"}\n') == {"ok": True}


async def test_the_socket_of_a_living_role_is_left_alone(tmp_path: Path) -> None:
    async with served(tmp_path / "s") as ask:
        with pytest.raises(UserError, match="in use by another role"):
            async with Control(str(tmp_path / "s"), takes_plug):
                pass
        assert await ask(b'{"command":"plug"}\n') == {"ok": True}


async def test_a_file_that_is_no_socket_is_never_removed(tmp_path: Path) -> None:
    precious = tmp_path / "bench.toml"
    precious.write_text("voltage = 230")
    with pytest.raises(UserError, match="no socket"):
        async with Control(str(precious), takes_plug):
            pass
    assert precious.read_text() == "voltage = 230"


@pytest.mark.parametrize(
    ("name", "why"),
    [("missing/s", "cannot make the socket"), ("x" * 200, "path too long")],  # 107 bytes at most
    ids=["folder", "name"],
)
async def test_where_no_socket_can_be_is_one_clear_line(
    tmp_path: Path, name: str, why: str
) -> None:
    with pytest.raises(UserError, match=why):
        async with Control(str(tmp_path / name), takes_plug):
            pass


async def test_without_a_path_nothing_is_served(tmp_path: Path) -> None:
    async with Control(None, takes_plug):
        assert os.listdir(tmp_path) == []


def control(*arguments: str) -> Program:
    return Program(sys.executable, "-m", "rig.role.control", *arguments)


async def test_the_command_line_tells_the_role_and_exits_0(tmp_path: Path) -> None:
    taken: list[dict[str, Any]] = []
    async with served(tmp_path / "s", taken.append):
        for words in (["unplug"], ["unplug", "2"], ["swipe", "1", "id_tag=A=B"]):
            with control(str(tmp_path / "s"), *words) as program:
                assert await asyncio.to_thread(program.status) == 0
    assert taken == [
        {"command": "unplug"},
        {"command": "unplug", "connector": 2},
        {"command": "swipe", "connector": 1, "id_tag": "A=B"},
    ]


async def test_a_role_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    parser = argparse.ArgumentParser()
    add_control_option(parser)
    path = control_path(parser.parse_args(["--control"]), "cp")
    assert path == str(tmp_path / "ev-charging-rig" / "cp.sock")
    taken: list[dict[str, Any]] = []
    async with Control(path, taken.append):
        assert await asyncio.to_thread(main, ["cp", "plug", "1"]) == 0
    assert taken == [{"command": "plug", "connector": 1}]


def test_without_the_option_there_is_no_socket_and_a_named_one_is_taken_as_it_is() -> None:
    parser = argparse.ArgumentParser()
    add_control_option(parser)
    assert control_path(parser.parse_args([]), "cp") is None
    assert control_path(parser.parse_args(["--control", "x.sock"]), "cp") == "x.sock"


def test_a_word_that_says_nothing_is_a_mistake(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["cp", "plug", "one"]) == 2
    assert "'one' is neither a connector's number nor KEY=VALUE" in capfd.readouterr().err


@pytest.mark.parametrize("number", [0, 3, "1", True, None, 1.0])
def test_a_connector_that_is_not_there_is_named(number: Any) -> None:
    with pytest.raises(ValueError, match="connectors are 1 to 2, not"):
        connector_of({"connector": number}, 2)


def test_a_command_without_a_connector_is_for_the_first() -> None:
    assert connector_of({}, 2) == 1
    assert connector_of({"connector": 2}, 2) == 2


async def test_a_command_that_the_role_refuses_exits_2_with_its_words(tmp_path: Path) -> None:
    async with served(tmp_path / "s"):
        with control(str(tmp_path / "s"), "fly") as program:
            assert await asyncio.to_thread(program.status) == 2
            assert "commands are plug" in program.text


def test_a_role_that_is_not_there_exits_2_and_says_where(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "s"), "plug"]) == 2
    assert f"no role answers at {tmp_path / 's'}" in capfd.readouterr().err
