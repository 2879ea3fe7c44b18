"""Bytes are typed by hand from linux/can.h: struct can_frame (16) and struct canfd_frame (72).

No CAN in the kernel is needed: where a socket is, a connected UDP socket of loopback stands in for
the CAN_RAW one (same recvmsg, time stamp and drop counter). Real CAN is in tests/socketcan.
"""

import asyncio
import errno
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, cast

import can
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.logic.messages import Frame
from rig.wire import (
    DRAIN,
    SO_TIMESTAMPNS,
    PythonCanWire,
    SocketCanWire,
    from_can,
    interface_state,
    open_aside,
    pack,
    to_can,
    unpack,
)
from tests.processes import PATIENCE, ROOT

# can_id (host order, here little-endian), len, 3 bytes of padding or flags, data to 8 or 64 bytes.
FRAMES = [
    ("300#1400", "00030000 02 000000 1400000000000000", Frame(0x300, b"\x14\x00")),
    ("200#", "00020000 00 000000 0000000000000000", Frame(0x200)),
    ("7FF#", "ff070000 01 000000 aa00000000000000", Frame(0x7FF, b"\xaa")),
    # CAN_EFF_FLAG 0x80000000
    (
        "00000300#1400",
        "00030080 02 000000 1400000000000000",
        Frame(0x300, b"\x14\x00", extended=True),
    ),
    ("1FFFFFFF#", "ffffff9f 00 000000 0000000000000000", Frame(0x1FFFFFFF, extended=True)),
    # CAN_RTR_FLAG 0x40000000: a length but no data
    ("300#R2", "00030040 02 000000 0000000000000000", Frame(0x300, remote=True, dlc=2)),
    # CANFD_FDF 0x4 and CANFD_BRS 0x1 in the flags
    ("300##414", "00030000 01 04 0000 14" + "00" * 63, Frame(0x300, b"\x14", fd=True, flags=4)),
    ("300##514", "00030000 01 05 0000 14" + "00" * 63, Frame(0x300, b"\x14", fd=True, flags=5)),
]


@pytest.mark.parametrize(("name", "raw", "frame"), FRAMES, ids=[name for name, _, _ in FRAMES])
def test_frames_are_the_bytes_of_the_kernel(name: str, raw: str, frame: Frame) -> None:
    assert pack(frame).hex() == raw.replace(" ", "")
    assert unpack(bytes.fromhex(raw)) == frame


def test_an_error_frame_is_told_from_a_data_frame_with_its_number() -> None:
    # CAN_ERR_FLAG 0x20000000 with class 0x300 (restarted, counters changed), 8 bytes.
    raw = bytes.fromhex("00030020 08 000000 0102030405060708")
    assert unpack(raw) == Frame(0x300, bytes(range(1, 9)), error=True)


def test_an_fd_frame_of_an_older_kernel_without_the_fdf_flag_is_one_by_its_size() -> None:
    raw = bytes.fromhex("00030000 01 00 0000 14" + "00" * 63)
    assert unpack(raw) == Frame(0x300, b"\x14", fd=True)


def built(*fields: Any, **more: Any) -> Frame:
    """So that hypothesis fills in no field that is not named below."""
    return Frame(*fields, **more)


NUMBERS = st.integers(0, 0x7FF)
SENDABLE = st.one_of(
    st.builds(built, NUMBERS, st.binary(max_size=8)),
    st.builds(built, st.integers(0, 0x1FFFFFFF), st.binary(max_size=8), extended=st.just(True)),
    st.builds(built, NUMBERS, remote=st.just(True), dlc=st.integers(0, 8)),
    st.builds(built, NUMBERS, st.binary(max_size=64), fd=st.just(True), flags=st.integers(4, 7)),
)


@given(SENDABLE)
def test_what_is_packed_is_unpacked_as_it_was(frame: Frame) -> None:
    assert unpack(pack(frame)) == frame


@given(st.binary(min_size=16, max_size=16) | st.binary(min_size=72, max_size=72))
def test_no_bytes_raise_and_flags_are_never_lost(raw: bytes) -> None:
    frame, flags = unpack(raw), raw[3] >> 5
    assert (frame.extended, frame.remote, frame.error) == tuple(
        bool(flags & bit) for bit in (4, 2, 1)
    )
    assert frame.fd == (len(raw) == 72)


def test_python_can_gets_11_bit_frames() -> None:
    message = to_can(Frame(0x300, b"\x14\x00"))
    assert (message.arbitration_id, bytes(message.data)) == (0x300, b"\x14\x00")
    assert not message.is_extended_id


@pytest.mark.parametrize(
    ("message", "frame"),
    [
        (
            can.Message(arbitration_id=0x300, is_extended_id=False, data=b"\x14"),
            Frame(0x300, b"\x14"),
        ),
        (can.Message(arbitration_id=0x300, data=b"\x14"), Frame(0x300, b"\x14", extended=True)),
        (
            can.Message(arbitration_id=0x300, is_extended_id=False, is_remote_frame=True, dlc=2),
            Frame(0x300, remote=True, dlc=2),
        ),
        (can.Message(arbitration_id=0x40, is_error_frame=True), Frame(0x40, error=True)),
        (
            can.Message(
                arbitration_id=0x300, is_extended_id=False, is_fd=True, bitrate_switch=True
            ),
            Frame(0x300, fd=True, flags=5),
        ),
    ],
)
def test_each_kind_of_python_can_is_kept_apart(message: can.Message, frame: Frame) -> None:
    assert from_can(message) == frame


def test_loopback_is_an_interface_that_is_up() -> None:
    assert interface_state("lo") == (socket.if_nametoindex("lo"), True)


def test_an_interface_that_is_not_there_has_no_index() -> None:
    assert interface_state("no-such-can") == (None, False)
    assert interface_state("a name that is far too long") == (None, False)


@dataclass
class Heard:
    """What a wire called back, and a way to wait for it."""

    frames: list[tuple[Frame, bool, float]] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)  # s of the event loop
    failures: list[str] = field(default_factory=list)
    downs: list[int] = field(default_factory=list)  # frames before each
    done: list[str | None] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def on_frame(self, frame: Frame, own: bool, stamp: float, at: float) -> None:
        self.frames.append((frame, own, stamp))
        self.arrivals.append(at)
        self.changed.set()

    def on_failure(self, why: str) -> None:
        self.failures.append(why)
        self.changed.set()

    def on_down(self) -> None:
        self.downs.append(len(self.frames))
        self.changed.set()

    def on_done(self, why: str | None) -> None:
        self.done.append(why)
        self.changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


# A socket of the kernel


class Socketed:
    """What SocketCanWire needs of python-can's bus: its socket, and to close it."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock

    def shutdown(self) -> None:
        self.socket.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two UDP sockets that are connected to each other; the first stamps what it gets."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there,
    ):
        for one in (here, there):
            one.bind(("127.0.0.1", 0))
        here.connect(there.getsockname())
        there.connect(here.getsockname())
        here.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        yield here, there


def socketcan_wire(sock: socket.socket, heard: Heard) -> SocketCanWire:
    bus = cast(can.BusABC, Socketed(sock))
    return SocketCanWire(bus, heard.on_frame, heard.on_failure, heard.on_down)


Pair = tuple[socket.socket, socket.socket]


async def test_a_socket_is_drained_in_order_and_stamped(pair: Pair) -> None:
    heard, began = Heard(), time.time()
    wire = socketcan_wire(pair[0], heard)
    sent = [Frame(0x300, bytes([number, 0])) for number in range(3 * DRAIN)]
    for frame in sent:
        pair[1].send(pack(frame))
    await heard.until(lambda: len(heard.frames) == len(sent))
    assert [frame for frame, _, _ in heard.frames] == sent
    # Not always rising: the kernel begins to stamp a moment after it was asked to, and gives what
    # came before the time of its reading.
    assert all(began - 1e-6 <= stamp <= time.time() for _, _, stamp in heard.frames)
    wire.close()


async def test_when_a_frame_arrived_is_told_and_not_when_it_was_read(pair: Pair) -> None:
    heard, loop = Heard(), asyncio.get_running_loop()
    wire = socketcan_wire(pair[0], heard)
    pair[1].send(pack(Frame(0x300)))
    await heard.until(lambda: len(heard.frames) == 1)  # the kernel stamps from now on
    pair[1].send(pack(Frame(0x300)))
    sent = loop.time()
    threading.Event().wait(2)  # a drawing that takes long
    await heard.until(lambda: len(heard.frames) == 2)
    assert heard.arrivals[1] < sent + 1
    wire.close()


async def test_a_flood_lets_other_work_in_after_each_64_frames(pair: Pair) -> None:
    heard, turns = Heard(), list[int]()
    wire = socketcan_wire(pair[0], heard)
    for _ in range(3 * 64):
        pair[1].send(pack(Frame(0x300)))

    def turn() -> None:
        turns.append(len(heard.frames))
        if len(heard.frames) < 3 * 64:
            asyncio.get_running_loop().call_soon(turn)

    turn()
    await heard.until(lambda: len(heard.frames) == 3 * 64)
    assert max(after - before for before, after in pairwise(turns)) <= 64
    wire.close()


async def test_what_the_kernel_dropped_is_counted_exactly(pair: Pair) -> None:
    heard = Heard()
    wire = socketcan_wire(pair[0], heard)
    assert wire.drops() == 0
    pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # the kernel's least
    for _ in range(1000):
        pair[1].send(pack(Frame(0x300)))
    drops = wire.drops()
    assert drops
    await heard.until(lambda: len(heard.frames) == 1000 - drops)
    assert wire.drops() == drops
    wire.close()


async def test_a_frame_that_the_kernel_takes_is_done_at_once(pair: Pair) -> None:
    heard = Heard()
    wire = socketcan_wire(pair[0], heard)
    wire.send(Frame(0x200), heard.on_done)
    assert heard.done == [None]
    assert pair[1].recv(100).hex() == "00020000000000000000000000000000"
    wire.close()


async def test_a_full_queue_is_said_to_be_full() -> None:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        heard = Heard()
        wire = socketcan_wire(one, heard)
        while None in heard.done or not heard.done:
            heard.done.clear()
            wire.send(Frame(0x200), heard.on_done)
        assert heard.done == ["the send queue is full"]
        wire.close()


async def test_a_socket_that_fails_says_so(pair: Pair) -> None:
    heard = Heard()
    wire = socketcan_wire(pair[0], heard)
    pair[1].close()
    wire.send(Frame(0x200), heard.on_done)  # nobody listens there: the next call fails
    await heard.until(lambda: bool(heard.failures))
    assert heard.failures[0].endswith("Connection refused")
    wire.close()


class WentDown(socket.socket):
    """One whose interface went down, which the kernel says before it gives what had arrived."""

    said = False

    def recvmsg(self, *sizes: int) -> Any:
        if not self.said:
            self.said = True
            raise OSError(errno.ENETDOWN, "Network is down")
        return super().recvmsg(*sizes)


async def test_an_interface_that_went_down_is_told_after_what_arrived_before_and_outlasted(
    pair: Pair,
) -> None:
    heard = Heard()
    pair[1].send(pack(Frame(0x300)))
    pair[1].send(pack(Frame(0x300)))
    with WentDown(fileno=os.dup(pair[0].fileno())) as sock:
        wire = socketcan_wire(sock, heard)
        await heard.until(lambda: bool(heard.downs))
        assert heard.downs == [2]
        pair[1].send(pack(Frame(0x201)))
        await heard.until(lambda: len(heard.frames) == 3)
        assert heard.failures == []
        wire.close()


async def test_a_wire_that_a_callback_closes_reads_no_further(pair: Pair) -> None:
    heard = Heard()

    def close_at_once(frame: Frame, own: bool, stamp: float, at: float) -> None:
        heard.on_frame(frame, own, stamp, at)
        wire.close()

    bus = cast(can.BusABC, Socketed(pair[0]))
    wire = SocketCanWire(bus, close_at_once, heard.on_failure, heard.on_down)
    for _ in range(2):
        pair[1].send(pack(Frame(0x300)))
    await heard.until(lambda: bool(heard.frames))
    assert len(heard.frames) == 1
    assert heard.failures == []


# Any other backend


def virtual(name: str) -> can.BusABC:
    return can.Bus(interface="virtual", channel=name, receive_own_messages=True, ignore_config=True)


async def test_own_echoes_are_told_from_what_others_send(request: pytest.FixtureRequest) -> None:
    heard, name = Heard(), request.node.name
    wire = PythonCanWire(virtual(name), "virtual", heard.on_frame, heard.on_failure)
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

    wire = PythonCanWire(Telling(virtual(name)), "virtual", heard.on_frame, heard.on_failure)
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
    wire = PythonCanWire(cast(can.BusABC, Broken()), "pcan", heard.on_frame, heard.on_failure)
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
    wire = PythonCanWire(cast(can.BusABC, Silent()), "slcan", heard.on_frame, heard.on_failure)
    assert not wire.echoes
    wire.send(Frame(0x200), heard.on_done)
    await heard.until(lambda: bool(heard.done))
    assert heard.done == ["the adapter is gone"]
    wire.close()
    await wire.closed()


STUCK = """
import asyncio, threading
from rig.logic.messages import Frame
from rig.wire import PythonCanWire, open_aside
import rig.wire

class Stuck:
    def recv(self, timeout): threading.Event().wait()
    def send(self, message): threading.Event().wait()

async def main():
    nothing = lambda *_: None
    wire = PythonCanWire(Stuck(), "slcan", nothing, nothing)
    wire.send(Frame(0x200), nothing)
    rig.wire.open_bus = lambda *_: threading.Event().wait()
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
    bus = await open_aside(config, None)
    assert isinstance(bus, can.BusABC)
    bus.shutdown()
    with pytest.raises(can.CanError, match="Unknown interface"):
        await open_aside({"interface": "no-such", "channel": "x"}, None)


@pytest.mark.parametrize(("flags", "is_up"), [(0x41, True), (0x1, False), (0x40, False)])
def test_an_interface_without_a_carrier_is_not_up(
    monkeypatch: pytest.MonkeyPatch, flags: int, is_up: bool
) -> None:
    """A controller that is bus-off has none. IFF_UP is 0x1, IFF_RUNNING 0x40 (linux/if.h)."""
    answer = struct.pack("16sH14x", b"lo", flags)
    monkeypatch.setattr("rig.wire.fcntl.ioctl", lambda *_: answer)
    assert interface_state("lo")[1] is is_up


async def test_a_backend_is_shut_down_when_it_is_closed() -> None:
    """Else its adapter may not open again."""
    ended = threading.Event()

    class Silent:
        def recv(self, timeout: float) -> None:
            return None

        def shutdown(self) -> None:
            ended.set()

    heard = Heard()
    wire = PythonCanWire(cast(can.BusABC, Silent()), "slcan", heard.on_frame, heard.on_failure)
    wire.close()
    await wire.closed()
    assert ended.is_set()
