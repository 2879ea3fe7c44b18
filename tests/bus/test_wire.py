"""SocketCAN's wire without CAN in the kernel, and how interfaces are looked at.

A connected UDP socket of loopback stands in for the CAN_RAW one (same recvmsg, time stamp and drop
counter). Real CAN is in tests/socketcan.
"""

import asyncio
import errno
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, cast

import can
import pytest

from rig.bus.logic.messages import Frame
from rig.bus.wire import DRAIN, SO_TIMESTAMPNS, SocketCanWire, interface_state, pack
from tests.heard import Heard


def test_loopback_is_an_interface_that_is_up() -> None:
    assert interface_state("lo") == (socket.if_nametoindex("lo"), True)


def test_an_interface_that_is_not_there_has_no_index() -> None:
    assert interface_state("no-such-can") == (None, False)
    assert interface_state("a name that is far too long") == (None, False)


@pytest.mark.parametrize(("flags", "is_up"), [(0x41, True), (0x1, False), (0x40, False)])
def test_an_interface_without_a_carrier_is_not_up(
    monkeypatch: pytest.MonkeyPatch, flags: int, is_up: bool
) -> None:
    """A controller that is bus-off has none. IFF_UP is 0x1, IFF_RUNNING 0x40 (linux/if.h)."""
    answer = struct.pack("16sH14x", b"lo", flags)
    monkeypatch.setattr("rig.bus.wire.fcntl.ioctl", lambda *_: answer)
    assert interface_state("lo")[1] is is_up


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
    """The kernel begins to stamp a moment after it was first asked to (net_enable_timestamp): what
    it did not stamp is dated by its reading, so a few frames may have to be looked at.
    """
    heard, loop = Heard(), asyncio.get_running_loop()
    wire = socketcan_wire(pair[0], heard)
    for number in range(1, 6):
        pair[1].send(pack(Frame(0x300)))
        sent = loop.time()
        threading.Event().wait(1)  # a drawing that takes long
        await heard.until(lambda number=number: len(heard.frames) == number)  # type: ignore[misc]
        if heard.arrivals[-1] < sent + 0.5:
            break
    assert heard.arrivals[-1] < sent + 0.5
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


async def test_what_came_and_was_not_read_is_counted_when_it_is_closed(pair: Pair) -> None:
    heard = Heard()
    wire = socketcan_wire(pair[0], heard)
    for _ in range(3 * DRAIN):
        pair[1].send(pack(Frame(0x300)))
    await heard.until(lambda: len(heard.frames) == DRAIN)
    assert wire.unread() == 2 * DRAIN
    assert wire.unread() == 0
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

    def close_at_once(
        frame: Frame, own: bool, is_local: bool | None, stamp: float, at: float
    ) -> None:
        heard.on_frame(frame, own, is_local, stamp, at)
        wire.close()

    bus = cast(can.BusABC, Socketed(pair[0]))
    wire = SocketCanWire(bus, close_at_once, heard.on_failure, heard.on_down)
    for _ in range(2):
        pair[1].send(pack(Frame(0x300)))
    await heard.until(lambda: bool(heard.frames))
    assert len(heard.frames) == 1
    assert heard.failures == []
