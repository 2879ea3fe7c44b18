"""uvicorn as a guest in the central system's own event loop: it leaves signals and log alone."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import uvicorn
from h11 import LocalProtocolError
from uvicorn.protocols.http.h11_impl import H11Protocol

from rig.csms.commands import Commands
from rig.csms.http.app import build_app
from rig.csms.http.guard import Guard
from rig.csms.http.tags import Tags
from rig.ocppj.connection import source_of_peer
from rig.role.closing import to_the_end
from rig.role.logic.connection_limit import ConnectionLimit
from rig.role.logic.tally import Tally

CONNECTIONS = 100  # at once, so that charge points always find a file descriptor
PATIENCE = 10.0  # s for a whole request to come, and for a part of the answer to be taken
CUT_OFF = "one that kept it waiting was cut off for a newcomer"
HEADERS = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]


class HttpServer(uvicorn.Server):
    """Serves the interface. `name`: what the user calls this host besides its addresses."""

    def __init__(
        self, system: Commands, tags: Tags, token: str, name: str | None, log: logging.Logger
    ) -> None:
        logging.getLogger("uvicorn.error").disabled = True  # the guard tells what matters
        super().__init__(
            uvicorn.Config(
                Guard(build_app(system, tags, token), name, log),
                http=partial(  # type: ignore[arg-type]
                    _Connection,
                    limit=ConnectionLimit(CONNECTIONS),
                    on_cut_off=partial(_tell, Tally(), log),
                ),
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                headers=HEADERS,
                timeout_graceful_shutdown=0,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The role takes the signals."""
        yield

    async def run_until_cancelled(self, sock: socket.socket) -> None:
        """Serve on a socket that listens; when cancelled, end what is in flight with 503."""
        serving = asyncio.ensure_future(self.serve([sock]))
        try:
            await asyncio.shield(serving)
        finally:
            self.should_exit = True
            await to_the_end(self._end(serving))

    async def _end(self, serving: "asyncio.Future[None]") -> None:
        await serving
        if tasks := list(self.server_state.tasks):
            await asyncio.wait(tasks)


def _tell(tally: Tally, log: logging.Logger) -> None:
    if tally.count(CUT_OFF):
        log.warning("http = full: %s, %d so far", CUT_OFF, tally.counts[CUT_OFF])


class _Connection(H11Protocol):
    """Cut off where the other end is too slow, or few of them would shut out everybody else; and
    while it waits for the other end, where its place in the `limit` is needed.

    uvicorn has a limit for the time between two requests alone.
    """

    _timer: asyncio.TimerHandle | None = None
    _unsent = 0

    def __init__(
        self,
        *args: Any,
        limit: "ConnectionLimit[_Connection]",
        on_cut_off: Callable[[], None],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self._limit, self._on_cut_off = limit, on_cut_off

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._look_later()
        if first := self._limit.came(self, source_of_peer(transport)):
            first.transport.abort()
            self._on_cut_off()

    def data_received(self, data: bytes) -> None:
        """What breaks HTTP after the answer has gone is no reason to answer again: h11 raises then,
        and what a protocol raises ends the role."""
        try:
            super().data_received(data)
        except LocalProtocolError:
            self.transport.abort()
        if self._is_answering:
            self._limit.settle(self)

    def on_response_complete(self) -> None:
        self._limit.wait(self)
        super().on_response_complete()
        if self._is_answering:  # the next request had come already
            self._limit.settle(self)
        self._look_later()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._limit.wait(self)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._is_answering:
            self._limit.settle(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._limit.left(self)
        super().connection_lost(exc)
        if self._timer:
            self._timer.cancel()

    def _look_later(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._unsent = self.transport.get_write_buffer_size()
        self._timer = self.loop.call_later(PATIENCE, self._look)

    @property
    def _is_answering(self) -> bool:
        """Whether its whole request has come, and not yet its whole answer."""
        if self.cycle is None:
            return False
        return not (self.cycle.more_body or self.cycle.response_complete)

    def _look(self) -> None:
        takes_nothing = 0 < self._unsent <= self.transport.get_write_buffer_size()
        if self._is_answering and not takes_nothing:
            self._look_later()
        else:
            self.transport.abort()
