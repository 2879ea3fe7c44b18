import asyncio
import logging
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from rig.csms.logic.tags import Tag
from rig.csms.store.committer import StoreFailed
from rig.csms.store.database import Database
from rig.csms.store.ledger import Ledger
from rig.csms.store.writer import Writer

LOG = logging.getLogger("rig.test")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "csms.db"


@pytest.fixture
async def written(file: Path) -> AsyncIterator[Writer]:
    opened = writer_of(file)
    yield opened
    await opened.close()


def writer_of(file: Path) -> Writer:
    return Writer(Database(f"sqlite:///{file}"), "accept", LOG)


def put(id_tag: str) -> Callable[[Ledger], None]:
    return lambda ledger: ledger.tags.put(Tag(id_tag))


def tags(file: Path) -> list[str]:
    """The tags that another program sees."""
    with sqlite3.connect(file) as other:
        return [row[0] for row in other.execute("SELECT id_tag FROM tags ORDER BY folded")]


class Gate:
    """A job that stops the writer's thread until it is opened."""

    def __init__(self) -> None:
        self._entered, self._opened = threading.Event(), threading.Event()

    def __call__(self, ledger: Ledger) -> None:
        self._entered.set()
        assert self._opened.wait(60.0)

    async def entered(self) -> None:
        assert await asyncio.to_thread(self._entered.wait, 60.0)

    def open(self) -> None:
        self._opened.set()


async def gate_of(writer: Writer) -> Gate:
    """A closed one, at which the writer's thread stands."""
    gate = Gate()
    writer.tell(gate)
    await gate.entered()
    return gate


async def test_what_is_done_is_committed(written: Writer, file: Path) -> None:
    await written.ask(put("ABC"))
    assert tags(file) == ["ABC"]


async def test_a_job_gives_its_result(written: Writer) -> None:
    assert await written.ask(lambda ledger: 7) == 7


async def test_jobs_are_done_in_order(written: Writer) -> None:
    done: list[int] = []
    for number in range(100):
        written.tell(lambda ledger, number=number: done.append(number))  # type: ignore[misc]
    await written.ask(lambda ledger: None)
    assert done == list(range(100))


async def test_what_waits_meanwhile_becomes_one_group(written: Writer, file: Path) -> None:
    gate, ledgers = await gate_of(written), list[Ledger]()
    waiting = [written.ask(ledgers.append) for _ in range(50)]
    gate.open()
    await asyncio.gather(*waiting)
    assert all(each is ledgers[0] for each in ledgers)


async def test_nobody_is_answered_before_the_commit(written: Writer, file: Path) -> None:
    before, after = await gate_of(written), Gate()
    answer = written.ask(put("ABC"))
    written.tell(after)  # in the same group
    before.open()
    await after.entered()
    assert not answer.done()
    assert tags(file) == []
    after.open()
    await answer
    assert tags(file) == ["ABC"]


async def test_a_bad_one_takes_no_other_of_its_group_down(
    written: Writer, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def bad(ledger: Ledger) -> None:
        ledger.tags.put(Tag("HALF"))
        raise ValueError("cannot be\nstored")

    gate = await gate_of(written)
    outcomes = asyncio.gather(
        *[written.ask(job) for job in (put("A"), bad, put("B"))], return_exceptions=True
    )
    gate.open()
    first, failed, second = await outcomes
    assert (first, second) == (None, None)
    assert isinstance(failed, StoreFailed)
    assert tags(file) == ["A", "B"]
    assert [record.getMessage() for record in caplog.records] == [
        "database: cannot store one message: cannot be"
    ]


async def test_gathered_rows_of_a_bad_one_are_forgotten(written: Writer, file: Path) -> None:
    def bad(ledger: Ledger) -> None:
        ledger.note_security("CP_1", "Bad", "", 1.0)
        raise ValueError

    with pytest.raises(StoreFailed):
        await written.ask(bad)
    written.tell(lambda ledger: ledger.note_security("CP_1", "Good", "", 1.0))
    await written.ask(lambda ledger: None)
    with sqlite3.connect(file) as other:
        assert other.execute("SELECT event FROM security_events").fetchall() == [("Good",)]


async def test_a_bad_note_is_counted(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    def bad(ledger: Ledger) -> None:
        raise ValueError("cannot be stored")

    closing = writer_of(file)
    closing.tell(bad)
    await closing.close()
    assert caplog.messages[-1] == "database: 1 notes were lost"


async def test_who_asked_before_the_end_is_told(file: Path) -> None:
    closing, told = writer_of(file), list[Any]()
    closing.consult(lambda ledger: 7, told.append)
    closing.consult(lambda ledger: 8, told.append, "CP_1")
    await closing.close()
    assert told == [7, 8]


async def test_one_that_cannot_be_told_holds_up_nobody(
    written: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(outcome: Any) -> None:
        raise RuntimeError

    gate = await gate_of(written)
    written.consult(lambda ledger: 7, broken)
    other = written.ask(lambda ledger: 8)
    gate.open()
    assert await other == 8
    assert "please report it" in caplog.text


async def test_a_charge_point_that_asks_again_and_again_is_answered_at_once(
    written: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rig.csms.store.writer.GATHERING", 3600.0)
    for number in range(3):
        told: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        written.consult(lambda ledger, number=number: number, told.set_result, "CP_1")  # type: ignore[misc]
        assert await told == number


async def test_those_who_ask_are_answered_together(
    written: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rig.csms.store.writer.GATHERING", 3600.0)
    ledgers: list[Ledger] = []
    gate, loop = await gate_of(written), asyncio.get_running_loop()
    for _ in range(2):
        told = [loop.create_future(), loop.create_future()]
        for number, each in enumerate(told):
            written.consult(ledgers.append, each.set_result, f"CP_{number}")
        gate.open()
        await asyncio.gather(*told)
    first, second = ledgers[:2], ledgers[2:]
    assert first[0] is first[1]
    assert second[0] is second[1]


async def test_what_is_asked_of_a_group_is_answered_in_time(
    written: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rig.csms.store.writer.GATHERING", 0.01)
    loop = asyncio.get_running_loop()
    for name in ("CP_1", "CP_2"):  # when the second asks, the first is expected to do so
        told: asyncio.Future[int] = loop.create_future()
        written.consult(lambda ledger: 7, told.set_result, name)
        assert await told == 7


async def test_closing_writes_what_waits(file: Path) -> None:
    closing = writer_of(file)
    for number in range(100):
        closing.tell(put(f"T{number:02}"))
    await closing.close()
    assert len(tags(file)) == 100


async def test_after_its_end_it_takes_nothing(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    closed = writer_of(file)
    await closed.close()
    with pytest.raises(StoreFailed, match="closed"):
        await closed.ask(put("ABC"))
    closed.tell(put("ABC"))
    assert "database: closed, a note was lost" in caplog.text
    assert tags(file) == []


async def test_who_does_not_wait_any_more_holds_up_nobody(written: Writer, file: Path) -> None:
    gate = await gate_of(written)
    gone, there = written.ask(put("A")), written.ask(put("B"))
    gone.cancel()
    gate.open()
    await there
    assert tags(file) == ["A", "B"]
