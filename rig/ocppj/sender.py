"""Sends texts on a websockets connection without ever waiting, and cuts off who does not read."""

import asyncio
import math
from typing import Any, Protocol

from websockets.asyncio.connection import broadcast
from websockets.frames import CloseCode

from rig.ocppj.logic.backlog import Backlog
from rig.role.closing import to_the_end

CLOSE_TIMEOUT = 1.0  # s


class Connection(Protocol):
    """What is needed of a websockets connection, besides `broadcast`."""

    transport: asyncio.Transport

    async def recv(self) -> str | bytes: ...

    async def close(self, code: int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None: ...

    async def wait_closed(self) -> None: ...


class Sender:
    """The way out of one connection. `has_cut_off`: the other end read nothing."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._backlog = Backlog()
        self._timer: asyncio.TimerHandle | None = None
        self.has_cut_off = False

    def send(self, text: str) -> None:
        """Send a text; one that cannot leave yet is kept. On a closed connection: nothing."""
        transport: asyncio.Transport = self._connection.transport
        before = transport.get_write_buffer_size()
        broadcast((self._connection,), text)
        after = transport.get_write_buffer_size()
        if before or after:
            self._judge(self._backlog.add(before, after, self._loop.time()))

    def stop(self) -> None:
        """Watch no more."""
        if self._timer:
            self._timer.cancel()
        self._timer = None

    def _judge(self, is_good: bool) -> None:
        self.stop()
        if not is_good:
            self.has_cut_off = True
            self._connection.transport.abort()
        elif self._backlog.wake_at < math.inf:
            self._timer = self._loop.call_at(self._backlog.wake_at, self._look)

    def _look(self) -> None:
        unsent = self._connection.transport.get_write_buffer_size()
        self._judge(self._backlog.tick(unsent, self._loop.time()))


async def end_connection(connection: Any, code: CloseCode, reason: str) -> None:
    """Close a connection, by force where the other end does not even take the closing frame.

    websockets' own close timeout begins only when that frame was taken.
    """
    await to_the_end(_close(connection, code, reason))


async def _close(connection: Any, code: CloseCode, reason: str) -> None:
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT):
            await connection.close(code, reason)
    except TimeoutError:
        connection.transport.abort()
