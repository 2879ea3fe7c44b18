"""A writer whose database is locked, damaged, moved or full."""

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from rig.csms.store import writer
from rig.csms.store.committer import StoreFailed
from rig.csms.store.database import Database
from rig.csms.store.ledger import Ledger
from rig.csms.store.writer import Writer
from tests.csms.store.test_writer import LOG, put, tags, writer_of
from tests.csms.store.test_writer import file as file
from tests.csms.store.test_writer import written as written


class Lock:
    """Another program that holds the database, or lets it go."""

    def __init__(self, file: Path) -> None:
        self._other = sqlite3.connect(file, isolation_level=None)

    def take(self) -> None:
        self._other.execute("BEGIN EXCLUSIVE")

    def leave(self) -> None:
        self._other.execute("COMMIT")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rig.csms.store.database.LOCK_TIMEOUT", 0.05)
    monkeypatch.setattr(writer, "RETRY", 0.05)


@pytest.fixture
async def failing(file: Path) -> Writer:
    return writer_of(file)


@pytest.fixture
def lock(file: Path, failing: Writer) -> Lock:
    """It is held."""
    taken = Lock(file)
    taken.take()
    return taken


async def test_a_database_that_fails_is_said_once_and_nobody_is_answered(
    failing: Writer, lock: Lock, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        with pytest.raises(StoreFailed, match="database is locked"):
            await failing.ask(put("ABC"))
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1
    assert said[0].startswith("database: nothing is stored any more: database is locked")
    lock.leave()
    await failing.ask(put("XYZ"))
    assert caplog.records[-1].getMessage() == "database: it stores again; 0 notes were lost"
    await failing.close()
    assert tags(file) == ["XYZ"]


async def test_notes_wait_for_the_database(failing: Writer, lock: Lock, file: Path) -> None:
    failing.tell(put("A"))
    with pytest.raises(StoreFailed):
        await failing.ask(put("NEVER"))
    failing.tell(put("B"))
    lock.leave()
    await failing.ask(put("C"))
    await failing.close()
    assert tags(file) == ["A", "B", "C"]


async def test_notes_that_wait_are_bounded_and_what_is_lost_is_counted(
    failing: Writer,
    lock: Lock,
    file: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writer, "NOTES_ALLOWED", 5)
    with pytest.raises(StoreFailed):
        await failing.ask(put("NEVER"))
    for number in range(7):
        failing.tell(put(f"T{number}"))
    lock.leave()
    await failing.ask(put("Z"))
    await failing.close()
    assert tags(file) == ["T0", "T1", "T2", "T3", "T4", "Z"]
    assert "database: it stores again; 2 notes were lost" in caplog.text
    assert caplog.records[-1].getMessage() == "database: 2 notes were lost"


async def test_closing_while_it_fails_ends_and_counts(
    failing: Writer, lock: Lock, caplog: pytest.LogCaptureFixture
) -> None:
    failing.tell(put("A"))
    failing.tell(put("B"))
    await failing.close()
    assert caplog.records[-1].getMessage() == "database: 2 notes were lost"
    lock.leave()


async def test_a_file_that_was_removed_is_not_written_on_in_secret(
    written: Writer, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await written.ask(put("A"))
    os.unlink(file)
    with pytest.raises(StoreFailed, match="moved or removed: restart the central system"):
        await written.ask(put("B"))
    assert file.name not in os.listdir(file.parent)


async def test_a_full_disk_is_a_database_that_fails(failing: Writer) -> None:
    def fill(ledger: Ledger) -> None:
        pages = ledger._connection.execute(text("PRAGMA page_count")).scalar()
        ledger._connection.execute(text(f"PRAGMA max_page_count = {pages}"))

    def big(ledger: Ledger) -> None:
        ledger.note_security("CP_1", "Event", "x" * 100_000, 1.0)

    await failing.ask(fill)
    with pytest.raises(StoreFailed, match="database or disk is full"):
        await failing.ask(big)
    await failing.ask(big)  # by a new connection, which knows no limit: as if there was room again
    await failing.close()


async def test_a_damaged_file_is_said_once_and_not_for_each_message(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Database(f"sqlite:///{file}").open(0.0).close()
    with sqlite3.connect(file) as whole:
        (page,) = whole.execute("SELECT rootpage FROM sqlite_master WHERE name='tags'").fetchone()
        (size,) = whole.execute("PRAGMA page_size").fetchone()
    with file.open("r+b") as damaged:
        damaged.seek((page - 1) * size)
        damaged.write(b"\xff" * size)
    writer = writer_of(file)
    for _ in range(3):
        asked = [writer.ask(put("ABC")) for _ in range(10)]
        failed = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(each, StoreFailed) for each in failed)
    await writer.close()
    # Ours alone: what other tests left open may be freed, and told, at any time.
    (line,) = [record.getMessage() for record in caplog.records if record.name == LOG.name]
    assert line.startswith("database: nothing is stored any more: database disk image is malformed")
