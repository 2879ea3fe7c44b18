"""uvicorn as a guest in the central system's own event loop: it leaves signals and log alone."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from rig.commands import Commands
from rig.http_app import build_app
from rig.http_guard import Guard
from rig.http_tags import Tags

CONNECTIONS = 100  # at once; more are cut off, so that charge points always find a file descriptor
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
                http=_Connection,
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
            await serving
            if tasks := list(self.server_state.tasks):
                await asyncio.wait(tasks)


class _Connection(H11Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS:
            transport.abort()
