"""The socket at which one end offers what it tells of OCPP."""

import asyncio
import json
import socket
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from rig.ocppj import offering
from rig.ocppj.logic.told import Lines
from rig.ocppj.offering import READERS, OcppOffer, offered
from rig.role.errors import UserError
from tests.event_loop import turn
from tests.processes import PATIENCE

CP = Lines("cp")
WHY_OVER = "this charge point ended"


class Reader:
    """One that connected, and what it reads."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    async def line(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(await asyncio.wait_for(self._reader.readline(), PATIENCE))
        return line

    async def rest(self) -> list[dict[str, Any]]:
        """All until the end of the stream."""
        text = await asyncio.wait_for(self._reader.read(), PATIENCE)
        return [json.loads(line) for line in text.splitlines()]


async def connected(path: Path) -> Reader:
    """A reader that was told that it hears all from now on."""
    reader = Reader(*await asyncio.open_unix_connection(path, limit=1 << 20))
    assert (await reader.line())["offers"] is True
    return reader


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await turn()


def tell(offer: OcppOffer, number: int, size: int = 0) -> None:
    text = json.dumps([number, "x" * size])
    offer.tell(CP.message(float(number), "CP_1", text, by_charge_point=True), float(number))


def number_of(line: dict[str, Any]) -> int:
    number: int = line["message"][0]
    return number


@asynccontextmanager
async def offer_at(path: Path) -> AsyncIterator[OcppOffer]:
    async with offered(str(path), CP, WHY_OVER) as offer:
        yield offer


async def test_each_reader_gets_all_from_its_connection_on(tmp_path: Path) -> None:
    async with offer_at(tmp_path / "s") as offer:
        assert not offer.has_readers
        one = await connected(tmp_path / "s")
        assert offer.has_readers
        tell(offer, 1)
        other = await connected(tmp_path / "s")
        tell(offer, 2)
        assert [number_of(await one.line()) for _ in range(2)] == [1, 2]
        assert number_of(await other.line()) == 2


async def test_only_its_user_may_connect(tmp_path: Path) -> None:
    async with offer_at(tmp_path / "s"):
        assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o600


async def test_at_the_end_readers_are_told_why_and_the_socket_is_gone(tmp_path: Path) -> None:
    async with offer_at(tmp_path / "s") as offer:
        reader = await connected(tmp_path / "s")
        tell(offer, 1)
    first, last = await reader.rest()
    assert number_of(first) == 1
    assert (last["offers"], last["why"]) == (False, WHY_OVER)
    assert not (tmp_path / "s").exists()


async def test_a_reader_that_goes_is_forgotten_and_the_others_read_on(tmp_path: Path) -> None:
    async with offer_at(tmp_path / "s") as offer:
        one, other = [await connected(tmp_path / "s") for _ in range(2)]
        one.writer.transport.abort()
        tell(offer, 1)
        assert number_of(await other.line()) == 1
        other.writer.close()
        await until(lambda: not offer.has_readers)
        tell(offer, 2)


async def test_what_a_reader_says_is_ignored(tmp_path: Path) -> None:
    async with offer_at(tmp_path / "s") as offer:
        reader = await connected(tmp_path / "s")
        reader.writer.write(b"nonsense" * 100_000)
        await reader.writer.drain()
        tell(offer, 1)
        assert number_of(await reader.line()) == 1


async def test_one_too_many_is_told_so_and_may_come_when_another_has_gone(tmp_path: Path) -> None:
    async with offer_at(tmp_path / "s") as offer:
        readers = [await connected(tmp_path / "s") for _ in range(READERS)]
        refused = Reader(*await asyncio.open_unix_connection(tmp_path / "s"))
        (line,) = await refused.rest()
        assert (line["offers"], line["why"]) == (False, "it has 8 readers already")
        readers[0].writer.close()
        await until(lambda: len(offer._readers) < READERS)
        await connected(tmp_path / "s")


async def test_a_slow_reader_loses_lines_and_is_told_how_many_and_since_when(
    tmp_path: Path,
) -> None:
    async with offer_at(tmp_path / "s") as offer:
        slow, quick = [await connected(tmp_path / "s") for _ in range(2)]
        slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for number in range(1, 101):  # 10 MB, of which 1 MiB may wait
            tell(offer, number, 100_000)
            assert number_of(await quick.line()) == number
        slow.writer.transport.resume_reading()  # type: ignore[attr-defined]
        numbers = []
        while "message" in (line := await slow.line()):
            numbers.append(number_of(line))
        assert numbers == list(range(1, len(numbers) + 1))
        assert 10 < len(numbers) < 100  # 1 MiB, and what the kernel takes
        assert (line["lost"], line["since"]) == (100 - len(numbers), len(numbers) + 1.0)
        tell(offer, 101)
        assert number_of(await slow.line()) == 101


async def test_a_reader_that_reads_nothing_holds_up_no_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offering, "GOODBYE", 0.01)
    async with offer_at(tmp_path / "s") as offer:
        with socket.socket(socket.AF_UNIX) as stuck:
            stuck.connect(str(tmp_path / "s"))
            await until(lambda: offer.has_readers)
            for number in range(100):
                tell(offer, number, 100_000)
            async with asyncio.timeout(PATIENCE):
                await offer.end(CP.ended(1.0, WHY_OVER))
            assert not offer.has_readers
            stuck.settimeout(PATIENCE)
            got = await asyncio.to_thread(stuck.makefile("rb").read)
            assert WHY_OVER.encode() not in got  # cut off before that


async def test_a_slow_reader_that_reads_at_the_end_is_told_what_it_lost(tmp_path: Path) -> None:
    async with offer_at(tmp_path / "s") as offer:
        slow = await connected(tmp_path / "s")
        slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for number in range(100):
            tell(offer, number, 100_000)
        slow.writer.transport.resume_reading()  # type: ignore[attr-defined]
        ending = asyncio.create_task(offer.end(CP.ended(1.0, WHY_OVER)))
        *messages, lost, last = await slow.rest()
        assert lost["lost"] == 100 - len(messages)
        assert last["why"] == WHY_OVER
        await ending


async def test_a_place_that_is_taken_names_the_option(tmp_path: Path) -> None:
    async with offer_at(tmp_path / "s"):
        with pytest.raises(UserError, match=r"in use by another role: .* with --offer-ocpp"):
            async with offer_at(tmp_path / "s"):
                pass
        await connected(tmp_path / "s")
