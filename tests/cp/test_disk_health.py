"""What is told of the disk, and to whom."""

import asyncio
import logging
from typing import Any

import pytest

import rig.cp.disk_health
from rig.cp.disk_health import DiskHealth
from rig.cp.logic.events import Damaged, DiskFailed, DiskWorks
from tests.event_loop import turn

LOG = logging.getLogger("rig.test")


async def test_a_failure_is_told_once_and_its_end_too(caplog: pytest.LogCaptureFixture) -> None:
    health, heard = DiskHealth("state.db", LOG), list[Any]()
    health.tell(heard.append)
    health.works()
    health.failed("full")
    health.failed("still full")
    health.works()
    await turn()
    assert heard == [DiskFailed("full"), DiskWorks()]
    assert [record.getMessage() for record in caplog.records] == [
        "state = cannot write state.db: full; a restart now would not know what happened since",
        "state = state.db is written again, nothing is missing",
    ]


async def test_the_log_says_it_again_and_again(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.cp.disk_health, "REPEAT_EVERY", 0.0)
    health = DiskHealth("state.db", LOG)
    for _ in range(3):
        health.failed("full")
    assert caplog.text.count("cannot write") == 3


async def test_who_comes_later_hears_what_nobody_heard_and_that_it_fails() -> None:
    health, heard = DiskHealth("state.db", LOG), list[Any]()
    health.damaged("page 2")
    health.failed("full")
    await turn()
    health.tell(heard.append)
    assert heard == [DiskFailed("full"), Damaged("page 2")]
    health.tell(None)
    health.damaged("page 3")
    await turn()
    health.tell(heard.append)
    assert heard[2:] == [DiskFailed("full"), Damaged("page 3")]


def test_when_the_event_loop_has_ended_nobody_is_called() -> None:
    async def made() -> DiskHealth:
        return DiskHealth("state.db", LOG)

    health = asyncio.run(made())
    health.call(lambda: pytest.fail("called"))
