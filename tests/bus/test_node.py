"""Messages in and out through a port on python-can's virtual bus, and their log lines."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import can
import pytest

from rig.bus import node as node_module
from rig.bus.dbc import read_codec
from rig.bus.logic.link import Late, LinkDown, LinkUp, Lost, NotSent, Received, Sent
from rig.bus.logic.messages import KINDS, REPORTS, Burst, Current, Frame, SetLimit, Start, Stop
from rig.bus.node import Node, NodeEvent
from rig.role.bench import Bench
from tests import refusing_backend
from tests.event_loop import turn
from tests.processes import PATIENCE
from tests.slcan_adapter import SlcanAdapter


@dataclass
class Place:
    """A node on a bus of its own, what it told, and another sender on that bus."""

    node: Node
    other: can.BusABC
    events: list[NodeEvent]
    times: list[float]  # of the events (s of the event loop)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def hold(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    def cansend(self, identifier: int, data: bytes = b"", **kind: Any) -> None:
        message = can.Message(arbitration_id=identifier, is_extended_id=False, data=data, **kind)
        self.other.send(message)


@asynccontextmanager
async def place(name: str, interface: str = "virtual") -> AsyncIterator[Place]:
    """A node that listens to Current alone."""
    config: dict[str, Any] = {"interface": interface, "channel": name, "ignore_config": True}
    events: list[NodeEvent] = []
    times: list[float] = []

    def on_event(event: NodeEvent, at: float) -> None:
        events.append(event)
        times.append(at)
        found.changed.set()

    with can.Bus(**config | {"interface": "virtual"}) as other:
        log = logging.getLogger("rig.test")
        node = Node(config, read_codec(Bench()), log, on_event, listens_to=(Current,))
        found = Place(node, other, events, times)
        async with node:
            await asyncio.wait_for(node.wait_until_up(), PATIENCE)
            yield found


@pytest.fixture(autouse=True)
def _log_all(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "rig.test")


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "rig.test"]


async def test_it_says_that_the_bus_is_up(caplog: pytest.LogCaptureFixture) -> None:
    async with place("up") as here:
        assert here.events == [LinkUp()]
        assert lines(caplog) == ["can = virtual up is up"]


async def test_where_own_frames_cannot_be_had_it_says_what_sent_means(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing_backend.use(monkeypatch)
    async with place("silent", refusing_backend.NAME) as here:
        here.node.send(Start(), 7)
        await here.hold(lambda: Sent(7) in here.events)
        seen = here.other.recv(PATIENCE)
        assert seen is not None
        assert seen.arbitration_id == 0x200
        assert lines(caplog) == [
            "can = refusing silent is up; 'sent' means that its driver took the frame",
            "can > Start (200#)",
        ]


async def test_what_was_garbled_is_named_and_counted_to_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """On python-can's slcan: tests/bus/test_python_can_wire.py."""
    with SlcanAdapter() as adapter:
        config = adapter.config | {"ignore_config": True}
        events: list[NodeEvent] = []
        heard = asyncio.Event()

        def on_event(event: NodeEvent, at: float) -> None:
            events.append(event)
            if event == Current(20):
                heard.set()

        log = logging.getLogger("rig.test")
        async with Node(config, read_codec(Bench()), log, on_event, listens_to=(Current,)) as node:
            await asyncio.wait_for(node.wait_until_up(), PATIENCE)
            adapter.hear(b"t3zz21400", b"t3", b"t30021400")
            await asyncio.wait_for(heard.wait(), PATIENCE)
        assert events == [LinkUp(), Current(20)]
    why = "ValueError: invalid literal for int() with base 16: '3zz'"
    assert lines(caplog)[1:] == [
        f"can < ignored garbled input ({why}), 1 so far",
        "can < Current current=20 A (300#1400)",
        "can = closed; received frames lost: unknown; bad: garbled input: 2",
    ]


async def test_a_sent_message_is_told_with_its_key_and_logged_decoded_and_raw(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with place("sent") as here:
        here.node.send(SetLimit(100.0), 70)
        here.node.send(Start(), 7)
        await here.hold(lambda: Sent(7) in here.events)
        seen = here.other.recv(PATIENCE)
        assert seen is not None
        assert (seen.arbitration_id, bytes(seen.data)) == (0x210, b"\x64\x00")
        assert here.events == [LinkUp(), Sent(70), Sent(7)]
        assert lines(caplog)[1:] == ["can > SetLimit limit=100 A (210#6400)", "can > Start (200#)"]


async def test_a_message_that_the_bus_cannot_carry_is_refused_to_the_caller() -> None:
    async with place("refused") as here:
        with pytest.raises(ValueError, match="does not fit the DBC"):
            here.node.send(SetLimit(-1.0))


async def test_it_hears_only_the_kinds_that_it_listens_to(caplog: pytest.LogCaptureFixture) -> None:
    async with place("listens") as here:
        here.cansend(0x200)
        here.cansend(0x210, b"\x64\x00")
        here.cansend(0x300, b"\x14\x00")
        await here.hold(lambda: Current(20) in here.events)
        assert here.events == [LinkUp(), Current(20)]
        assert lines(caplog)[1:] == ["can < Current current=20 A (300#1400)"]


async def test_each_event_has_its_time_and_a_message_that_of_its_arrival() -> None:
    loop = asyncio.get_running_loop()
    before = loop.time()
    async with place("times") as here:
        up = loop.time()
        here.cansend(0x300, b"\x14\x00")
        await here.hold(lambda: Current(20) in here.events)
        assert before <= here.times[0] <= up <= here.times[1] <= loop.time()


async def test_bad_frames_are_named_once_counted_all_and_summed_up_at_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with place("bad") as here:
        for _ in range(3):
            here.cansend(0x300, b"\x14")
        here.cansend(0x300, bytes(8), is_error_frame=True)
        here.cansend(0x300, is_remote_frame=True, dlc=2)
        here.cansend(0x300, b"\x14\x00")
        await here.hold(lambda: len(here.events) == 2)
        assert here.events == [LinkUp(), Current(20)]
    short = "frame of 1 instead of 2 bytes with the number of Current"
    error = "error frame: controller restarted, error counters changed"  # class 0x300
    remote = "remote frame with the number of Current"
    warned = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [record.getMessage() for record in warned] == [
        f"can < ignored {short} (300#14), 1 so far",
        f"can < ignored {error} (20000300#0000000000000000), 1 so far",
        f"can < ignored {remote} (300#R2), 1 so far",
    ]
    assert lines(caplog)[-1] == (
        f"can = closed; received frames lost: unknown; bad: {error}: 1, {short}: 3, {remote}: 1"
    )


async def test_a_quiet_end_says_that_nothing_was_bad(caplog: pytest.LogCaptureFixture) -> None:
    async with place("quiet"):
        pass
    assert lines(caplog)[-1] == "can = closed; received frames lost: unknown; bad: none"


@asynccontextmanager
async def full(
    monkeypatch: pytest.MonkeyPatch, short: float = 0.0
) -> AsyncIterator[tuple[Callable[[Frame | LinkDown], None], list[NodeEvent]]]:
    """A bus on which all reports come too fast, and bursts last `short` s, or for ever where the
    one before was of more than FEW. What lets something happen on it, and what was told."""
    for name, value in {"TOO_FAST": 3600.0, "SHORT": short, "LONG": 3600.0}.items():
        monkeypatch.setattr(node_module, name, value)
    log, events = logging.getLogger("rig.test"), list[NodeEvent]()
    config = {"interface": "virtual", "channel": "full", "ignore_config": True}

    def hear(event: NodeEvent, at: float) -> None:
        events.append(event)

    async with Node(config, read_codec(Bench()), log, hear, KINDS, bursts_of=REPORTS) as node:
        await asyncio.wait_for(node.wait_until_up(), PATIENCE)
        events.clear()
        port = cast(Any, node)._port

        def comes(event: Frame | LinkDown) -> None:
            port._on_event(Received(event, 0.0, 1.5) if isinstance(event, Frame) else event)

        yield comes, events


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await turn()


def current(amperes: int) -> Frame:
    return Frame(0x300, bytes([amperes, 0]))


async def test_reports_that_come_too_fast_are_told_as_a_burst_and_a_command_before_them(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with full(monkeypatch) as (comes, events):
        for frame in (current(20), current(21), current(22), Frame(0x201)):
            comes(frame)
        assert events == [Current(20), Stop()]
        await until(lambda: len(events) == 3)
    assert events[2:] == [Burst([(Current(21), 1.5), (Current(22), 1.5)])]
    assert "can < 2 Currents, the last is Current current=22 A (300#1600)" in caplog.messages


async def test_one_that_comes_too_fast_is_told_as_any_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with full(monkeypatch) as (comes, events):
        comes(current(20))
        comes(current(21))
        await until(lambda: len(events) == 2)
    assert events == [Current(20), Current(21)]
    assert "can < Current current=21 A (300#1500)" in caplog.messages


async def test_after_a_burst_of_many_the_next_one_is_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with full(monkeypatch) as (comes, events):
        for amperes in range(5):  # one that is told at once, and four
            comes(current(amperes))
        await until(lambda: len(events) == 2)
        comes(current(20))
        for _ in range(5):
            await turn()
        assert len(events) == 2


async def test_after_a_burst_of_few_the_next_one_is_as_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with full(monkeypatch) as (comes, events):
        for amperes in range(4):  # one that is told at once, and three
            comes(current(amperes))
        await until(lambda: len(events) == 2)
        comes(current(20))
        await until(lambda: len(events) == 3)
    assert events[2] == Current(20)


async def test_what_comes_slower_after_a_burst_began_does_not_overtake_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with full(monkeypatch) as (comes, events):
        comes(current(20))
        comes(current(21))
        monkeypatch.setattr(node_module, "TOO_FAST", 0.0)
        comes(current(22))
        await until(lambda: len(events) == 2)
    assert events == [Current(20), Burst([(Current(21), 1.5), (Current(22), 1.5)])]


async def test_what_came_before_the_bus_went_is_told_before_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with full(monkeypatch, short=3600.0) as (comes, events):
        comes(current(20))
        comes(current(21))
        comes(LinkDown("it is gone"))
    assert events == [Current(20), Current(21), LinkDown("it is gone")]


async def test_a_burst_that_was_not_told_at_the_end_is_told_to_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with full(monkeypatch) as (comes, events):
        comes(current(20))
        comes(current(21))
    await turn()
    assert events == [Current(20)]


async def test_lost_frames_and_late_ones_are_said(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    log = logging.getLogger("rig.test")
    caplog.set_level(logging.INFO, log.name)
    config = {"interface": "virtual", "channel": request.node.name, "ignore_config": True}
    events: list[NodeEvent] = []

    def hear(event: NodeEvent, at: float) -> None:
        events.append(event)

    async with Node(config, read_codec(Bench()), log, hear, ()) as node:
        port = cast(Any, node)._port
        port._on_event(Lost(3))
        node.send(Stop(), 7)
        port._on_event(NotSent(1, "no echo"))  # the first token of the port
        port._on_event(Late(1))
        port._on_event(Late(1))  # of a frame that is not known any more
    assert events == [NotSent(7, "no echo"), Late(7)]
    assert "can < 3 frames lost: this role was too slow to read" in caplog.messages
    assert "can > sent too late: Stop (201#)" in caplog.messages
