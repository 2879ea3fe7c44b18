"""Keeps a charge point connected to its central system: connects, and again with backoff.

Not by the iterator of websockets' `connect`: to it each connection is a success, so it comes back
to a server that accepts and closes without a pause.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.frames import CloseCode
from websockets.typing import Subprotocol

from rig.ocppj.connection import MAX_QUEUE, FairClientConnection
from rig.ocppj.sender import CLOSE_TIMEOUT, end_connection
from rig.role.errors import first_line

LONGEST = 1 << 17  # bytes of a message; takes 0.03 s at worst (rig/role/logic/values.py)
PONG_TIMEOUT = 10.0  # s from a ping to its pong; then the connection is dead
OPEN_TIMEOUT = 10.0  # s
BACKOFF = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)  # s to the next attempt, the last for ever; half random
STEADY = 5.0  # s that a connection must last for the next attempts to begin at the first delay

Serve = Callable[[ClientConnection], Awaitable[None]]


class CsmsLink:
    """The connection to the central system at `address`, as the charge point of this id.

    `on_refused` is told why an attempt to connect failed, again only if that changed or a
    connection was there meanwhile.
    """

    def __init__(
        self,
        address: str,
        charge_point: str,
        log: logging.Logger,
        on_refused: Callable[[str], None] = lambda why: None,
    ) -> None:
        self._address, self._charge_point, self._log = address, charge_point, log
        self._on_refused, self._refused = on_refused, ""
        self._connection: ClientConnection | None = None
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._was_left = False  # by offline, since the last attempt to connect
        self._ending: asyncio.Task[None] | None = None

    def online(self) -> None:
        """Connect, from now on."""
        self._wanted.set()

    def offline(self) -> None:
        """Leave the central system, and do not come back before `online`."""
        self._wanted.clear()
        self._was_left = True
        if self._connection:
            end = end_connection(self._connection, CloseCode.GOING_AWAY, "offline")
            self._ending = asyncio.ensure_future(end)

    async def stay(self, serve: Serve, ping_every: float) -> None:
        """Stay connected for ever; `serve` has each connection. 0 s: no pings (5.3 of OCPP-J)."""
        attempt, loop = 0, asyncio.get_running_loop()
        while await self._wanted.wait():
            self._was_left = False
            began = loop.time()
            try:
                async with await self._open(ping_every) as connection:
                    began = loop.time()
                    if not self._was_left:
                        await self._serve(connection, serve)
            except OSError as error:
                self._log.warning("ocpp = no CSMS at %s: %s", self._address, first_line(error))
                self._tell_refused(first_line(error))
            else:
                attempt = 0 if loop.time() - began > STEADY else attempt
            if not self._was_left:  # else it connects as soon as it is wanted
                delay = BACKOFF[min(attempt, len(BACKOFF) - 1)] * random.uniform(0.5, 1)
                attempt += 1
                self._log.info("ocpp = next attempt in %.1f s", delay)
                await asyncio.sleep(delay)

    async def _serve(self, connection: ClientConnection, serve: Serve) -> None:
        if connection.subprotocol != "ocpp1.6":
            raise OSError("it does not speak ocpp1.6")
        self._log.info("ocpp = connected to %s", self._address)
        self._connection, self._refused = connection, ""
        try:
            await serve(connection)
        finally:
            self._connection = None
            await end_connection(connection, CloseCode.GOING_AWAY, "the charge point ends")

    def _tell_refused(self, why: str) -> None:
        if why != self._refused:
            self._refused = why
            self._on_refused(why)

    async def _open(self, ping_every: float) -> ClientConnection:
        """Raises OSError, also for an answer that is no handshake or redirects to no WebSocket."""
        try:
            return await self._connect(ping_every)
        except (WebSocketException, ValueError) as error:
            raise OSError(first_line(error)) from error

    def _connect(self, ping_every: float) -> connect:
        return connect(
            self._address.rstrip("/") + "/" + quote(self._charge_point, safe=""),
            subprotocols=[Subprotocol("ocpp1.6")],
            create_connection=FairClientConnection,
            compression=None,
            proxy=None,
            max_size=LONGEST,
            max_queue=MAX_QUEUE,
            open_timeout=OPEN_TIMEOUT,
            ping_interval=ping_every or None,
            ping_timeout=PONG_TIMEOUT,
            close_timeout=CLOSE_TIMEOUT,
        )
