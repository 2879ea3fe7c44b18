"""What can be read of a damaged file, whatever its size."""

import contextlib
import sqlite3
import tracemalloc
from pathlib import Path

import pytest

from rig.cp.state_file import open_file
from rig.cp.state_recovery import copied, empty, recover
from rig.cp.state_rows import BEFORE_ALL, Rows, loaded, portion, write
from tests.damages import SET_ASIDE

ROWS: Rows = {("queue", str(number)): "x" * 400 for number in range(1, 61)}


def made(path: Path, rows: Rows = ROWS) -> None:
    database = open_file(str(path)).database
    assert database
    write(database, rows)
    database.close()


def keys(database: sqlite3.Connection) -> list[str]:
    return [key for (key,) in database.execute("SELECT key FROM kept ORDER BY length(key), key")]


def test_of_a_sound_file_all_is_copied_also_what_its_journal_holds(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    database = open_file(str(path)).database
    assert database
    with contextlib.closing(database):
        write(database, ROWS)
        assert path.with_name("state.db-wal").stat().st_size > 20_000
        with contextlib.closing(copied(str(path))) as copy:
            assert keys(copy) == [str(number) for number in range(1, 61)]
            assert list(portion(copy, {}, 58).requests) == ["59", "60"]


def test_a_copy_leaves_nothing_in_the_folder_for_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    made(tmp_path / "state.db")
    with contextlib.closing(copied(str(tmp_path / "state.db"))):
        assert list(temporary.iterdir()) == []


def test_of_a_damaged_file_both_ends_go_into_the_new_one(tmp_path: Path) -> None:
    path, fresh = tmp_path / "state.db", tmp_path / "fresh.db"
    made(path)
    SET_ASIDE["fourth page noise"](path)
    count = recover(str(path), str(fresh))
    assert 20 < count < 60
    with contextlib.closing(sqlite3.connect(fresh)) as database:
        found = keys(database)
        assert len(found) == count
        assert list(portion(database, {}, BEFORE_ALL).requests) == found
    assert fresh.stat().st_mode & 0o777 == 0o600


def test_of_what_is_no_database_nothing_is_recovered(tmp_path: Path) -> None:
    path, fresh = tmp_path / "state.db", tmp_path / "fresh.db"
    path.write_bytes(b"no database" * 1000)
    assert recover(str(path), str(fresh)) == 0


def test_an_empty_one_begins_with_nothing() -> None:
    with contextlib.closing(empty()) as database:
        assert loaded(database, {}) == {}


def test_a_file_that_is_larger_than_the_memory_is_recovered_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    made(path, {("queue", str(number)): "x" * 1000 for number in range(10_000)})
    tracemalloc.start()
    try:
        assert recover(str(path), str(tmp_path / "fresh.db")) == 10_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000  # bytes; the file has ten times as many
