"""The port on python-can's virtual bus and on the embedded one. On SocketCAN: tests/socketcan."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import can
import can.interfaces.virtual
import pytest

import rig.bus.port
from rig.bus.backends import BACKENDS, known
from rig.bus.logic.echoes import Echoes
from rig.bus.logic.link import BusEvent, Late, Link, LinkDown, LinkUp, NotSent, Received, Sent
from rig.bus.logic.messages import Frame
from rig.bus.port import Port
from rig.bus.python_can_wire import to_can
from tests.ports import free_port
from tests.processes import PATIENCE, Program, role, wait_for

START, STOP, CURRENT = Frame(0x200), Frame(0x201), Frame(0x300, b"\x14\x00")
OURS = [0x200, 0x201, 0x210, 0x300]


@dataclass
class Listener:
    """The events of a port, and a way to wait for the next ones."""

    events: list[BusEvent] = field(default_factory=list)
    on_event: Callable[[BusEvent], None] = lambda event: None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, event: BusEvent) -> None:
        self.events.append(event)
        self.on_event(event)
        self._changed.set()

    async def until(self, *wanted: BusEvent | type) -> BusEvent:
        """Wait until there is an event that equals, or is of, one of these; the first of them."""
        await self.hold(lambda: bool(self._among(wanted)))
        return self._among(wanted)[0]

    async def hold(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds, which is looked at after each event."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def _among(self, wanted: tuple[BusEvent | type, ...]) -> list[BusEvent]:
        return [event for event in self.events if event in wanted or type(event) in wanted]

    @property
    def frames(self) -> list[Frame]:
        return [event.frame for event in self.events if isinstance(event, Received)]


@asynccontextmanager
async def joined(config: dict[str, Any]) -> AsyncIterator[tuple[Port, Listener]]:
    """A port that is up; its listener then begins anew."""
    listener = Listener()
    async with Port(config, OURS, listener) as port:
        await listener.until(LinkUp())
        listener.events.clear()
        yield port, listener


@pytest.fixture
def virtual(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A virtual bus of its own for each test."""
    return {"interface": "virtual", "channel": request.node.name, "ignore_config": True}


async def test_a_sent_frame_comes_back_as_sent_with_its_token(virtual: dict[str, Any]) -> None:
    async with joined(virtual) as (port, heard):
        tokens = [port.send(START), port.send(STOP)]
        await heard.until(Sent(tokens[1]))
        assert heard.events == [Sent(tokens[0]), Sent(tokens[1])]
        assert port.is_up
        assert port.dropped is None  # this backend cannot tell


async def test_frames_of_others_are_received_even_if_equal_to_own_ones(
    virtual: dict[str, Any],
) -> None:
    async with joined(virtual) as (port, heard):
        token = port.send(STOP)
        await heard.until(Sent(token))
        with can.Bus(**virtual) as other:
            other.send(to_can(STOP))
        await heard.until(Received)
        assert heard.frames == [STOP]


async def test_events_come_in_the_order_of_the_bus(virtual: dict[str, Any]) -> None:
    async with joined(virtual) as (port, heard):
        with can.Bus(**virtual) as other:
            token = port.send(START)
            while (seen := other.recv(PATIENCE)) is None:
                pass
            assert seen.arbitration_id == 0x200  # the Start was on the bus, and only then
            other.send(to_can(CURRENT))
        await heard.until(Received)
        assert [type(event) for event in heard.events] == [Sent, Received]
        assert heard.events[0] == Sent(token)


async def test_only_the_wanted_numbers_arrive_but_of_each_kind(virtual: dict[str, Any]) -> None:
    async with joined(virtual) as (_, heard):
        with can.Bus(**virtual) as other:
            kinds = [Frame(0x300, b"\x14"), Frame(0x300, remote=True, dlc=2), STOP]
            for frame in (Frame(0x123), *kinds):
                other.send(to_can(frame))
        await heard.hold(lambda: STOP in heard.frames)
        assert heard.frames == kinds


async def test_where_no_echo_comes_back_a_frame_is_sent_when_the_driver_took_it(
    virtual: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BACKENDS, "virtual", replace(known("virtual"), echoes=False))
    async with joined(virtual) as (port, heard):
        assert not port.echoes
        token = port.send(START)
        assert await heard.until(Sent, NotSent) == Sent(token)


async def test_a_frame_that_the_driver_refuses_is_not_sent_and_says_why(
    virtual: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise can.CanOperationError("the driver is full")

    monkeypatch.setattr(can.interfaces.virtual.VirtualBus, "send", refuse)
    async with joined(virtual) as (port, heard):
        token = port.send(START)
        assert await heard.until(Sent, NotSent) == NotSent(token, "the driver is full")


async def test_no_event_comes_from_inside_a_call_to_send(virtual: dict[str, Any]) -> None:
    async with joined(virtual) as (port, heard):
        inside = False
        entered_inside: list[bool] = []

        def answer(event: BusEvent) -> None:
            nonlocal inside
            entered_inside.append(inside)
            if len(entered_inside) < 5:
                inside = True
                port.send(START)
                inside = False

        heard.on_event = answer
        answer(LinkUp())
        await heard.until(Sent(4))
        assert entered_inside == [False] * 5


async def test_after_leaving_no_event_comes(virtual: dict[str, Any]) -> None:
    async with joined(virtual) as (port, heard):
        port.send(START)
    before = list(heard.events)
    with can.Bus(**virtual) as other:
        other.send(to_can(CURRENT))
    token = port.send(START)
    assert token > 0
    await asyncio.get_running_loop().run_in_executor(None, lambda: None)
    assert heard.events == before
    assert not port.is_up


@asynccontextmanager
async def embedded(port: int) -> AsyncIterator[Program]:
    with role("embedded", "--port", str(port)) as bus:
        await asyncio.to_thread(bus.ready)
        yield bus


def remote(port: int) -> dict[str, Any]:
    return {"interface": "remote", "channel": f"ws://127.0.0.1:{port}/"}


async def test_a_bus_that_goes_away_is_opened_again_when_it_is_back() -> None:
    number = free_port()
    async with embedded(number) as bus:
        listener = Listener()
        async with Port(remote(number), OURS, listener) as port:
            await listener.until(LinkUp())
            bus.process.kill()
            down = await listener.until(LinkDown)
            assert isinstance(down, LinkDown)
            assert down.why.startswith(f"remote ws://127.0.0.1:{number}/")
            assert not port.is_up

            lost = port.send(STOP)
            why = f"remote ws://127.0.0.1:{number}/ is down"
            assert await listener.until(NotSent) == NotSent(lost, why)

            listener.events.clear()
            bus.process.wait()
            async with embedded(number):
                await listener.until(LinkUp())
                token = port.send(STOP)
                assert await listener.until(Sent, NotSent) == Sent(token)


def stand_still(pid: int) -> None:
    """Stop a process. Returns when each of its threads stands: the signal takes its time."""
    os.kill(pid, signal.SIGSTOP)
    tasks = list(Path(f"/proc/{pid}/task").iterdir())
    wait_for(lambda: all(") T " in (task / "stat").read_text() for task in tasks))


async def test_a_bus_that_stands_still_is_noticed_after_100_ms_and_its_late_frames_too() -> None:
    number, loop = free_port(), asyncio.get_running_loop()
    async with embedded(number) as bus, joined(remote(number)) as (port, heard):
        stand_still(bus.process.pid)
        began = loop.time()
        token = port.send(START)
        assert await heard.until(NotSent) == NotSent(token, "no echo within 100 ms")
        assert loop.time() - began >= 0.099
        os.kill(bus.process.pid, signal.SIGCONT)
        await heard.until(Late(token))
        assert [type(event) for event in heard.events] == [NotSent, Late]


async def test_what_waits_when_the_bus_goes_is_not_sent_before_the_link_is_down() -> None:
    number = free_port()
    async with embedded(number) as bus, joined(remote(number)) as (port, heard):
        stand_still(bus.process.pid)
        tokens = [port.send(START), port.send(STOP)]
        bus.process.kill()
        await heard.until(LinkDown)
        lost = {event.token for event in heard.events[:2] if isinstance(event, NotSent)}
        assert lost == set(tokens)
        assert [type(event) for event in heard.events] == [NotSent, NotSent, LinkDown]


async def test_each_of_several_frames_that_never_come_back_is_given_up(
    virtual: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Echoes, "echoed", lambda *_: None)
    async with joined(virtual) as (port, heard):
        first = port.send(START)
        later = asyncio.Event()  # so that the second one is due at another moment
        asyncio.get_running_loop().call_later(0.05, later.set)
        await later.wait()
        second, why = port.send(STOP), "no echo within 100 ms"
        await heard.until(NotSent(first, why))
        await heard.until(NotSent(second, why))


async def test_a_bus_that_fails_is_closed(
    virtual: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.bus.port, "RETRY_EVERY", 0.01)
    async with joined(virtual) as (port, heard):
        old = cast(Any, port)._wire
        old._on_failure("pulled out")
        await heard.until(LinkUp())
        assert old._closed.is_set()


async def test_a_defect_of_the_supervision_is_not_kept_quiet(
    virtual: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A port that nobody supervises would look healthy."""
    monkeypatch.setattr(rig.bus.port, "LOOK_EVERY", 0.0)
    told: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    def tell(_: object, context: dict[str, Any]) -> None:
        if not told.done():
            told.set_result(context["exception"])

    def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    async def supervise() -> None:
        async with joined(virtual):
            monkeypatch.setattr(Link, "observe", broken)
            await asyncio.wait_for(told, PATIENCE)

    asyncio.get_running_loop().set_exception_handler(tell)
    with pytest.raises(RuntimeError, match="a defect"):
        await supervise()
    assert str(told.result()) == "a defect"
