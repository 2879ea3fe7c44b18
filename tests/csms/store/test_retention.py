"""What `rig csms --keep DAYS` deletes, and when."""

import asyncio
import logging
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from rig.csms.store import retention
from rig.csms.store.retention import kept_for
from rig.csms.store.store import StoreFailed
from tests.csms_bench import Csms
from tests.csms_bench import csms_fixture as csms_fixture
from tests.peers import ChargePoint
from tests.processes import role

LOG = logging.getLogger("rig.test")
DAY = 86400.0


class Store:
    """One that has so many rows to delete each time; None: it fails."""

    def __init__(self, *deleted: int | None) -> None:
        self._deleted = list(deleted)
        self.ages: list[float] = []
        self.asked = asyncio.Event()

    async def delete_older(self, age: float, now: float) -> int:
        assert abs(time.time() - now) < 3600.0
        self.ages.append(age)
        number = self._deleted.pop(0)
        if not self._deleted:
            self.asked.set()
            await asyncio.Event().wait()
        if number is None:
            raise StoreFailed("the disk is full")
        return number


async def kept(store: Any, days: float | None) -> None:
    async with kept_for(days, store, LOG):
        await asyncio.wait_for(store.asked.wait(), 60.0)


async def test_it_deletes_at_the_start_and_again_and_says_what_went(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(retention, "EVERY", 0.0)
    caplog.set_level(logging.INFO)
    store = Store(7, 0, 0)
    await kept(store, 30.0)
    assert store.ages == [30 * DAY] * 3
    assert caplog.messages == ["database: 7 rows deleted that were over for 30 days"]


async def test_a_database_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "EVERY", 0.0)
    store = Store(None, 0)
    await kept(store, 1.0)
    assert len(store.ages) == 2


async def test_without_a_limit_everything_is_kept() -> None:
    store: Any = Store()
    async with kept_for(None, store, LOG):
        pass
    assert store.ages == []


def test_the_central_system_deletes_what_is_older_than_asked(csms: Csms, tmp_path: Path) -> None:
    program, url = csms("--cycle", "none")
    with ChargePoint(url, "CP_1") as point:
        point.boot()
        point.ask("SecurityEventNotification", {"type": "X", "timestamp": "2026-01-01T00:00:00Z"})
    assert program.end() == 0
    with sqlite3.connect(tmp_path / "csms.db") as other:
        other.execute("UPDATE security_events SET at = at - 2 * 86400")
    program, _ = csms("--cycle", "none", "--keep", "1")
    program.until("database: 1 rows deleted that were over for 1 days$")
    with sqlite3.connect(tmp_path / "csms.db") as other:
        assert other.execute("SELECT count(*) FROM security_events").fetchone() == (0,)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "x"])
def test_what_is_no_number_of_days_is_refused(text: str) -> None:
    with role("csms", f"--keep={text}") as program:
        program.until("argument --keep: ")
        assert program.process.wait(60) == 2
