"""One life of a charge point and its disk, which may be slow, full, damaged or of no use."""

import asyncio
import json
import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

import rig.cp.life
import rig.cp.state
from rig.cp.life import Life
from rig.cp.state import State
from rig.ocppj.logic.exchange import Note
from rig.role.errors import UserError
from tests.cp.disks import LOG, keep, row
from tests.cp.site import ACCEPTED, TWO, GatedState, Site, asked, heard
from tests.cp.site import built as built
from tests.damages import SET_ASIDE, Damage, asides, fill
from tests.peers import End
from tests.processes import PATIENCE


async def test_nothing_is_answered_before_it_is_on_the_disk(built: Site) -> None:
    async with built.life() as (_, end, _):
        built.state.is_slow = True
        kept = end.begin("ChangeConfiguration", {"key": "ConnectionTimeOut", "value": "17"})
        later = end.begin("GetConfiguration", {"key": ["ConnectionTimeOut"]})
        start = {"idTag": "RIG"}
        end.begin("RemoteStartTransaction", start)
        await built.frames(1, "200#")  # the bus does not wait for the disk
        assert not [text for text in end.texts if text.startswith("[3,")]
        built.state.go_on()
        assert await asyncio.to_thread(end.answer_to, kept) == ACCEPTED
        await asyncio.to_thread(end.answer_to, later)
        await heard(end, "StartTransaction")


async def test_an_answer_of_a_lost_connection_is_not_sent_on_the_next_one(built: Site) -> None:
    async with built.life() as (_, end, _):
        built.state.is_slow = True
        await asyncio.to_thread(
            end.begin, "ChangeConfiguration", {"key": "ConnectionTimeOut", "value": "17"}
        )
        await asyncio.to_thread(end.begin, "RemoteStartTransaction", {"idTag": "RIG"})
        await built.frames(1, "200#")
        end.websocket.close()
        again = await asyncio.to_thread(built.csms.connected)
        built.state.go_on()
        await heard(again, "StartTransaction")
        assert not [text for text in again.texts if text.startswith("[3,")]


async def test_what_is_kept_is_on_the_disk_when_the_life_is_over(built: Site) -> None:
    async with built.life() as (point, _, _):
        cast(Any, point)._do([row("test", "key", "value")])
    assert (await built.state.load())["test"] == {"key": "value"}


async def test_a_line_of_the_log_that_waits_for_the_disk_outlasts_the_connection(
    built: Site, caplog: pytest.LogCaptureFixture
) -> None:
    async with built.life() as (point, _, _):
        life: Any = point
        life._do([row("test", "key", "value"), Note("told late", is_warning=True)])
        peer, life._peer = life._peer, None
        await life._write_ahead.settled()
        life._peer = peer
        assert "told late" in caplog.text


@TWO
async def test_the_stop_is_on_the_bus_before_the_state_is_opened(built: Site) -> None:
    """Though the disk hangs for ever: neither is anything else sent before."""
    asked, opened = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def load() -> dict[str, Any]:
        asked.set()
        return dict(await opened)

    cast(Any, built.state).load = load
    point = Life(built.equipment)
    entering = asyncio.create_task(point.__aenter__())
    for connector in (1, 2):
        assert await built.frames(connector, "201#") == ["201#"]
    await asyncio.wait_for(asked.wait(), PATIENCE)
    assert point.is_stopped
    opened.set_result({})
    await asyncio.wait_for(entering, PATIENCE)
    await point.__aexit__(None, None, None)
    assert built.others[0].recv(0) is None  # the Stop is not owed again


async def test_a_state_that_cannot_be_used_ends_the_life_with_the_buses_closed_and_stop_seen(
    tmp_path: Path, built: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOG.name)
    built.equipment = replace(built.equipment, state=State(str(tmp_path), LOG))
    with pytest.raises(UserError, match="is a directory"):
        async with Life(built.equipment):
            pytest.fail("it lives")
    assert await built.frames(1, "201#") == ["201#"]
    assert re.findall(r"can > Stop|can = closed", caplog.text) == ["can > Stop", "can = closed"]
    built.equipment.state.close()


@pytest.mark.parametrize("damage", SET_ASIDE.values(), ids=SET_ASIDE.keys())
async def test_a_damaged_state_is_told_and_the_charge_point_goes_on(
    tmp_path: Path, built: Site, damage: Damage
) -> None:
    path = tmp_path / "old.db"
    old = State(str(path), LOG)
    await keep(old, row("meter", "1", 42), *(row("old", str(n), "x" * 400) for n in range(60)))
    await keep(old, row("old", "1", {"id": "a"}))
    old.close()
    damage(path)
    built.state.close()
    built.state = GatedState(str(path))
    built.equipment = replace(built.equipment, state=built.state)
    async with built.life() as (_, end, _):
        assert await built.frames(1, "201#") == ["201#"]
        (event,) = events_told(end)
        assert "is damaged (" in event["techInfo"]
        assert await asked(end, "RemoteStartTransaction", idTag="RIG") == ACCEPTED
    assert len(asides(path)) == 1


async def test_a_value_that_makes_no_sense_is_set_aside_and_told(built: Site) -> None:
    await built.state.load()
    await keep(built.state, row("meter", "1", "much"), row("queue", "7", {}))
    async with built.life() as (_, end, _):
        assert await built.frames(1, "201#") == ["201#"]
        first, second = events_told(end)
        assert "meter/1 in the state is damaged" in first["techInfo"]
        assert "queue/7 in the state is damaged" in second["techInfo"]
    loaded = await built.state.load()
    assert not {"meter", "queue", "damaged"} & loaded.keys()  # nobody needs them
    assert built.state._database
    aside = built.state._database.execute("SELECT key FROM kept WHERE section = 'damaged'")
    assert aside.fetchall() == [("meter/1",), ("queue/7",)]


def events_told(end: End) -> list[Any]:
    """The security events that were told before the statuses."""
    messages = [json.loads(text) for text in end.texts]
    return [one[3] for one in messages if one[2] == "SecurityEventNotification"]


async def test_while_the_disk_is_full_it_says_so_and_takes_nothing_that_is_to_be_kept(
    built: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.cp.state, "RETRY_EVERY", 0.01)
    change = {"key": "ConnectionTimeOut", "value": "17"}
    async with built.life() as (_, end, _):
        fill(built.state)
        await keep(built.state, row("test", "large", "x" * 20_000))
        told = await heard(end, "StatusNotification", connectorId=0, errorCode="InternalError")
        assert told["info"] == "state cannot be written: database or disk is full"
        assert (await asked(end, "ChangeConfiguration", **change))["status"] == "Rejected"
        assert await asked(end, "RemoteStartTransaction", idTag="RIG") == ACCEPTED
        await heard(end, "StartTransaction")
        fill(built.state, 1000)
        await heard(end, "StatusNotification", connectorId=0, errorCode="NoError")
        assert await asked(end, "ChangeConfiguration", **change) == ACCEPTED
