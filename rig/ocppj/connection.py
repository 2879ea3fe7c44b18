"""websockets connections of which none takes more than its share of the event loop.

For `create_connection` of websockets' `serve` and `connect`. Texts are paced by the Peer; what
never gets there, pings and pongs, is limited here, and who answers no ping is found dead.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CTRL_OPCODES, CloseCode, Frame, Opcode

from rig.ocppj.logic.rate_limit import Pace
from rig.ocppj.sender import end_connection
from rig.role.closing import cancel
from rig.role.logic.connection_limit import ConnectionLimit, source_of
from rig.role.logic.timeout import LOOKS

PINGS = 10.0  # pings and pongs per second; a peer needs a few a minute
PINGS_AT_ONCE = 100.0
CHUNK = 8192  # bytes that are read in one turn of the loop; asyncio's 256 KiB hold 40 000 pings
MAX_QUEUE = 4  # frames that wait to be read, of 1 MiB each at worst


def source_of_peer(transport: asyncio.BaseTransport) -> str:
    """Where the other end is (rig/role/logic/connection_limit.py); none if it was gone at once."""
    address = transport.get_extra_info("peername")
    return source_of(address[0]) if address else ""


async def answers_ping(connection: Connection, within: float) -> bool:
    """Whether it answers a ping within this time (s), as rig/role/logic/timeout.py counts it: a
    pong that came while this process stood still was in time. So is one that we do not read yet."""
    pong, left = asyncio.ensure_future(_answer_to_ping(connection)), LOOKS
    try:
        while left:
            if (await asyncio.wait([pong], timeout=within / LOOKS))[0]:
                return pong.result()
            left -= connection.transport.is_reading()
        return False
    finally:
        await cancel(pong)


async def _answer_to_ping(connection: Connection) -> bool:
    try:
        await (await connection.ping())
    except ConnectionClosed:
        return False
    return True


class _Fair(Connection):
    """What both ends add."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        transport.max_size = CHUNK  # type: ignore[attr-defined]
        self._pace = Pace(self.loop.time(), PINGS, PINGS_AT_ONCE)
        self._ending: asyncio.Task[None] | None = None
        # Serves a whole text at once, unless it gives False; then `recv` gives it, in its turn.
        self.take: Callable[[bytes], bool] | None = None

    async def keepalive(self) -> None:
        """In place of websockets' own, for which our own stop is the other end's silence. As in
        that, a ping waits for room: rig/ocppj/sender.py judges an end that takes nothing."""
        assert self.ping_interval
        assert self.ping_timeout
        lives = True
        while lives:
            await asyncio.sleep(self.ping_interval)
            await self.drain()
            lives = await answers_ping(self, self.ping_timeout)
        await end_connection(self, CloseCode.INTERNAL_ERROR, "keepalive ping timeout")

    def process_event(self, event: Any) -> None:
        if self.take and self._is_first_text(event) and self.take(event.data):
            return
        super().process_event(event)
        if not isinstance(event, Frame) or event.opcode not in CTRL_OPCODES or self._ending:
            return
        if self._pace.wait(0, self.loop.time(), ahead=True):
            self.transport.pause_reading()
            end = end_connection(self, CloseCode.POLICY_VIOLATION, "too many pings")
            self._ending = self.loop.create_task(end)

    def _is_first_text(self, event: Any) -> bool:
        """Whether it is a whole text, and none waits to be read before it."""
        is_text = isinstance(event, Frame) and event.opcode is Opcode.TEXT and event.fin
        return is_text and not len(self.recv_messages.frames)


class FairServerConnection(_Fair, ServerConnection):
    """The central system's end."""


class BoundedServerConnection(FairServerConnection):
    """Counts in the `limit` of its server before it shakes hands: that needs no id, and each
    takes a file descriptor. Whoever serves it settles it there. `on_cut_off`: for one that came."""

    def __init__(
        self,
        *args: Any,
        limit: ConnectionLimit[ServerConnection],
        on_cut_off: Callable[[], None],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self._limit, self._on_cut_off = limit, on_cut_off

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if first := self._limit.came(self, source_of_peer(transport)):
            first.transport.abort()
            self._on_cut_off()

    def connection_lost(self, exc: Exception | None) -> None:
        self._limit.left(self)
        super().connection_lost(exc)


class FairClientConnection(_Fair, ClientConnection):
    """The charge point's end."""
