"""A Peer on a real WebSocket over loopback, and the other end of it in the hands of a test.

`END` is which end the rig is: "csms" (the server) or "cp" (the client).
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from ocpp.v16 import call_result
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from rig.ocppj.connection import FairClientConnection, FairServerConnection
from rig.ocppj.logic.exchange import Answered, Asked, Failed, Incoming
from rig.ocppj.peer import MAX_SIZE, Peer

LOG = logging.getLogger("rig.test")
PATIENCE = 20.0  # s
ENDS = ("csms", "cp")
both_ends = pytest.mark.parametrize("end", ENDS)
TIME = "2026-01-31T12:00:00Z"
HEARTBEAT = '[2,"a","Heartbeat",{}]'
HEARTBEAT_CONF = call_result.Heartbeat(current_time=TIME)
ACCEPTED = {"idTagInfo": {"status": "Accepted"}}


class Broken:
    """A text frame whose bytes are no UTF-8."""


class Other:
    """The test's end."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.texts: list[tuple[str, str]] = []
        self.on_asked: Callable[[Asked], None] = lambda event: None
        self.outcomes: asyncio.Queue[Answered | Failed] = asyncio.Queue()  # of the peer's CALLs
        self.on_outcome: Callable[[Answered | Failed], None] = self.outcomes.put_nowait
        self.heard_asked: asyncio.Queue[Asked] = asyncio.Queue()
        self.peer: Peer
        self.running: asyncio.Task[str]
        self.socket: Any
        self.their_socket: Any

    def begin(self, connection: Any) -> None:
        """Let a peer serve its end."""
        self.their_socket = connection
        self.peer = Peer(connection, self.feed, LOG, lambda *text: self.texts.append(text))
        self.running = asyncio.create_task(self.peer.run())

    def feed(self, event: Incoming) -> None:
        """What the peer tells."""
        if not isinstance(event, Asked):
            self.on_outcome(event)
            return
        self.asked.append(event)
        self.heard_asked.put_nowait(event)
        self.on_asked(event)

    async def says(self, *texts: str | bytes | type[Broken]) -> None:
        """Send texts, bytes, or a text that is none."""
        for text in texts:
            if text is Broken:
                await self.socket.send(b'"\xff"', text=True)
            else:
                await self.socket.send(text)

    async def hears(self) -> Any:
        """The next message of the peer."""
        return json.loads(await self.hears_text())

    async def hears_text(self) -> str:
        """The same, as it came."""
        return str(await asyncio.wait_for(self.socket.recv(), PATIENCE))

    async def asks(self, text: str) -> Asked:
        """Send a valid CALL, and wait until it was handed over."""
        await self.says(text)
        unique_id = json.loads(text)[1]
        while (await asyncio.wait_for(self.heard_asked.get(), PATIENCE)).unique_id != unique_id:
            pass
        return self.asked[-1]

    async def settled(self) -> list[Any]:
        """Wait until all that was said was read; what the peer said to it."""
        said = []
        await self.says('[2,"settled","Unsettled",{}]')  # NotImplemented at once
        while (message := await self.hears())[1] != "settled":
            said.append(message)
        return said

    async def still_works(self) -> None:
        """The next CALL is handed over and answered."""
        await self.asks('[2,"next","Heartbeat",{}]')
        self.peer.refuse("next", "NotSupported", "no")
        assert await self.hears() == [4, "next", "NotSupported", "no", {}]

    async def ended(self) -> str:
        """Wait until the connection is over; why, in the words of the peer."""
        return await asyncio.wait_for(asyncio.shield(self.running), PATIENCE)


@asynccontextmanager
async def joined(
    end: str = "csms", max_size: int = MAX_SIZE, ping: float | None = None
) -> AsyncIterator[Other]:
    """Both ends, connected. `ping`: s between pings of the peer, and to the pong."""
    other, accepted = Other(), asyncio.Event()

    async def at_server(connection: Any) -> None:
        if end == "csms":
            other.begin(connection)
        else:
            other.socket = connection
        accepted.set()
        await connection.wait_closed()

    both: dict[str, Any] = {"compression": None, "close_timeout": 0.2}
    ours = {"max_size": max_size, "ping_interval": ping, "ping_timeout": ping}
    server_end: dict[str, Any] = {"max_size": None, "ping_interval": None}
    client_end = server_end
    if end == "csms":
        server_end = {**ours, "create_connection": FairServerConnection}
    else:
        client_end = {**ours, "create_connection": FairClientConnection}
    async with serve(at_server, "127.0.0.1", 0, **both, **server_end) as server:
        url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/CP_1"
        async with connect(url, proxy=None, **both, **client_end) as connection:
            await accepted.wait()
            if end == "csms":
                other.socket = connection
            else:
                other.begin(connection)
            yield other
            other.running.cancel()
            await asyncio.gather(other.running, return_exceptions=True)
