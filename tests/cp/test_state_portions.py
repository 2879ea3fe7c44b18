"""The queue of a state is read in portions, whatever the disk does meanwhile."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import rig.cp.state
from rig.cp.logic.events import Damaged, DiskFailed, DiskWorks
from rig.cp.logic.kept import Keep
from rig.cp.state import State
from rig.cp.state_file import Opened
from rig.cp.state_rows import Portion
from tests.cp.disks import LOG, Failing, Told, hang, keep, row
from tests.damages import asides, fill
from tests.event_loop import turn
from tests.processes import PATIENCE

LARGE = "x" * 20_000


def requests(first: int, last: int) -> list[Keep[Any, Any]]:
    return [row("queue", str(number), number) for number in range(first, last + 1)]


def reading(state: State, after: int) -> "asyncio.Future[Portion]":
    found: asyncio.Future[Portion] = asyncio.get_running_loop().create_future()
    state.read_on(after, found.set_result)
    return found


async def numbers(found: "asyncio.Future[Portion]") -> list[int]:
    return list((await asyncio.wait_for(found, PATIENCE)).requests.values())


async def with_requests(path: Path, last: int) -> State:
    """A new life of one that has so many requests."""
    state = State(str(path), LOG)
    await keep(state, *requests(1, last))
    state.close()
    state = State(str(path), LOG)
    begun = await state.load()
    assert begun["queue"] == {str(number): number for number in range(1, 101)}
    assert begun["beyond"] == {"queue": last - 100, "discarded": 0, "last": 100, "greatest": last}
    return state


async def test_it_begins_with_100_requests_and_the_next_ones_come_when_asked_for(
    tmp_path: Path,
) -> None:
    state = await with_requests(tmp_path / "state.db", 250)
    assert await numbers(reading(state, 100)) == list(range(101, 201))
    assert await numbers(reading(state, 200)) == list(range(201, 251))
    assert await numbers(reading(state, 250)) == []
    state.close()


async def test_what_a_full_disk_could_not_take_is_among_them(tmp_path: Path) -> None:
    state = await with_requests(tmp_path / "state.db", 203)
    fill(state)
    await keep(state, row("queue", "204", LARGE), row("queue", "101", None))
    await keep(state, row("queue", "202", "tried once"))
    told = Told(state)
    assert [type(event) for event in told.heard] == [DiskFailed]
    assert await numbers(reading(state, 100)) == [*range(102, 202)]
    assert await numbers(reading(state, 201)) == ["tried once", 203, LARGE]
    begun = await state.load()  # a Reset
    assert begun["beyond"] == {"queue": 103, "discarded": 0, "last": 100, "greatest": 204}
    fill(state, 1000)
    state.close()


async def test_what_cannot_be_read_waits_and_comes_once_the_disk_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.cp.state, "RETRY_EVERY", 0.01)
    path = tmp_path / "state.db"
    state = await with_requests(path, 203)
    told = Told(state)
    failing = Failing(monkeypatch)
    state._give_up_file()  # as after an Input/output error
    found = reading(state, 200)
    await told.until(DiskFailed("Input/output error"))
    await keep(state, *requests(204, 205))
    assert not found.done()
    failing.works()
    await told.until(DiskWorks())
    assert await numbers(found) == [201, 202, 203, 204, 205]
    assert asides(path) == []  # what it holds is known
    state.close()


async def test_of_a_disk_that_is_read_only_all_portions_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state.db"
    state = await with_requests(path, 203)
    state.close()
    monkeypatch.setattr(rig.cp.state, "open_file", lambda path: Opened(None, "read-only"))
    state = State(str(path), LOG)
    assert (await state.load())["beyond"]["queue"] == 103
    await keep(state, row("queue", "204", 204), row("queue", "201", None))
    assert await numbers(reading(state, 100)) == list(range(101, 201))
    assert await numbers(reading(state, 200)) == [202, 203, 204]
    state.close()


async def test_a_damaged_request_of_a_later_portion_has_the_file_set_aside_and_the_others_come(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state.db"
    state = await with_requests(path, 203)
    state.close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE kept SET value = '{\"id\": ' WHERE key = '202'")
    database.close()
    state = State(str(path), LOG)
    await state.load()
    told = Told(state)
    assert await numbers(reading(state, 200)) == [201, 203]
    (event,) = told.heard
    assert isinstance(event, Damaged)
    assert "; 202 values could be read" in event.what
    assert len(asides(path)) == 1
    await keep(state, row("queue", "201", None))
    state.close()
    state = State(str(path), LOG)
    assert (await state.load())["beyond"]["queue"] == 101
    state.close()


async def test_a_new_life_gets_nothing_that_the_one_before_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.cp.state, "RETRY_EVERY", 0.01)
    state = await with_requests(tmp_path / "state.db", 203)
    told = Told(state)
    failing = Failing(monkeypatch)
    state._give_up_file()
    found = reading(state, 100)
    await told.until(DiskFailed("Input/output error"))
    failing.works()
    await state.load()
    assert await numbers(reading(state, 200)) == [201, 202, 203]
    assert not found.done()
    state.close()


async def test_requests_are_read_after_what_waits_for_a_disk_that_hangs(tmp_path: Path) -> None:
    state = await with_requests(tmp_path / "state.db", 203)
    released = await hang(state)
    state.keep([row("queue", "204", 204), row("queue", "201", None)], lambda: None)
    found = reading(state, 200)
    await turn()
    assert not found.done()
    released.set()
    assert await numbers(found) == [202, 203, 204]
    state.close()
