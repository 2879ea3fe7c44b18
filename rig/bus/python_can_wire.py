"""One open bus of python-can other than SocketCAN, as frames: a thread reads it, one writes."""

import asyncio
import contextlib
import struct
import threading
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import Any

import can

from rig.bus.backends import Backend
from rig.bus.logic.messages import Frame
from rig.bus.opening import open_bus
from rig.bus.wire import CANFD_BRS, CANFD_ESI, CANFD_FDF, OnDone, OnFailure, OnFrame
from rig.role.errors import first_line

OnGarbled = Callable[[str], None]  # why the backend could make no frame of what it read

Outcome = tuple[can.BusABC, Backend] | Exception  # of opening

# What a backend raises for what it read, rather than for its adapter.
GARBLED = (ValueError, LookupError, struct.error)
GARBLED_IN_A_ROW = 100  # so often with nothing between it is the backend that is broken


class PythonCanWire:
    """A bus of any backend: one thread reads, one writes, so that neither can stop the event loop.

    Both are daemons: a backend that is stuck does not keep the role from ending.
    """

    def __init__(
        self,
        bus: can.BusABC,
        backend: Backend,
        on_frame: OnFrame,
        on_failure: OnFailure,
        on_garbled: OnGarbled,
    ) -> None:
        self.echoes, self.marks_own = backend.echoes, backend.marks_own
        self._bus, self._on_frame = bus, on_frame
        self._on_failure, self._on_garbled = on_failure, on_garbled
        self._garbled = 0  # in a row
        self._loop = asyncio.get_running_loop()
        self._closed = threading.Event()
        self._outgoing: SimpleQueue[tuple[Frame, OnDone] | None] = SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        threading.Thread(target=self._write, daemon=True).start()

    def send(self, frame: Frame, done: OnDone) -> None:
        self._outgoing.put((frame, done))

    def drops(self) -> int | None:
        return None

    def unread(self) -> int | None:
        return None

    def close(self) -> None:
        self._closed.set()
        self._outgoing.put(None)

    async def closed(self) -> None:
        await asyncio.to_thread(self._reader.join, 1.0)

    def _write(self) -> None:
        while (waiting := self._outgoing.get()) is not None and not self._closed.is_set():
            frame, done = waiting
            try:
                self._bus.send(to_can(frame))
            except Exception as error:  # each backend has its own
                self._call(done, first_line(error))
            else:
                self._call(done, None)

    def _read(self) -> None:
        try:
            while not self._closed.is_set():
                self._hear(self._next())
        except Exception as error:  # each backend has its own
            self._call(self._on_failure, first_line(error))
        with contextlib.suppress(Exception):  # closing what is broken may fail in any way
            self._bus.shutdown()
        with contextlib.suppress(Exception):  # or its destructor would try again, and complain
            can.BusABC.shutdown(self._bus)

    def _hear(self, message: can.Message | None) -> None:
        if message is not None:
            own = self.echoes and not (self.marks_own and message.is_rx)
            now = self._loop.time()
            self._call(self._on_frame, from_can(message), own, None, message.timestamp, now)

    def _next(self) -> can.Message | None:
        """The next frame; None if there was none for 0.2 s, or what came was garbled."""
        try:
            message = self._bus.recv(0.2)
        except Exception as error:
            cause = _first_cause(error)
            if not isinstance(cause, GARBLED):
                raise
            self._skip(cause)
            return None
        self._garbled = 0
        return message

    def _skip(self, cause: BaseException) -> None:
        why = f"{type(cause).__name__}: {first_line(cause)}"
        self._garbled += 1
        if self._garbled == GARBLED_IN_A_ROW:
            raise can.CanOperationError(f"{GARBLED_IN_A_ROW} times garbled input: {why}")
        # python-can's slcan keeps a line that is no text, and would stumble over it for ever.
        if isinstance(cause, UnicodeDecodeError) and hasattr(self._bus, "_buffer"):
            self._bus._buffer.clear()
        self._call(self._on_garbled, why)

    def _call(self, callback: Callable[..., None], *values: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the role is ending
            self._loop.call_soon_threadsafe(self._unless_closed, callback, *values)

    def _unless_closed(self, callback: Callable[..., None], *values: object) -> None:
        if not self._closed.is_set():
            callback(*values)


async def open_aside(
    config: dict[str, Any], identifiers: Iterable[int] | None
) -> tuple[can.BusABC, Backend]:
    """As open_bus, in a thread: a stuck backend does not keep the role from ending."""
    loop = asyncio.get_running_loop()
    opening: asyncio.Future[tuple[can.BusABC, Backend]] = loop.create_future()

    def work() -> None:
        try:
            opened = open_bus(config, identifiers)
        except Exception as error:  # each backend has its own
            tell(opening.set_exception, error)
        else:
            tell(opening.set_result, opened)

    def tell(settle: Callable[[Any], None], outcome: Outcome) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the role is ending
            loop.call_soon_threadsafe(unless_cancelled, settle, outcome)

    def unless_cancelled(settle: Callable[[Any], None], outcome: Outcome) -> None:
        if not opening.done():
            settle(outcome)
        elif isinstance(outcome, tuple):
            outcome[0].shutdown()

    threading.Thread(target=work, daemon=True).start()
    return await opening


def _first_cause(error: BaseException) -> BaseException:
    """python-can wraps what was raised below it."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def to_can(frame: Frame) -> can.Message:
    """A frame as python-can takes it. (Its own default is a 29-bit identifier.)"""
    return can.Message(
        arbitration_id=frame.identifier,
        data=frame.data,
        dlc=frame.dlc,
        is_extended_id=frame.extended,
        is_remote_frame=frame.remote,
        is_error_frame=frame.error,
        is_fd=frame.fd,
        bitrate_switch=bool(frame.flags & CANFD_BRS),
        error_state_indicator=bool(frame.flags & CANFD_ESI),
        check=True,
    )


def from_can(message: can.Message) -> Frame:
    """A frame as python-can gives it."""
    remote = message.is_remote_frame
    return Frame(
        identifier=message.arbitration_id,
        data=b"" if remote else bytes(message.data),
        extended=message.is_extended_id and not message.is_error_frame,
        remote=remote,
        error=message.is_error_frame,
        fd=message.is_fd,
        dlc=message.dlc if remote else None,
        flags=_fd_flags(message),
    )


def _fd_flags(message: can.Message) -> int:
    switched, passive = message.bitrate_switch, message.error_state_indicator
    return (CANFD_FDF | CANFD_BRS * switched | CANFD_ESI * passive) if message.is_fd else 0
