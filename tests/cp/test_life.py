"""One life of a charge point in this process: virtual buses, a bare central system, a real disk."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import can
import pytest
from ocpp.v16.enums import Reason

import rig.cp.life
import rig.cp.state
from rig.bus.dbc import read_codec
from rig.bus.logic.echoes import Echoes
from rig.cp.csms_link import CsmsLink
from rig.cp.life import Equipment, Life
from rig.cp.logic.events import At, Unplugged
from rig.cp.logic.kept import Keep
from rig.cp.logic.settings import Identity, Settings
from rig.cp.state import State
from rig.ocppj.logic.exchange import Note
from rig.role.bench import Bench
from rig.role.errors import UserError
from tests.cp.rows import row
from tests.damages import SET_ASIDE, Damage, asides, fill
from tests.event_loop import arriving, stand_still
from tests.peers import UNANSWERED, CentralSystem, End
from tests.processes import PATIENCE

LOG = logging.getLogger("rig.test")
ACCEPTED = {"status": "Accepted"}


class GatedState(State):
    """A disk that may take its time."""

    def __init__(self, path: str) -> None:
        super().__init__(path, LOG)
        self.is_slow = False
        self._late: list[tuple[Any, Callable[[], None]]] = []

    def keep(self, values: Any, done: Callable[[], None]) -> None:
        if self.is_slow:
            self._late.append((values, done))
        else:
            super().keep(values, done)

    def go_on(self) -> None:
        """Write what waits."""
        self.is_slow, late, self._late = False, self._late, []
        for values, done in late:
            super().keep(values, done)


class Site:
    """A charge point with its buses and its state, and the lives that it has."""

    def __init__(self, folder: Path, name: str, csms: CentralSystem, connectors: int) -> None:
        self.configs: list[dict[str, Any]] = [
            {"interface": "virtual", "channel": f"{name}-{number}", "ignore_config": True}
            for number in range(1, connectors + 1)
        ]
        self.others = [can.Bus(**config) for config in self.configs]
        self.state = GatedState(str(folder / "state.db"))
        self.equipment = Equipment(
            "CP_1",
            Settings(Identity("v", "m", "1"), connectors=connectors),
            read_codec(Bench()),
            self.configs,
            self.state,
            CsmsLink(csms.url, "CP_1", LOG),
            None,
            LOG,
        )
        self.csms = csms

    @asynccontextmanager
    async def life(self) -> AsyncIterator[tuple[Life, End, "asyncio.Task[None]"]]:
        """One life, its connection once it has booted, and what it lives in."""
        async with Life(self.equipment) as point:
            await asyncio.wait_for(point.wait_until_up(), PATIENCE)
            living = asyncio.create_task(point.live())
            try:
                end = await asyncio.to_thread(self.csms.connected)
                await heard(end, "StatusNotification", connectorId=len(self.configs))
                # Its first Stop has come back from the bus: no Start is accepted before.
                assert await point._until(lambda: point.is_stopped, PATIENCE)
                yield point, end, living
            finally:
                self.state.go_on()
                living.cancel()
                await asyncio.gather(living, return_exceptions=True)

    async def frames(self, connector: int, until: str) -> list[str]:
        """What the bus of a connector carries next, up to this frame."""
        seen: list[str] = []
        while until not in seen:
            message = await asyncio.to_thread(self.others[connector - 1].recv, PATIENCE)
            assert message is not None, f"{until} never came after {seen}"
            seen.append(f"{message.arbitration_id:03X}#{message.data.hex().upper()}")
        return seen

    def close(self) -> None:
        for other in self.others:
            other.shutdown()
        self.state.close()


async def heard(end: End, action: str, **fields: Any) -> Any:
    return await asyncio.to_thread(end.until, action, **fields)


async def asked(end: End, action: str, **payload: Any) -> Any:
    return await asyncio.to_thread(end.ask, action, payload)


@asynccontextmanager
async def site(
    folder: Path,
    request: pytest.FixtureRequest,
    connectors: int = 1,
    script: dict[str, Any] | None = None,
) -> AsyncIterator[Site]:
    with CentralSystem(script) as csms:
        built = Site(folder, request.node.name, csms, connectors)
        try:
            yield built
        finally:
            built.close()


async def test_a_life_begins_and_ends_with_a_stop(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with site(tmp_path, request) as built:
        async with built.life():
            assert await built.frames(1, "201#") == ["201#"]
        assert await built.frames(1, "201#") == ["201#"]


async def test_each_connector_has_its_own_bus(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with site(tmp_path, request, connectors=2) as built, built.life() as (point, end, _):
        start = await asked(end, "RemoteStartTransaction", idTag="RIG", connectorId=2)
        assert start == ACCEPTED
        await heard(end, "StartTransaction", connectorId=2)
        assert await built.frames(2, "200#") == ["201#", "200#"]
        current = can.Message(arbitration_id=0x300, data=[20, 0], is_extended_id=False)
        built.others[1].send(current)
        await heard(end, "MeterValues", connectorId=2)
        point.feed(At(2, Unplugged()))
        await heard(end, "StopTransaction", reason="EVDisconnected")
        assert await built.frames(2, "201#") == ["201#"]
        assert await built.frames(1, "201#") == ["201#"]  # its first, and no other one
        await asyncio.to_thread(built.others[0].recv, 0)


async def test_a_reset_ends_the_life_and_what_is_kept_outlasts_it(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with site(tmp_path, request) as built:
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


async def test_nothing_is_answered_before_it_is_on_the_disk(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with site(tmp_path, request) as built, built.life() as (_, end, _):
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


async def test_an_answer_of_a_lost_connection_is_not_sent_on_the_next_one(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with site(tmp_path, request) as built, built.life() as (_, end, _):
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


@pytest.mark.parametrize("has_started", [True, False])
async def test_a_defect_does_not_keep_the_stop_from_the_bus(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    has_started: bool,
) -> None:
    """Not even where it takes the charger for stopped: the Stop is waited for as well."""
    caplog.set_level(logging.INFO, LOG.name)
    async with site(tmp_path, request) as built:
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


async def test_a_central_system_that_does_not_answer_is_not_waited_for_long(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rig.cp.life, "TELL_TIMEOUT", 0.01)
    async with site(tmp_path, request, script={"StopTransaction": UNANSWERED}) as built:
        async with built.life() as (_, end, living):
            assert await asked(end, "RemoteStartTransaction", idTag="RIG") == ACCEPTED
            await heard(end, "StartTransaction")
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
        assert "the CSMS was not told everything" in caplog.text
        queue = (await built.state.load())["queue"]
        assert [queued["action"] for queued in queue.values()] == ["StopTransaction"]


async def test_what_is_kept_is_on_the_disk_when_the_life_is_over(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with site(tmp_path, request) as built:
        async with built.life() as (point, _, _):
            cast(Any, point)._do([row("test", "key", "value")])
        assert (await built.state.load())["test"] == {"key": "value"}


async def test_a_line_of_the_log_that_waits_for_the_disk_outlasts_the_connection(
    tmp_path: Path, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    async with site(tmp_path, request) as built, built.life() as (point, _, _):
        life: Any = point
        life._do([row("test", "key", "value"), Note("told late", is_warning=True)])
        peer, life._peer = life._peer, None
        await life._write_ahead.settled()
        life._peer = peer
        assert "told late" in caplog.text


async def test_a_defect_stops_each_connector(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with site(tmp_path, request, connectors=2) as built:
        async with built.life() as (point, _, _):
            for number in (1, 2):
                await built.frames(number, "201#")
            break_it(point)
        assert await built.frames(1, "201#") == ["201#"]
        assert await built.frames(2, "201#") == ["201#"]


@pytest.mark.parametrize("is_broken", [False, True])
async def test_a_stop_that_does_not_come_back_is_said_to_be_unconfirmed(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    is_broken: bool,
) -> None:
    async with site(tmp_path, request) as built:
        async with built.life() as (point, _, _):
            if is_broken:
                break_it(point)
            monkeypatch.setattr(Echoes, "echoed", lambda *_: None)
        assert "Stop was NOT confirmed: the charger may still run" in caplog.text


async def test_the_central_system_is_pinged_as_often_as_configured(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a connection that was cut without a word counts as one for ever."""
    async with site(tmp_path, request) as built:
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


async def test_what_came_while_it_stood_still_on_its_way_out_is_not_missing(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """As the echo of its Stop: else it says that the charger may still run, and ends in 1."""
    came = asyncio.Event()
    async with site(tmp_path, request) as built, built.life() as (point, _, _):

        def comes() -> None:
            came.set()
            point._fed.set()

        with arriving(comes):
            asyncio.get_running_loop().call_soon(stand_still, 0.3)
            assert await point._until(came.is_set, 0.1)


async def test_the_stop_is_on_the_bus_before_the_state_is_opened(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Though the disk hangs for ever: neither is anything else sent before."""
    async with site(tmp_path, request, connectors=2) as built:
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
    tmp_path: Path, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOG.name)
    async with site(tmp_path, request) as built:
        built.equipment = replace(built.equipment, state=State(str(tmp_path), LOG))
        with pytest.raises(UserError, match="is a directory"):
            async with Life(built.equipment):
                pytest.fail("it lives")
        assert await built.frames(1, "201#") == ["201#"]
        assert re.findall(r"can > Stop|can = closed", caplog.text) == ["can > Stop", "can = closed"]
        built.equipment.state.close()


@pytest.mark.parametrize("damage", SET_ASIDE.values(), ids=SET_ASIDE.keys())
async def test_a_damaged_state_is_told_and_the_charge_point_goes_on(
    tmp_path: Path, request: pytest.FixtureRequest, damage: Damage
) -> None:
    path = tmp_path / "old.db"
    old = State(str(path), LOG)
    await kept(old, row("meter", "1", 42), *(row("old", str(n), "x" * 400) for n in range(60)))
    await kept(old, row("old", "1", {"id": "a"}))
    old.close()
    damage(path)
    async with site(tmp_path, request) as built:
        built.state.close()
        built.state = GatedState(str(path))
        built.equipment = replace(built.equipment, state=built.state)
        async with built.life() as (_, end, _):
            assert await built.frames(1, "201#") == ["201#"]
            (event,) = events_told(end)
            assert "is damaged (" in event["techInfo"]
            assert await asked(end, "RemoteStartTransaction", idTag="RIG") == ACCEPTED
        assert len(asides(path)) == 1


async def test_a_value_that_makes_no_sense_is_set_aside_and_told(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with site(tmp_path, request) as built:
        await built.state.load()
        await kept(built.state, row("meter", "1", "much"), row("queue", "7", {}))
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


async def kept(state: State, *values: Keep[Any, Any]) -> None:
    done = asyncio.Event()
    state.keep(values, done.set)
    await asyncio.wait_for(done.wait(), PATIENCE)


async def test_while_the_disk_is_full_it_says_so_and_takes_nothing_that_is_to_be_kept(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.cp.state, "RETRY_EVERY", 0.01)
    change = {"key": "ConnectionTimeOut", "value": "17"}
    async with site(tmp_path, request) as built, built.life() as (_, end, _):
        fill(built.state)
        await kept(built.state, row("test", "large", "x" * 20_000))
        told = await heard(end, "StatusNotification", connectorId=0, errorCode="InternalError")
        assert told["info"] == "state cannot be written: database or disk is full"
        assert (await asked(end, "ChangeConfiguration", **change))["status"] == "Rejected"
        assert await asked(end, "RemoteStartTransaction", idTag="RIG") == ACCEPTED
        await heard(end, "StartTransaction")
        fill(built.state, 1000)
        await heard(end, "StatusNotification", connectorId=0, errorCode="NoError")
        assert await asked(end, "ChangeConfiguration", **change) == ACCEPTED
