"""The state of a charge point on the disk."""

import asyncio
import logging
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rig.state
from rig.errors import UserError
from rig.logic.cp.kept import Keep
from rig.state import State, state_path
from tests.processes import ROOT

LOG = logging.getLogger("rig.test")


async def keep(state: State, *values: Keep) -> None:
    """Keep values and wait until they are on the disk."""
    done = asyncio.Event()
    state.keep(values, done.set)
    await done.wait()


async def reopened(path: Path) -> dict[str, dict[str, object]]:
    state = State(str(path), LOG)
    loaded = state.load()
    state.close()
    return loaded


async def test_what_is_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    state = State(str(tmp_path / "made" / "CP_1.db"), LOG)
    await keep(state, Keep("queue", "1", {"id": "a"}), Keep("meter", "1", 42))
    state.close()
    assert await reopened(tmp_path / "made" / "CP_1.db") == {
        "queue": {"1": {"id": "a"}},
        "meter": {"1": 42},
    }


async def test_a_value_replaces_the_one_before_and_none_forgets_it(tmp_path: Path) -> None:
    state = State(str(tmp_path / "state.db"), LOG)
    await keep(state, Keep("meter", "1", 1), Keep("meter", "2", 2))
    await keep(state, Keep("meter", "1", 3), Keep("meter", "2", None))
    state.close()
    assert await reopened(tmp_path / "state.db") == {"meter": {"1": 3}}


VALUES = st.lists(
    st.builds(
        Keep,
        st.sampled_from(["queue", "meter"]),
        st.sampled_from(["1", "2", "3"]),
        st.none() | st.integers() | st.text() | st.lists(st.booleans(), max_size=2),
    ),
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(batches=st.lists(VALUES, max_size=4))
async def test_the_file_holds_what_a_table_in_memory_would(
    tmp_path: Path, batches: list[list[Keep]]
) -> None:
    (tmp_path / "state.db").unlink(missing_ok=True)
    state, expected = State(str(tmp_path / "state.db"), LOG), dict[tuple[str, str], object]()
    for batch in batches:
        await keep(state, *batch)
        expected |= {(item.section, item.key): item.value for item in batch}
    state.close()
    loaded = await reopened(tmp_path / "state.db")
    flat = {(name, key): value for name, part in loaded.items() for key, value in part.items()}
    assert flat == {place: value for place, value in expected.items() if value is not None}


async def test_close_writes_what_still_waits(tmp_path: Path) -> None:
    state = State(str(tmp_path / "state.db"), LOG)
    for number in range(100):
        state.keep([Keep("queue", str(number), number)], lambda: None)
    state.close()
    assert len((await reopened(tmp_path / "state.db"))["queue"]) == 100


async def test_two_charge_points_cannot_share_a_state(tmp_path: Path) -> None:
    state = State(str(tmp_path / "state.db"), LOG)
    with pytest.raises(UserError, match="in use by another charge point: end it, or name another"):
        State(str(tmp_path / "state.db"), LOG)
    state.close()


async def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("what I must not forget, " * 50)
    with pytest.raises(UserError, match="is not the state of a charge point"):
        State(str(file), LOG)
    assert file.read_text() == "what I must not forget, " * 50


async def test_a_state_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "state.db") as newer:
        newer.execute("PRAGMA user_version = 2")
    newer.close()
    with pytest.raises(UserError, match="written by a newer version of the rig"):
        State(str(tmp_path / "state.db"), LOG)


async def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot make the state"):
        State(str(tmp_path / "file" / "state.db"), LOG)


async def test_a_disk_that_fails_is_told_once_and_nothing_is_missing_when_it_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = State(str(tmp_path / "state.db"), LOG)
    state._database.execute("PRAGMA query_only = ON")  # as a disk that became read-only
    await keep(state, Keep("queue", "1", "first"))
    await keep(state, Keep("queue", "2", "second"), Keep("queue", "1", "again"))
    await keep(state, Keep("meter", "1", 1), Keep("meter", "1", None))
    assert state.load() == {"queue": {"1": "again", "2": "second"}, "meter": {}}  # after a Reset
    state._database.execute("PRAGMA query_only = OFF")
    await keep(state, Keep("queue", "3", "third"))
    state.close()
    told = [record.getMessage() for record in caplog.records]
    assert [("cannot write" in line, "written again" in line) for line in told] == [
        (True, False),
        (False, True),
    ]
    assert await reopened(tmp_path / "state.db") == {
        "queue": {"1": "again", "2": "second", "3": "third"}
    }


async def test_a_disk_that_hangs_holds_up_nobody_who_closes_the_state(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.state, "CLOSE_TIMEOUT", 0.05)
    state, released = State(str(tmp_path / "state.db"), LOG), threading.Event()
    state._database.create_function("hangs", 0, released.wait)
    state._database.execute(
        "CREATE TEMP TRIGGER slow AFTER INSERT ON main.kept BEGIN SELECT hangs(); END"
    )
    state.keep([Keep("queue", "1", 1)], lambda: None)
    state.close()
    assert "hangs: a restart now would not know what happened since" in caplog.text
    released.set()
    state._writer.join()


WRITER = """
import asyncio, functools, logging, sys
from rig.logic.cp.kept import Keep
from rig.state import State

async def main():
    state = State(sys.argv[1], logging.getLogger())
    for number in range(100000):
        tell = functools.partial(print, number, flush=True)
        state.keep([Keep("queue", str(number), number)], tell)
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
    kept = {int(key) for key in asyncio.run(reopened(path))["queue"]}
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
        await keep(state, Keep("meter", "1", 1))
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
        State(str(path), LOG)
