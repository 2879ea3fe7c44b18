"""One life of a charge point in this process: virtual buses, a bare central system, a real disk."""

import asyncio
import logging
import re
from typing import Any, cast

import can
import pytest
from ocpp.v16.enums import Reason

import rig.cp.life
import rig.cp.state
from rig.bus.logic.echoes import Echoes
from rig.cp.life import Life
from rig.cp.logic.events import At, Unplugged
from tests.cp.disks import LOG
from tests.cp.site import ACCEPTED, TWO, Site, asked, heard
from tests.cp.site import built as built
from tests.event_loop import arriving, stand_still
from tests.peers import UNANSWERED
from tests.processes import PATIENCE


async def test_a_life_begins_and_ends_with_a_stop(built: Site) -> None:
    async with built.life():
        assert await built.frames(1, "201#") == ["201#"]
    assert await built.frames(1, "201#") == ["201#"]


@TWO
async def test_each_connector_has_its_own_bus(built: Site) -> None:
    async with built.life() as (point, end, _):
        start = await asked(end, "RemoteStartTransaction", idTag="RIG", connectorId=2)
        assert start == ACCEPTED
        await heard(end, "StartTransaction", connectorId=2)
        assert await built.frames(2, "200#") == ["201#", "210#2000", "200#"]
        current = can.Message(arbitration_id=0x300, data=[20, 0], is_extended_id=False)
        built.others[1].send(current)
        await heard(end, "MeterValues", connectorId=2)
        point.feed(At(2, Unplugged()))
        await heard(end, "StopTransaction", reason="EVDisconnected")
        assert await built.frames(2, "201#") == ["201#"]
        assert await built.frames(1, "201#") == ["201#"]  # its first, and no other one
        assert built.others[0].recv(0) is None


async def test_a_reset_ends_the_life_and_what_is_kept_outlasts_it(built: Site) -> None:
    async with built.life() as (point, end, living):
        await asked(end, "ChangeConfiguration", key="ConnectionTimeOut", value="17")
        assert await asked(end, "RemoteStartTransaction", idTag="RIG") == ACCEPTED
        assert await asked(end, "Reset", type="Hard") == ACCEPTED
        await heard(end, "StopTransaction", reason="HardReset")
        await asyncio.wait_for(living, PATIENCE)
        assert point.restart == Reason.hard_reset
    async with built.life() as (_, end, _):
        got = await asked(end, "GetConfiguration", key=["ConnectionTimeOut"])
        assert got["configurationKey"][0]["value"] == "17"


@pytest.mark.parametrize("has_started", [True, False])
async def test_a_defect_does_not_keep_the_stop_from_the_bus(
    built: Site, caplog: pytest.LogCaptureFixture, has_started: bool
) -> None:
    """Not even where it takes the charger for stopped: the Stop is waited for as well."""
    caplog.set_level(logging.INFO, LOG.name)
    async with built.life() as (point, end, _):
        await built.frames(1, "201#")
        if has_started:
            assert await asked(end, "RemoteStartTransaction", idTag="RIG") == ACCEPTED
            await built.frames(1, "200#")
        break_it(point)
    assert await built.frames(1, "201#") == ["201#"]
    assert "the charge point is broken: Stop without it" in caplog.text
    seen = re.findall(r"can > (?:sent too late: )?Stop", caplog.text)
    assert len(seen) == 2  # as it began, and as it ended
    assert "NOT confirmed" not in caplog.text


def break_it(point: Life) -> None:
    def broken(event: object, now: float) -> list[Any]:
        raise RuntimeError("a defect")

    cast(Any, point)._point.receive = broken


@pytest.mark.parametrize(
    "built", [{"script": {"StopTransaction": UNANSWERED}}], indirect=True, ids=["no answer"]
)
async def test_a_central_system_that_does_not_answer_is_not_waited_for_long(
    built: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.cp.life, "TELL_TIMEOUT", 0.01)
    async with built.life() as (_, end, living):
        assert await asked(end, "RemoteStartTransaction", idTag="RIG") == ACCEPTED
        await heard(end, "StartTransaction")
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
    assert "the CSMS was not told everything" in caplog.text
    queue = (await built.state.load())["queue"]
    assert [queued["action"] for queued in queue.values()] == ["StopTransaction"]


@TWO
async def test_a_defect_stops_each_connector(built: Site) -> None:
    async with built.life() as (point, _, _):
        for number in (1, 2):
            await built.frames(number, "201#")
        break_it(point)
    assert await built.frames(1, "201#") == ["201#"]
    assert await built.frames(2, "201#") == ["201#"]


@pytest.mark.parametrize("is_broken", [False, True])
async def test_a_stop_that_does_not_come_back_is_said_to_be_unconfirmed(
    built: Site,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    is_broken: bool,
) -> None:
    async with built.life() as (point, _, _):
        if is_broken:
            break_it(point)
        monkeypatch.setattr(Echoes, "echoed", lambda *_: None)
    assert "Stop was NOT confirmed: the charger may still run" in caplog.text


async def test_the_central_system_is_pinged_as_often_as_configured(
    built: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a connection that was cut without a word counts as one for ever."""
    given: list[float] = []
    stay = built.equipment.link.stay

    async def noted(serve: Any, ping_every: float) -> None:
        given.append(ping_every)
        await stay(serve, ping_every)

    monkeypatch.setattr(built.equipment.link, "stay", noted)
    async with built.life() as (_, end, _):
        change = {"key": "WebSocketPingInterval", "value": "7"}
        answer = await asked(end, "ChangeConfiguration", **change)
        assert answer == {"status": "RebootRequired"}
    async with built.life():
        assert given == [20, 7]


async def test_what_came_while_it_stood_still_on_its_way_out_is_not_missing(built: Site) -> None:
    """As the echo of its Stop: else it says that the charger may still run, and ends in 1."""
    came = asyncio.Event()
    async with built.life() as (point, _, _):

        def comes() -> None:
            came.set()
            point._fed.set()

        with arriving(comes):
            asyncio.get_running_loop().call_soon(stand_still, 0.3)
            assert await point._until(came.is_set, 0.1)
