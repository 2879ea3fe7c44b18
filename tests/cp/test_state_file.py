"""The file of a state: what is damaged, full, read-only, or something else."""

import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rig.cp.state_file import Opened, is_damage, open_file, set_aside
from rig.cp.state_recovery import copied
from rig.cp.state_rows import Rows, write
from rig.role.errors import UserError
from tests.damages import SET_ASIDE, TAKEN, Damage, asides

ROWS: Rows = {("meter", "1"): 42, **{("queue", str(one)): "x" * 400 for one in range(60)}}


def made(path: Path) -> None:
    """A sound file."""
    database = open_file(str(path)).database
    assert database
    write(database, ROWS)
    database.close()


def held(database: sqlite3.Connection) -> Rows:
    """All of it."""
    found = database.execute("SELECT section, key, value FROM kept")
    return {(section, key): json.loads(value) for section, key, value in found}


def readable(path: Path) -> Rows:
    """What can be read of a file that cannot be written."""
    with contextlib.closing(copied(str(path))) as copy:
        return held(copy)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Opened]:
    one = open_file(str(path))
    yield one
    if one.database:
        one.database.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A sound file."""
    made(tmp_path / "state.db")
    return tmp_path / "state.db"


def test_what_is_written_is_read_in_the_next_life(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state.db"
    made(path)
    with opened(path) as state:
        assert (state.trouble, state.damage) == (None, None)
        assert state.database
        assert held(state.database) == ROWS
        write(state.database, {("meter", "1"): None, ("meter", "2"): 1})
        assert held(state.database).keys() == ROWS.keys() - {("meter", "1")} | {("meter", "2")}


@pytest.mark.parametrize("damage", SET_ASIDE.values(), ids=SET_ASIDE.keys())
def test_a_damaged_file_is_set_aside_and_a_new_one_takes_what_comes(
    path: Path, damage: Damage
) -> None:
    damage(path)
    bad = path.read_bytes()
    with opened(path) as state:
        assert state.database
        assert state.trouble is None
        recovered = held(state.database)
        assert recovered.items() <= ROWS.items()
        assert f"; {len(recovered)} values could be read" in str(state.damage)
        (aside,) = asides(path)
        assert f"{path} is damaged (" in str(state.damage)
        assert f"kept as {aside}" in str(state.damage)
        assert len(aside.read_bytes()) == len(bad)
        write(state.database, {("meter", "1"): 43})
    with opened(path) as again:
        assert again.damage is None
        assert again.database
        assert held(again.database) == {**recovered, ("meter", "1"): 43}


@pytest.mark.parametrize("damage", TAKEN.values(), ids=TAKEN.keys())
def test_what_sqlite_can_do_with_is_taken_as_it_is(path: Path, damage: Damage) -> None:
    damage(path)
    with opened(path) as state:
        assert state.database
        assert (state.trouble, state.damage) == (None, None)
        write(state.database, {("meter", "1"): 43})
    assert asides(path) == []


def test_of_a_damaged_file_all_that_can_be_read_goes_into_the_new_one(path: Path) -> None:
    SET_ASIDE["a row empty"](path)
    with opened(path) as state:
        assert state.database
        sound = {place: value for place, value in ROWS.items() if place[1] != "1"}
        assert held(state.database) == sound
    path.unlink()
    made(path)
    SET_ASIDE["fourth page noise"](path)
    with opened(path) as state:
        assert state.database
        assert 20 < len(held(state.database)) < len(ROWS)  # a page holds some 9 of the 61


def is_refused(file: bytearray) -> contextlib.AbstractContextManager[object]:
    """Its user_version is at 60: it may be another one, or have become 0."""
    is_ours = file[60:64] == b"\x00\x00\x00\x01"
    return contextlib.nullcontext() if is_ours else contextlib.suppress(UserError)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), min_size=1))
def test_whatever_bytes_are_flipped_it_can_be_written_or_is_of_a_newer_version(
    tmp_path: Path, flips: list[tuple[int, int]]
) -> None:
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        path = Path(folder) / "state.db"
        made(path)
        whole = bytearray(path.read_bytes())
        for place, bits in flips:
            whole[place % len(whole)] ^= bits
        path.write_bytes(whole)
        with is_refused(whole), opened(path) as state:
            assert state.database
            write(state.database, {("meter", "1"): 43})


def test_each_file_that_is_set_aside_has_a_name_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "CP_1.db"
    names = []
    for text in ("first", "second", "third"):
        path.write_text(text)
        names.append(set_aside(str(path)))
    assert [Path(name).read_text() for name in names] == ["first", "second", "third"]
    assert all(name.startswith(f"{path}.damaged-") for name in names)


def test_the_journal_goes_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_text("file")
    Path(f"{path}-wal").write_text("journal")
    assert Path(set_aside(str(path)) + "-wal").read_text() == "journal"
    assert list(tmp_path.glob("state.db-wal")) == []


def test_a_directory_and_the_database_of_another_program_are_refused_and_left_alone(
    tmp_path: Path,
) -> None:
    with pytest.raises(UserError, match="is a directory: name a file with --state"):
        open_file(str(tmp_path))
    path = tmp_path / "other.db"
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE bookmarks (url)")
    before = path.read_bytes()
    with pytest.raises(UserError, match="is the database of another program"):
        open_file(str(path))
    assert path.read_bytes() == before


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose permissions hold, also for root; what is temporary is written elsewhere."""
    folder, temporary = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(folder, 65534, 65534)
        os.chown(temporary, 65534, 65534)
        os.seteuid(65534)
    yield folder
    if is_root:
        os.seteuid(0)
    folder.chmod(0o700)
    shutil.rmtree(folder)
    shutil.rmtree(temporary)


def test_what_cannot_be_written_is_read_and_says_so(mine: Path) -> None:
    path = mine / "state.db"
    made(path)
    path.chmod(0o400)
    mine.chmod(0o500)
    with opened(path) as state:
        assert (state.database, bool(state.trouble), state.damage) == (None, True, None)
    assert readable(path) == ROWS
    mine.chmod(0o700)
    path.chmod(0o600)
    with opened(path) as state:
        assert state.database


def test_what_cannot_even_be_read_says_so(mine: Path) -> None:
    path = mine / "state.db"
    made(path)
    path.chmod(0)
    with opened(path) as state:
        assert (state.database, bool(state.trouble)) == (None, True)
    with pytest.raises(OSError, match="Permission denied"):
        readable(path)


def test_a_folder_that_cannot_be_made_is_trouble(mine: Path) -> None:
    mine.chmod(0o500)
    with opened(mine / "sub" / "state.db") as state:
        assert (state.database, state.trouble) == (None, "Permission denied")
    assert readable(mine / "sub" / "state.db") == {}


def test_a_damaged_file_that_must_stay_is_read_and_trouble(mine: Path) -> None:
    path = mine / "state.db"
    made(path)
    SET_ASIDE["a row empty"](path)
    mine.chmod(0o500)
    with opened(path) as state:
        assert state.database is None
        assert state.trouble
    assert len(readable(path)) == len(ROWS) - 2


def test_a_damaged_file_stays_where_no_new_one_can_be_made(path: Path) -> None:
    SET_ASIDE["a row empty"](path)
    path.with_name("state.db.new").mkdir()
    with opened(path) as state:
        assert state.database is None
        assert "is damaged (Expecting value" in str(state.trouble)
        assert "and stays: " in str(state.trouble)
    assert asides(path) == []
    path.with_name("state.db.new").rmdir()
    with opened(path) as state:
        assert state.database
        assert len(held(state.database)) == len(ROWS) - 2


def test_a_recovery_that_was_killed_between_the_old_file_and_the_new_one_is_finished(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SET_ASIDE["a row empty"](path)
    monkeypatch.setattr("rig.cp.state_file.set_aside", killed_after(path))
    with pytest.raises(KeyboardInterrupt):
        open_file(str(path))
    assert not path.exists()
    monkeypatch.undo()
    with opened(path) as state:
        assert state.database
        assert len(held(state.database)) == len(ROWS) - 2
        assert state.damage is None


def killed_after(path: Path) -> Callable[[str], str]:
    """Sets the file aside, but not its journal."""

    def dies(_: str) -> str:
        path.rename(f"{path}.damaged-then")
        Path(f"{path}-wal").write_bytes(b"journal of the old one")
        raise KeyboardInterrupt

    return dies


def test_what_an_attempt_to_recover_left_that_was_killed_is_no_obstacle(path: Path) -> None:
    SET_ASIDE["a row empty"](path)
    path.with_name("state.db.new").write_text("half of it")
    with opened(path) as state:
        assert state.database
        assert len(held(state.database)) == len(ROWS) - 2


def test_only_what_the_disk_says_is_no_damage(tmp_path: Path) -> None:
    path = str(tmp_path / "state.db")
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    malformed = sqlite3.DatabaseError("database disk image is malformed")
    malformed.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    assert [is_damage(path, one) for one in (full, OSError("no"), malformed)] == [
        False,
        False,
        True,
    ]
