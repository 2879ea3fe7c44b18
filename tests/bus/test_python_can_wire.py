"""The wire of every other python-can backend: its two threads, and opening it aside."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import can
import pytest

from rig.bus.backends import known
from rig.bus.logic.messages import Frame
from rig.bus.python_can_wire import PythonCanWire, open_aside, to_can
from tests.heard import Heard
from tests.processes import PATIENCE, ROOT
from tests.slcan_adapter import SlcanAdapter


def virtual(name: str) -> can.BusABC:
    return can.Bus(interface="virtual", channel=name, receive_own_messages=True, ignore_config=True)


def wire_of(bus: can.BusABC, name: str, heard: Heard) -> PythonCanWire:
    return PythonCanWire(bus, known(name), heard.on_frame, heard.on_failure, heard.on_garbled)


async def test_own_echoes_are_told_from_what_others_send(request: pytest.FixtureRequest) -> None:
    heard, name = Heard(), request.node.name
    wire = wire_of(virtual(name), "virtual", heard)
    with virtual(name) as other:
        wire.send(Frame(0x200), heard.on_done)
        await heard.until(lambda: len(heard.frames) == 1)
        other.send(to_can(Frame(0x200)))
        await heard.until(lambda: len(heard.frames) == 2)
    assert [(frame, own) for frame, own, _ in heard.frames] == [
        (Frame(0x200), True),
        (Frame(0x200), False),
    ]
    assert heard.done == [None]
    assert wire.drops() is None
    assert wire.unread() is None
    wire.close()
    await wire.closed()


async def test_a_backend_is_read_while_the_role_is_busy(request: pytest.FixtureRequest) -> None:
    heard, loop, name = Heard(), asyncio.get_running_loop(), request.node.name
    read = threading.Event()

    class Telling(can.BusABC):
        """The bus, which says when it is asked for the next frame: the last one was handed on."""

        def __init__(self, bus: can.BusABC) -> None:
            self._bus, self._has_one = bus, False

        def recv(self, timeout: float | None = None) -> can.Message | None:
            if self._has_one:
                read.set()
            message = self._bus.recv(timeout)
            self._has_one = message is not None
            return message

        def send(self, msg: can.Message, timeout: float | None = None) -> None:
            self._bus.send(msg, timeout)

        def shutdown(self) -> None:
            self._bus.shutdown()

    wire = wire_of(Telling(virtual(name)), "virtual", heard)
    with virtual(name) as other:
        other.send(to_can(Frame(0x300)))
    assert read.wait(PATIENCE)
    after = loop.time()
    await heard.until(lambda: len(heard.frames) == 1)
    assert heard.arrivals[0] <= after
    wire.close()
    await wire.closed()


async def test_a_backend_that_fails_says_why_and_calls_nothing_after_closing() -> None:
    heard = Heard()
    wire = wire_of(cast(can.BusABC, Broken()), "pcan", heard)
    await heard.until(lambda: bool(heard.failures))
    assert heard.failures == ["the adapter is gone"]
    wire.close()
    wire.send(Frame(0x200), heard.on_done)
    await wire.closed()
    assert heard.done == []


class Broken:
    """A backend whose adapter was pulled out."""

    def recv(self, timeout: float) -> None:
        raise can.CanOperationError("the adapter is gone\nsecond line")

    def send(self, message: can.Message) -> None:
        raise can.CanOperationError("the adapter is gone")

    def shutdown(self) -> None:
        raise can.CanOperationError("the adapter is gone")


async def test_a_frame_that_a_backend_does_not_take_is_done_with_the_reason() -> None:
    class Silent(Broken):
        def recv(self, timeout: float) -> None:
            return None

    heard = Heard()
    wire = wire_of(cast(can.BusABC, Silent()), "slcan", heard)
    assert not wire.echoes
    wire.send(Frame(0x200), heard.on_done)
    await heard.until(lambda: bool(heard.done))
    assert heard.done == ["the adapter is gone"]
    wire.close()
    await wire.closed()


STUCK = """
import asyncio, threading
from rig.bus.backends import UNKNOWN
from rig.bus.logic.messages import Frame
from rig.bus.python_can_wire import PythonCanWire, open_aside
import rig.bus.python_can_wire

class Stuck:
    def recv(self, timeout): threading.Event().wait()
    def send(self, message): threading.Event().wait()

async def main():
    nothing = lambda *_: None
    wire = PythonCanWire(Stuck(), UNKNOWN, nothing, nothing, nothing)
    wire.send(Frame(0x200), nothing)
    rig.bus.python_can_wire.open_bus = lambda *_: threading.Event().wait()
    opening = asyncio.create_task(open_aside({}, None))
    done, waiting = await asyncio.wait([opening], timeout=0)
    opening.cancel()
    wire.close()
    await wire.closed()
    print("closed")

asyncio.run(main())
"""


def test_a_backend_that_is_stuck_does_not_keep_the_process_from_ending() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STUCK], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "closed\n", "")


async def test_opening_aside_gives_the_bus_or_the_error_of_the_backend() -> None:
    config: dict[str, Any] = {"interface": "virtual", "channel": "aside"}
    bus, backend = await open_aside(config, None)
    assert isinstance(bus, can.BusABC)
    assert backend == known("virtual")
    bus.shutdown()
    with pytest.raises(can.CanError, match="Unknown interface"):
        await open_aside({"interface": "no-such", "channel": "x"}, None)


async def test_a_backend_is_shut_down_when_it_is_closed() -> None:
    """Else its adapter may not open again."""
    ended = threading.Event()

    class Silent:
        def recv(self, timeout: float) -> None:
            return None

        def shutdown(self) -> None:
            ended.set()

    heard = Heard()
    wire = wire_of(cast(can.BusABC, Silent()), "slcan", heard)
    wire.close()
    await wire.closed()
    assert ended.is_set()


@asynccontextmanager
async def slcan() -> AsyncIterator[tuple[SlcanAdapter, PythonCanWire, Heard]]:
    """python-can's own slcan on a serial port."""
    heard = Heard()
    with SlcanAdapter() as adapter:
        wire = PythonCanWire(
            *await open_aside(adapter.config, None),
            heard.on_frame,
            heard.on_failure,
            heard.on_garbled,
        )
        yield adapter, wire, heard
        wire.close()
        await wire.closed()


# What python-can 4.6 says of each, seen by trying.
GARBLED_LINES = [
    (b"t3zz21400", "ValueError: invalid literal for int() with base 16: '3zz'"),
    (b"t3", "IndexError: string index out of range"),
    (b"t300214", None),  # a frame with less data than it says: the codec counts that
    (b"t30021\xb4400", "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xb4 in position 6"),
    (b"t30021x00", "ValueError: non-hexadecimal number found in fromhex() arg at position 1"),
]


@pytest.mark.parametrize(
    ("line", "why"), GARBLED_LINES, ids=[str(line) for line, _ in GARBLED_LINES]
)
async def test_a_garbled_line_is_told_and_the_next_frame_arrives(
    line: bytes, why: str | None
) -> None:
    async with slcan() as (adapter, wire, heard):
        adapter.hear(b"t30021400", line, b"t2010")
        await heard.until(lambda: Frame(0x201) in [frame for frame, _, _ in heard.frames])
        assert heard.frames[0][0] == Frame(0x300, b"\x14\x00")
        assert [told.startswith(why or "?") for told in heard.garbled] == ([True] if why else [])
        wire.send(Frame(0x200), heard.on_done)
        await asyncio.to_thread(adapter.until_sent, b"t2000")
        assert heard.failures == []


async def test_frames_between_keep_a_bus_with_many_garbled_lines_open() -> None:
    async with slcan() as (adapter, _, heard):
        for _ in range(3):
            adapter.hear(*[b"t3zz"] * 60, b"t2010")
        await heard.until(lambda: len(heard.frames) == 3)
        assert len(heard.garbled) == 180
        assert heard.failures == []


async def test_nothing_but_garbled_lines_is_a_failure_at_the_100th() -> None:
    async with slcan() as (adapter, _, heard):
        adapter.hear(*[b"t3zz"] * 100)
        await heard.until(lambda: bool(heard.failures))
        why = "ValueError: invalid literal for int() with base 16: '3zz'"
        assert heard.failures == [f"100 times garbled input: {why}"]
        assert len(heard.garbled) == 99


async def test_an_adapter_that_is_pulled_out_is_a_failure_at_once() -> None:
    async with slcan() as (adapter, _, heard):
        adapter.unplug()
        await heard.until(lambda: bool(heard.failures))
        assert heard.failures == ["Could not read from serial device"]
        assert heard.garbled == []
