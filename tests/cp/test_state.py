"""The state of a charge point on the disk."""

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rig.cp.disk_health
import rig.cp.state
from rig.cp.logic.events import Damaged, DiskFailed, DiskWorks
from rig.cp.logic.kept import Keep, Section
from rig.cp.state import State, state_path
from rig.role.errors import UserError
from tests.cp.disks import LOG, Failing, Told, hang, keep, reopened, row
from tests.damages import asides, fill
from tests.event_loop import turn
from tests.processes import PATIENCE, ROOT


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
async def state(path: Path) -> AsyncIterator[State]:
    made = State(str(path), LOG)
    yield made
    made.close()


async def test_what_is_kept_is_there_after_a_restart(state: State, path: Path) -> None:
    await keep(state, row("queue", "1", {"id": "a"}), row("meter", "1", 42))
    state.close()
    assert await reopened(path) == {"queue": {"1": {"id": "a"}}, "meter": {"1": 42}}


async def test_a_value_replaces_the_one_before_and_none_forgets_it(
    state: State, path: Path
) -> None:
    await keep(state, row("meter", "1", 1), row("meter", "2", 2))
    await keep(state, row("meter", "1", 3), row("meter", "2", None))
    state.close()
    assert await reopened(path) == {"meter": {"1": 3}}


VALUES = st.lists(
    st.builds(
        row,
        st.sampled_from(["queue", "meter"]),
        st.sampled_from(["1", "2", "3"]),
        st.none() | st.integers() | st.text() | st.lists(st.booleans(), max_size=2),
    ),
    max_size=8,
)


async def test_a_defect_where_it_is_written_ends_the_role_instead_of_leaving_it_to_wait(
    state: State,
) -> None:
    told = asyncio.Event()
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: told.set())
    unwritable: Section[str, int] = Section("test", str, write=lambda number: 1 // number)
    state.keep([Keep(unwritable, "1", 0)], pytest.fail)
    await asyncio.wait_for(told.wait(), PATIENCE)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(batches=st.lists(VALUES, max_size=4))
async def test_the_file_holds_what_a_table_in_memory_would(
    tmp_path: Path, batches: list[list[Keep[Any, Any]]]
) -> None:
    (tmp_path / "state.db").unlink(missing_ok=True)
    state, expected = State(str(tmp_path / "state.db"), LOG), dict[tuple[str, str], object]()
    for batch in batches:
        await keep(state, *batch)
        expected |= {(item.section.name, item.key): item.value for item in batch}
    state.close()
    loaded = await reopened(tmp_path / "state.db")
    flat = {(name, key): value for name, part in loaded.items() for key, value in part.items()}
    assert flat == {place: value for place, value in expected.items() if value is not None}


async def test_close_writes_what_still_waits(state: State, path: Path) -> None:
    for number in range(100):
        state.keep([row("queue", str(number), number)], lambda: None)
    state.close()
    assert len((await reopened(path))["queue"]) == 100


async def test_two_charge_points_cannot_share_a_state(state: State, path: Path) -> None:
    await state.load()
    with pytest.raises(UserError, match="in use by another charge point: end it, or name another"):
        await reopened(path)


async def test_a_state_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "state.db") as newer:
        newer.execute("PRAGMA user_version = 2")
    newer.close()
    with pytest.raises(UserError, match="written by a newer version of the rig"):
        await reopened(tmp_path / "state.db")


async def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot make the directory of"):
        await reopened(tmp_path / "file" / "state.db")


LARGE = "x" * 20_000
FULL = DiskFailed("database or disk is full")


async def test_a_full_disk_is_told_once_and_nothing_is_missing_when_there_is_room(
    state: State, path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.cp.state, "RETRY_EVERY", 0.01)
    await state.load()
    told = Told(state)
    fill(state)
    await keep(state, row("queue", "1", LARGE))
    await keep(state, row("queue", "2", "second"), row("queue", "1", LARGE + "again"))
    await keep(state, row("meter", "1", 1), row("meter", "1", None))
    await told.until(FULL)
    # What a Reset begins with, and that it hears of the disk as well.
    assert await state.load() == {"queue": {"1": LARGE + "again", "2": "second"}}
    assert Told(state).heard == [FULL]
    state.tell(told._hear)
    fill(state, 1000)
    await told.until(DiskWorks())  # by itself: nothing more is kept
    state.close()
    lines = [record.getMessage() for record in caplog.records]
    assert [("cannot write" in line, "written again" in line) for line in lines] == [
        (True, False),
        (False, True),
    ]
    assert told.heard == [FULL, FULL, DiskWorks()]  # once more when it asked again
    assert await reopened(path) == {"queue": {"1": LARGE + "again", "2": "second"}}


def spoil(path: Path) -> None:
    """All but its first page is noise."""
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


async def test_a_file_that_is_damaged_while_it_is_used_is_set_aside(
    state: State, path: Path
) -> None:
    await state.load()
    await keep(state, *(row("queue", str(number), "x" * 400) for number in range(60)))
    assert state._database
    state._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    state._database.execute("PRAGMA shrink_memory").fetchall()
    spoil(path)
    told = Told(state)
    await keep(state, row("meter", "1", 2))
    state.close()
    (event,) = told.heard
    assert isinstance(event, Damaged)
    assert "age 3: btreeInitPage() returns error code 11): kept as" in event.what  # "Tree 3 page 3"
    assert len(asides(path)) == 1
    assert (await reopened(path))["meter"] == {"1": 2}


async def test_a_file_that_could_not_be_written_for_a_moment_is_opened_again(
    state: State, path: Path
) -> None:
    await state.load()
    assert state._database
    state._database.execute("PRAGMA query_only = ON")
    told = Told(state)
    await keep(state, row("meter", "1", 2))
    state.close()
    assert told.heard == []
    assert await reopened(path) == {"meter": {"1": 2}}


async def test_what_was_never_read_is_set_aside_before_anything_is_written_over_it(
    state: State, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(state, row("queue", "1", "of before"))
    state.close()
    failed = Failing(monkeypatch)
    state = State(str(path), LOG)
    assert await state.load() == {}
    failed.works()
    told = Told(state)
    await keep(state, row("queue", "1", "of now"))
    state.close()
    assert [type(event) for event in told.heard[:2]] == [DiskFailed, Damaged]
    (aside,) = asides(path)
    assert await reopened(aside) == {"queue": {"1": "of before"}}
    assert await reopened(path) == {"queue": {"1": "of now"}}


async def test_a_disk_that_hangs_holds_up_nobody_who_closes_the_state(
    state: State, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.cp.state, "CLOSE_TIMEOUT", 0.05)
    released = await hang(state)
    state.keep([row("queue", "1", 1)], lambda: None)
    state.close()
    assert "hangs: a restart now would not know what happened since" in caplog.text
    released.set()
    state._writer.join()


async def test_what_waits_while_the_disk_hangs_is_loaded_as_well(
    state: State, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.cp.state, "SLOW", 0.01)
    released = await hang(state)
    state.keep([row("queue", "1", "being written")], lambda: None)
    state.keep([row("queue", "2", "waits")], lambda: None)
    loading = asyncio.ensure_future(state.load())
    async with asyncio.timeout(PATIENCE):
        while "state.db is not read yet: nothing but Stop" not in caplog.text:
            await turn()
    assert not loading.done()
    released.set()
    assert await loading == {"queue": {"1": "being written", "2": "waits"}}


WRITER = """
import asyncio, functools, logging, sys
from rig.cp.logic.events import Damaged, DiskFailed, DiskWorks
from rig.cp.state import State
from tests.cp.disks import row

async def main():
    state = State(sys.argv[1], logging.getLogger())
    for number in range(100000):
        tell = functools.partial(print, number, flush=True)
        state.keep([row("queue", str(number), number)], tell)
        await asyncio.sleep(0)

asyncio.run(main())
"""


@pytest.mark.parametrize("lines", [1, 17, 250])
def test_what_was_told_to_be_kept_survives_kill_9(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "state.db"
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
        assert writer.stdout
        told = [int(next(writer.stdout)) for _ in range(lines)]
        writer.kill()
    with contextlib.closing(sqlite3.connect(path)) as database:
        kept = {int(key) for (key,) in database.execute("SELECT key FROM kept")}
    assert told == list(range(lines))
    assert set(told) <= kept
    assert kept == set(range(len(kept)))  # and in order: nothing without what came before it


def test_the_state_has_its_place_by_the_id_of_the_charge_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/var/lib/me")
    assert state_path("CP_1") == "/var/lib/me/ev-charging-rig/CP_1.db"
    assert state_path("../a b") == "/var/lib/me/ev-charging-rig/%2E%2E%2Fa%20b.db"
    monkeypatch.setenv("XDG_STATE_HOME", "here")  # relative: to be ignored, says XDG
    assert state_path("CP_1") == os.path.expanduser("~/.local/state/ev-charging-rig/CP_1.db")
    monkeypatch.delenv("XDG_STATE_HOME")
    assert state_path("CP_1") == os.path.expanduser("~/.local/state/ev-charging-rig/CP_1.db")


def modes_below(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.rglob("*")}


async def test_all_its_files_are_its_users_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        state = State(str(tmp_path / "made" / "CP_1.db"), LOG)
        await keep(state, row("meter", "1", 1))
        modes = modes_below(tmp_path)
        state.close()
    finally:
        os.umask(before)
    assert modes == {"made": 0o700, "CP_1.db": 0o600, "CP_1.db-wal": 0o600}


async def test_one_that_others_can_write_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "CP_1.db"
    path.touch()
    path.chmod(0o666)
    with pytest.raises(UserError, match="others can write"):
        await reopened(path)
