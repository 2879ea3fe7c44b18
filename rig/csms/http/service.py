"""The HTTP interface of the central system while it runs: its socket, its token file, its server.

FastAPI and uvicorn take about half a second to import, so a thread imports them while the charge
points are served already; whoever asks meanwhile waits in the socket's backlog.
"""

import argparse
import asyncio
import contextlib
import errno
import ipaddress
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rig.csms.http.token_file import Access, token_path, written_access
from rig.role.errors import UserError

if TYPE_CHECKING:
    from rig.csms.commands import Commands
    from rig.csms.http.server import HttpServer
    from rig.csms.http.tags import Tags

    MakeServer = Callable[[], HttpServer]

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class HttpAddress:
    """Where to listen; `name` only where the user gave one that is no address."""

    host: str
    port: int

    @property
    def name(self) -> str | None:
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return self.host.lower()
        return None


def add_http_options(parser: argparse.ArgumentParser) -> None:
    """The options of the central system for this interface."""
    parser.add_argument(
        "--http",
        default="0",
        metavar="[HOST:]PORT|none",
        help="where to serve the HTTP interface (default: any free port of loopback)",
    )
    parser.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="where to put its address and token (default: csms-PORT.json where rig send looks)",
    )


@asynccontextmanager
async def http_control(
    options: argparse.Namespace,
    ocpp_port: int,
    system: "Commands",
    tags: "Tags",
    log: logging.Logger,
) -> AsyncIterator[None]:
    """Serves the HTTP interface while entered, as `options` say. Enters without waiting.

    Raises UserError if the port or the token file cannot be had.
    """
    place = read_place(options.http)
    if place is None:
        yield
        return
    path = options.token_file or token_path(ocpp_port)
    with _listen(place) as sock:
        access = Access(_url(sock), secrets.token_urlsafe())
        make_server = partial(_make_server, system, tags, access.token, place.name, log)
        with written_access(path, access):
            log.info("http = %s/docs, token in %s", access.url, path)
            if not ipaddress.ip_address(sock.getsockname()[0]).is_loopback:
                log.warning("http = other machines reach it unencrypted, the token with it")
            async with _served(sock, make_server):
                yield


def read_place(text: str) -> HttpAddress | None:
    """[HOST:]PORT, loopback where no host is named; None for `none`. Raises UserError."""
    if text == "none":
        return None
    where = text if ":" in text else f"{LOOPBACK}:{text}"
    with contextlib.suppress(ValueError):  # a port or an address that cannot be one
        parts = urlsplit(f"//{where}")
        (parts.hostname or "").encode("idna")
        if parts.netloc == where and parts.hostname and parts.port is not None:
            return HttpAddress(parts.hostname, parts.port)
    raise UserError(f"--http is [HOST:]PORT or none, not {text!r}")


def _listen(place: HttpAddress) -> socket.socket:
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UserError(f"port {place.port} is taken: choose another --http PORT") from error
        raise UserError(f"cannot serve HTTP at {place.host}: {error.strerror}") from error


def _url(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = LOOPBACK if sock.family == socket.AF_INET else "::1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@asynccontextmanager
async def _served(sock: socket.socket, make_server: "MakeServer") -> AsyncIterator[None]:
    serving = asyncio.create_task(_serve(sock, make_server))
    serving.add_done_callback(_raise_defect)
    try:
        yield
    finally:
        serving.cancel()
        await asyncio.wait([serving])


async def _serve(sock: socket.socket, make_server: "MakeServer") -> None:
    server = await asyncio.to_thread(make_server)
    await server.run_until_cancelled(sock)


def _make_server(
    system: "Commands", tags: "Tags", token: str, name: str | None, log: logging.Logger
) -> "HttpServer":
    from rig.csms.http.server import HttpServer

    return HttpServer(system, tags, token, name, log)


def _raise_defect(serving: "asyncio.Task[None]") -> None:
    """To the event loop, which ends the role: it must not look healthy without its interface."""
    if not serving.cancelled():
        serving.result()
