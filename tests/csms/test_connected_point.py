"""The shell of one charge point."""

import asyncio
import contextlib
import functools
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

import rig.csms.connected_point
from rig.csms.connected_point import ConnectedPoint
from rig.csms.logic.events import Done
from rig.csms.logic.machine import ChargePointMachine
from rig.ocppj.connection import FairClientConnection
from rig.ocppj.logic.rate_limit import Quota
from rig.role.log import RateLimited
from rig.role.logic.rate_limit import RateLimit
from tests.event_loop import stand_still_at_ping
from tests.peers import ChargePoint
from tests.served import BOOT, LOG, NONE, NOW, OCPP, BarePoint, Memory, served

START = {"connectorId": 1, "idTag": "RIG", "meterStart": 0, "timestamp": NOW}


# the database


async def test_a_start_is_answered_when_the_database_has_it_and_others_go_on_meanwhile() -> None:
    async with served() as central:
        point = await central.booted()
        central.store.held.clear()
        await point.send([2, "start", "StartTransaction", START])
        other = await central.booted("CP_2")
        assert "currentTime" in await other.ask("Heartbeat", {})
        central.store.held.set()
        _, unique_id, answer = await point.heard()
        assert (unique_id, answer["transactionId"]) == ("start", 4)
        (shown, _) = central.system.charge_points()
        assert shown["transactions"] == [{"id": 4, "connector": 1}]


async def test_what_was_asked_is_stored_though_the_connection_is_lost_before_the_answer() -> None:
    async with served() as central:
        point = await central.booted()
        central.store.held.clear()
        await point.send([2, "start", "StartTransaction", START])
        await point.ask("Heartbeat", {})
        await point.websocket.close()
        central.store.held.set()
        await asyncio.gather(*central.store.asked)
        (shown,) = central.system.charge_points()
        assert shown["transactions"] == [{"id": 4, "connector": 1}]


async def test_who_fills_the_database_is_read_more_slowly_also_on_a_new_connection(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(
        rig.csms.connected_point, "Quota", functools.partial(Quota, rate=0.001, burst=2.0)
    )
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    async with served() as central:
        point = await central.booted()
        for _ in range(2):  # the boot is a row as well
            await point.ask("StatusNotification", status)
        await point.websocket.close()
        again = await central.connect()
        await again.send([2, "held", "StatusNotification", status])
        other = await central.booted("CP_2")
        await other.ask("Heartbeat", {})
        noted = [type(each).__name__ for each in central.store.noted]
        assert noted.count("StatusNotification") == 2
    assert "held up: it has the database written faster than it may, 1 so far" in caplog.text


async def test_boots_statuses_heartbeats_and_security_events_are_noted() -> None:
    async with served() as central:
        point = await central.booted()
        await point.ask("Heartbeat", {})
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
        await point.ask("StatusNotification", status)
        await point.ask("SecurityEventNotification", {"type": "X", "timestamp": NOW})
        noted = [type(each).__name__ for each in central.store.noted]
        assert noted == ["BootNotification", "Heartbeat", "StatusNotification"]
        assert central.store.security == [("CP_1", "X", "")]


# one connection at a time


async def test_one_that_answers_no_ping_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig.csms.connected_point, "PING_PATIENCE", 0.1)
    async with served() as central:
        dead = await central.booted()
        dead.websocket.transport.pause_reading()
        point = await central.connect()
        assert "currentTime" in await point.ask("Heartbeat", {})
        (_, _, detail) = central.store.security[0]
        assert "replaces the first one, which is dead" in detail


async def test_one_whose_pong_came_while_this_process_stood_still_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rig.csms.connected_point, "PING_PATIENCE", 0.1)
    async with served() as central:
        first = await asyncio.to_thread(ChargePoint, central.url, "CP_1")
        with first:
            await asyncio.to_thread(first.boot)
            stood = stand_still_at_ping(central.system._points["CP_1"]._connection, 0.3)
            with pytest.raises(InvalidStatus, match="409"):
                await central.connect()
            assert stood.is_set()
            assert "currentTime" in await asyncio.to_thread(first.ask, "Heartbeat", {})


async def test_of_two_that_want_to_replace_a_dead_one_at_once_one_is_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rig.csms.connected_point, "PING_PATIENCE", 0.1)
    async with served() as central:
        dead = await central.booted()
        dead.websocket.transport.pause_reading()
        came = await asyncio.gather(central.connect(), central.connect(), return_exceptions=True)
        answered = 0
        for each in came:
            if isinstance(each, BarePoint):  # else it was told 409
                with contextlib.suppress(ConnectionClosed):
                    answered += "currentTime" in await each.ask("Heartbeat", {})
        assert answered == 1


async def test_strangers_cannot_have_a_charge_point_flooded_with_pings() -> None:
    """Our own takes 100 at once, and then leaves a central system that sends more."""
    async with served() as central:
        socket = await connect(
            central.url + "CP_1",
            subprotocols=[OCPP],
            proxy=None,
            create_connection=FairClientConnection,
        )
        first = BarePoint(socket)
        await first.ask("BootNotification", BOOT)
        for _ in range(4):
            came = [central.connect() for _ in range(30)]
            refused = await asyncio.gather(*came, return_exceptions=True)
            assert {str(each) for each in refused} == {
                "server rejected WebSocket connection: HTTP 409"
            }
        assert "currentTime" in await first.ask("Heartbeat", {})


async def test_one_that_proved_alive_is_pinged_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig.csms.connected_point, "PING_PATIENCE", 0.1)
    monkeypatch.setattr(rig.csms.connected_point, "PROVEN", 0.0)
    async with served() as central:
        first = await central.booted()
        with pytest.raises(InvalidStatus, match="409"):
            await central.connect()
        first.websocket.transport.pause_reading()
        second = await central.connect()
        assert "currentTime" in await second.ask("Heartbeat", {})


async def test_a_point_without_a_connection_is_not_alive() -> None:
    assert not await new_point().is_alive()
    assert not new_point().is_connected


async def test_a_done_without_a_future_is_a_defect() -> None:
    point = new_point()
    with pytest.raises(TypeError):
        point._do(Done("key", None))


def new_point() -> ConnectedPoint:
    store: Any = Memory()
    log = RateLimited(LOG, "CP_1", RateLimit(1, 60.0, 1))
    return ConnectedPoint("CP_1", ChargePointMachine(NONE, lambda now: now), store, log, None)
