"""One open bus, as frames: SocketCAN read directly. (Any other: rig/bus/python_can_wire.py.)

python-can opens it. Its socket is then drained here, because python-can neither tells the own echo
from another sender's frame (MSG_CONFIRM) nor enlarges the receive buffer, and reads one frame a
wake-up.
"""

import asyncio
import errno
import fcntl
import socket
import struct
import time
from collections.abc import Callable
from typing import Protocol

import can

from rig.bus.logic.messages import Frame
from rig.role.errors import first_line

# A frame, whether it is an own echo, whether this host sent it (None: nobody tells), and its
# arrival: in s since 1970 (by the clock of the backend, which is the kernel's for SocketCAN and any
# for others), and in s of the event loop.
OnFrame = Callable[[Frame, bool, bool | None, float, float], None]
OnFailure = Callable[[str], None]  # why the bus cannot be used any more
OnDown = Callable[[], None]  # the interface went down, which an open bus outlasts
OnDone = Callable[[str | None], None]  # why the frame was not taken; None if it was

RECEIVE_BUFFER = 8 << 20  # bytes; the default holds 278 frames, 40 ms of a full 500 kbit/s bus
COUNTS_FOR = 1.0  # s; what comes later than that is not counted as unread, or it might never end
DRAIN = 64  # frames a wake-up, so that a flood cannot keep the other work of a role waiting

# The flags of an own echo, and of what this host sent; as enums they cost more than the frame.
OWN, LOCAL = int(socket.MSG_CONFIRM), int(socket.MSG_DONTROUTE)
SO_RCVBUFFORCE, SO_MEMINFO, SO_TIMESTAMPNS = 33, 55, 35  # linux/socket.h
MEMINFO_DROPS = 8  # index of sk_drops, linux/sock_diag.h
SIOCGIFFLAGS, IFF_UP, IFF_RUNNING = 0x8913, 0x1, 0x40  # linux/if.h
CAN_EFF_FLAG, CAN_RTR_FLAG, CAN_ERR_FLAG = 0x80000000, 0x40000000, 0x20000000
CANFD_BRS, CANFD_ESI, CANFD_FDF = 0x1, 0x2, 0x4
CLASSIC, FD = struct.Struct("=IB3x8s"), struct.Struct("=IBB2x64s")  # linux/can.h
TIMESPEC = struct.Struct("@ll")


class Wire(Protocol):
    """An open bus. Its callbacks run in the event loop."""

    echoes: bool  # whether own frames come back, which proves that they were sent
    marks_own: bool  # and are marked; else an equal frame is taken for one

    def send(self, frame: Frame, done: OnDone) -> None:
        """Hand a frame over and say when, or why not, it was taken."""

    def drops(self) -> int | None:
        """Received frames that were dropped since opening; None where that is unknown."""

    def unread(self) -> int | None:
        """Frames that came and will not be told, since it is closed next; None where that is
        unknown."""

    def close(self) -> None:
        """Begin to close the bus. No callback comes after."""

    async def closed(self) -> None:
        """Wait until the bus is closed, 1 s at most."""


class SocketCanWire:
    """A CAN_RAW socket, drained when it is readable."""

    echoes = marks_own = True

    def __init__(
        self, bus: can.BusABC, on_frame: OnFrame, on_failure: OnFailure, on_down: OnDown
    ) -> None:
        self._bus, self._on_frame = bus, on_frame
        self._on_failure, self._on_down = on_failure, on_down
        self._socket: socket.socket = bus.socket  # type: ignore[attr-defined]
        self._socket.setblocking(False)
        _enlarge(self._socket)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._drain)

    def send(self, frame: Frame, done: OnDone) -> None:
        try:
            self._socket.send(pack(frame))
        except OSError as error:
            full = error.errno in (errno.ENOBUFS, errno.EAGAIN)
            done("the send queue is full" if full else first_line(error))
        else:
            done(None)

    def drops(self) -> int | None:
        info = self._socket.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 36)
        return int(struct.unpack("9I", info)[MEMINFO_DROPS])

    def unread(self) -> int | None:
        began, frames = time.time(), 0
        while True:
            try:
                _, ancillary, flags, _ = self._socket.recvmsg(FD.size, 64)
            except OSError:
                return frames
            if _stamp(ancillary) > began + COUNTS_FOR:
                return frames
            frames += not flags & OWN

    def close(self) -> None:
        self._loop.remove_reader(self._socket)
        self._bus.shutdown()

    async def closed(self) -> None:
        return

    def _drain(self) -> None:
        shift, down = self._loop.time() - time.time(), False
        for _ in range(DRAIN):
            try:
                data, ancillary, flags, _ = self._socket.recvmsg(FD.size, 64)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.ENETDOWN:
                    self._on_failure(first_line(error))
                    return
                down = True  # told after what arrived before it
                continue
            stamp, local = _stamp(ancillary), bool(flags & LOCAL)
            self._on_frame(unpack(data), bool(flags & OWN), local, stamp, stamp + shift)
            if self._socket.fileno() < 0:  # the callback closed this wire
                return
        if down:
            self._on_down()


def interface_state(name: str) -> tuple[int | None, bool]:
    """The kernel's index of a network interface (None if there is none), and whether it is up.

    A controller that is bus-off has no carrier and so is not up.
    """
    try:
        index = socket.if_nametoindex(name)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            request = struct.pack("16sH14x", name.encode(), 0)
            answer = fcntl.ioctl(probe, SIOCGIFFLAGS, request)
    except OSError:
        return None, False
    flags = struct.unpack("16xH14x", answer)[0]
    return index, flags & (IFF_UP | IFF_RUNNING) == IFF_UP | IFF_RUNNING


def pack(frame: Frame) -> bytes:
    """A frame as the kernel takes it: struct can_frame, or struct canfd_frame (linux/can.h)."""
    kind = CAN_EFF_FLAG * frame.extended | CAN_RTR_FLAG * frame.remote | CAN_ERR_FLAG * frame.error
    number = frame.identifier | kind
    if frame.fd:
        return FD.pack(number, len(frame.data), CANFD_FDF | frame.flags, frame.data)
    return CLASSIC.pack(number, (frame.dlc or 0) if frame.remote else len(frame.data), frame.data)


def unpack(raw: bytes) -> Frame:
    """A frame as the kernel gives it."""
    fd = len(raw) == FD.size
    number, length = struct.unpack_from("=IB", raw)
    extended, error = bool(number & CAN_EFF_FLAG), bool(number & CAN_ERR_FLAG)
    remote = bool(number & CAN_RTR_FLAG)
    return Frame(
        identifier=number & (0x1FFFFFFF if extended or error else 0x7FF),
        data=b"" if remote else raw[8 : 8 + length],
        extended=extended,
        remote=remote,
        error=error,
        fd=fd,
        dlc=length if remote else None,
        flags=raw[5] if fd else 0,
    )


def _stamp(ancillary: list[tuple[int, int, bytes]]) -> float:
    for _, kind, data in ancillary:
        if kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = TIMESPEC.unpack_from(data)
            return float(seconds + nanoseconds // 1000 / 1e6)  # as candump has it
    raise AssertionError("python-can switches SO_TIMESTAMPNS on")


def _enlarge(sock: socket.socket) -> None:
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
    except PermissionError:  # only root may pass net.core.rmem_max
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
