"""Listening to the socket at which one end offers what it tells of OCPP."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rig.ocppj import listening
from rig.ocppj.listening import OcppListener
from rig.ocppj.logic.told import Lines
from rig.ocppj.offering import offered
from tests.processes import PATIENCE

CP = Lines("cp")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "AGAIN", 0.001)


class Ear:
    """What a listener hears: lines, and why it hears none."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes | str] = asyncio.Queue()

    async def next(self) -> bytes | str:
        return await asyncio.wait_for(self.heard.get(), PATIENCE)


@asynccontextmanager
async def listening_to(path: Path) -> AsyncIterator[Ear]:
    ear = Ear()
    listener = OcppListener(str(path), ear.heard.put_nowait, ear.heard.put_nowait)
    task = asyncio.create_task(listener.listen())
    try:
        yield ear
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_lines_come_in_order_and_whole(tmp_path: Path) -> None:
    lines = [CP.message(1.5, "CP_1", f'["{number}"]', by_charge_point=True) for number in range(9)]
    lines.append(CP.message(1.5, "CP_1", "\x1b" * (1 << 20), by_charge_point=True))  # the longest
    async with (
        offered(str(tmp_path / "s"), CP, "over") as offer,
        listening_to(tmp_path / "s") as ear,
    ):
        assert b'"offers": true' in bytes(await ear.next())  # type: ignore[arg-type]
        for line in lines:
            offer.tell(line, 1.5)
        assert [await ear.next() for _ in lines] == lines


async def test_it_is_told_once_that_there_is_no_socket_and_hears_when_there_is(
    tmp_path: Path,
) -> None:
    path = tmp_path / "s"
    async with listening_to(path) as ear:
        assert await ear.next() == f"cannot read {path}: No such file or directory"
        async with offered(str(path), CP, "over"):
            assert b'"offers": true' in await ear.next()
        assert b'"offers": false' in await ear.next()
        assert await ear.next() == f"{path} was closed"
        async with offered(str(path), CP, "over"):
            assert b'"offers": true' in await ear.next()


async def test_the_socket_of_a_role_that_was_killed_is_none(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(tmp_path / "s"))
    async with listening_to(tmp_path / "s") as ear:
        assert await ear.next() == f"cannot read {tmp_path / 's'}: Connection refused"


@pytest.mark.parametrize(
    ("text", "why"),
    [(b'{"cut', "{} was closed"), (b"x" * (1 << 24), "cannot read {}: ")],
    ids=["cut short", "endless"],
)
async def test_a_line_that_does_not_end_is_not_given(tmp_path: Path, text: bytes, why: str) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        writer.close()

    server = await asyncio.start_unix_server(serve, tmp_path / "s")
    async with server, listening_to(tmp_path / "s") as ear:
        said = await ear.next()
        assert isinstance(said, str)
        assert said.startswith(why.format(tmp_path / "s"))
