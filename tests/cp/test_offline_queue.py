"""A charge point that was long away from its central system, and what it has to tell."""

import asyncio
import contextlib
import json
import random
import signal
import sqlite3
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from ocpp.v16 import call

from rig.cp import state_rows
from rig.cp.life import Life
from rig.cp.logic.events import Event, Fetched
from rig.cp.logic.kept import Fetch, Keep
from rig.cp.logic.saved import QUEUE, QueuedRequest
from rig.cp.state import State
from tests.cp.disks import LOG, keep, row
from tests.cp.site import Site, heard, site
from tests.cp.site import built as built
from tests.peers import ACCEPTED_BOOT, UNANSWERED, CentralSystem, End
from tests.processes import PATIENCE, embedded_bus, role

KILLS = 4
SEEDS = range(max(1, settings().max_examples // 100))  # 10 with scripts/test.sh --all


def requests(last: int) -> list[Keep[Any, Any]]:
    """StopTransactions of other lives, each with its number as its reading."""
    numbers = range(1, last + 1)
    return [Keep(QUEUE, one, QueuedRequest(one, stop(one), None, f"old-{one}")) for one in numbers]


def stop(number: int) -> call.StopTransaction:
    return call.StopTransaction(number, "2026-01-31T12:00:00Z", -1)


def readings(end: End) -> list[int]:
    """Of the StopTransactions that were heard, in order."""
    return [told["meterStop"] for _, action, told in end.heard if action == "StopTransaction"]


class Rows:
    """Counts the values that are read of the disk, and the memory, until the central system is
    told that there is a charge point."""

    def __init__(self) -> None:
        self.read = 0
        self.read_before_boot: list[int] = []
        self.peak_before_boot: list[int] = []  # bytes

    def loads(self, text: str) -> Any:
        self.read += 1
        return json.loads(text)

    def boot(self, _: Any) -> Any:
        self.read_before_boot.append(self.read)
        self.peak_before_boot.append(tracemalloc.get_traced_memory()[1])
        return ACCEPTED_BOOT


async def test_before_its_boot_a_charge_point_reads_a_portion_of_20000_requests(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Rows()
    script = {"BootNotification": rows.boot, "StopTransaction": UNANSWERED}
    async with site(tmp_path, request.node.name, script=script) as built:
        await built.state.load()
        await keep(built.state, *requests(20_000))
        monkeypatch.setattr(state_rows, "json", rows)
        monkeypatch.setattr(rows, "dumps", json.dumps, raising=False)
        tracemalloc.start()
        try:
            async with Life(built.equipment) as point:
                living = asyncio.create_task(point.live())
                end = await asyncio.to_thread(built.csms.connected)
                await heard(end, "StopTransaction", meterStop=1)
                waiting = len(point._point._delivery)
                living.cancel()
                await asyncio.gather(living, return_exceptions=True)
        finally:
            tracemalloc.stop()
    assert waiting == 20_002  # with the status of its connector, and its own
    assert rows.read_before_boot == [100]
    assert rows.peak_before_boot[0] < 1_000_000  # bytes; all of them take 60 million


async def test_portion_after_portion_is_told_in_order_and_a_damaged_request_is_set_aside(
    built: Site,
) -> None:
    await built.state.load()
    await keep(built.state, *requests(250), row("queue", "150", {"action": "nonsense"}))
    async with built.life() as (point, end, _):
        event = await heard(end, "SecurityEventNotification", type="StateDamaged")
        assert "queue/150 in the state is damaged" in event["techInfo"]
        assert await point._until(lambda: point._point.is_told, 60)
    assert readings(end) == [*range(1, 150), *range(151, 251)]
    begun = await built.state.load()
    assert not {"queue", "beyond"} & begun.keys()


async def test_requests_are_read_after_what_was_kept_before_and_damaged_ones_are_counted(
    built: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with built.life() as (point, _, _):
        fetched: asyncio.Future[Fetched] = asyncio.get_running_loop().create_future()
        feed = point.feed

        def seen(event: Event) -> None:
            fetched.set_result(event) if isinstance(event, Fetched) else feed(event)

        monkeypatch.setattr(point, "feed", seen)
        good = QueuedRequest(900, stop(1), None, "old-1")
        point._do([Keep(QUEUE, 900, good), row("queue", "901", {}), Fetch(899)])
        assert await asyncio.wait_for(fetched, PATIENCE) == Fetched((good,), 2, 901)


@pytest.fixture
def bus() -> Iterator[list[str]]:
    with embedded_bus() as options:
        yield options


async def filled(path: Path, last: int) -> None:
    state = State(str(path), LOG)
    await keep(state, *requests(last))
    state.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_after_each_kill_9_it_goes_on_where_it_was(
    seed: int, tmp_path: Path, bus: list[str]
) -> None:
    path = tmp_path / "state.db"
    asyncio.run(filled(path, 250))
    told: list[int] = []
    with CentralSystem() as csms:
        words = ["cp", *bus, "--csms", csms.url, "--state", str(path)]
        for count in random.Random(seed).choices(range(1, 60), k=KILLS):
            with role(*words) as program:
                end = csms.connected()
                for _ in range(count):
                    end.until("StopTransaction")
                program.end(signal.SIGKILL)
                end.closed()
            told += readings(end)
        with role(*words) as program:
            end = csms.connected()
            end.until("StopTransaction", meterStop=250)
            program.end()
            end.closed()
        told += readings(end)
    assert list(dict.fromkeys(told)) == list(range(1, 251))
    assert len(told) <= 250 + KILLS  # at most the one that was on its way is told twice
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT key FROM kept WHERE section = 'queue'").fetchall() == []
