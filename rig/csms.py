"""Central system: OCPP 1.6J WebSocket server that plays a cycle on each charge point.

A charge point connects to ADDRESS/ID with the subprotocol ocpp1.6, boots, and gets the cycle: by
default the seed's (limit 0 A, 2 s, limit 100 A, 1 s, Start, 2 s, Stop, 3 s, and again).
"""

import argparse
import asyncio
import errno
import itertools
import logging
import time
import tomllib
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as websocket_server
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from rig.bench import Bench, read_bench
from rig.drive import Drive, wall
from rig.errors import UserError
from rig.logic.csms.cycle import Cycle, read_cycle
from rig.logic.csms.station import Station
from rig.logic.exchange import Connected, Disconnected, Exchange, Output
from rig.ocpp_link import OcppLink
from rig.peer import CLOSE_TIMEOUT, MAX_SIZE, Peer, end_connection
from rig.ready import announce_ready
from rig.recording import OcppRecording
from rig.role import role_parser, run_role

EXAMPLES = """\
  rig csms                               ws://127.0.0.1:9000/, the seed's cycle
  rig csms --cycle normal                one calm session
  rig csms --cycle none                  answers, asks nothing
  rig csms --listen ws://0.0.0.0:8180/   for charge points on the network (no authentication!)
  rig csms --cycle mine.toml             steps = [{ do = "SetLimit", limit = 16, wait = 5 }, ...]"""

CYCLES = Path(__file__).parent / "cycles"
PING = 20.0  # s between pings, and to the pong; then the connection is dead
GOING_AWAY, SUPERSEDED = 1001, 1008  # RFC 6455, 7.4.1


def parser() -> argparse.ArgumentParser:
    """The options of this role."""
    options = role_parser("csms", __doc__, EXAMPLES, bus=False)
    options.add_argument(
        "--listen", metavar="URL", help="where to serve (default: the bench's csms)"
    )
    names = ", ".join(sorted(path.stem for path in CYCLES.glob("*.toml")))
    options.add_argument(
        "--cycle", default="seed", metavar="NAME|FILE", help=f"{names}, or a file (default: seed)"
    )
    options.add_argument("--record-ocpp", metavar="FILE", help="append each message as a JSON line")
    return options


def load_cycle(name: str) -> Cycle:
    """A shipped cycle by its name, else a TOML file. Raises UserError."""
    shipped = CYCLES / f"{name}.toml"
    path = shipped if shipped.is_file() and "/" not in name else Path(name)
    try:
        return read_cycle(tomllib.loads(path.read_text()))
    except OSError as error:
        raise UserError(f"cannot read the cycle {name}: {error.strerror}") from error
    except ValueError as error:  # also of TOML and of UTF-8
        raise UserError(f"the cycle {name} is not valid: {error}") from error


class CentralSystem:
    """All charge points that ever connected, each with its own Station."""

    def __init__(self, cycle: Cycle, log: logging.Logger, recording: OcppRecording | None) -> None:
        self._cycle, self._log, self._recording = cycle, log, recording
        # From the clock, so that a restarted central system gives no number twice.
        self._transactions = itertools.count(int(time.time()))
        self._points: dict[str, _Point] = {}

    def _next_transaction(self) -> int:
        return next(self._transactions)

    async def serve(self, connection: ServerConnection) -> None:
        """One connection, until it is gone."""
        if connection.subprotocol is None:  # OCPP-J 1.6, 3.2: complete the handshake, then close
            await connection.close(1002, "ocpp1.6 only")
            return
        name = charge_point_id(connection.request.path if connection.request else "") or ""
        if name not in self._points:
            log = self._log.getChild(name.replace(".", "_"))
            station = Station(self._cycle, self._next_transaction, wall)
            self._points[name] = _Point(name, station, _Named(log, name), self._recording)
        await self._points[name].serve(connection)


class _Named(logging.LoggerAdapter[logging.Logger]):
    """Begins each line with the charge point."""

    def __init__(self, log: logging.Logger, name: str) -> None:
        super().__init__(log, {})
        self._name = name

    def process(self, msg: Any, kwargs: Any) -> tuple[Any, Any]:
        return f"{self._name.replace('%', '%%')} {msg}", kwargs  # no id breaks the formatting


class _Point:
    """The shell of one Station: its connection and its timer."""

    def __init__(
        self, name: str, station: Station, log: Any, recording: OcppRecording | None
    ) -> None:
        self._name, self._log, self._recording = name, log, recording
        self._ocpp = OcppLink(log)
        self._drive: Drive[Exchange, Output] = Drive(station, self._do)
        self._connection: ServerConnection | None = None  # the one that is served
        self._newest: ServerConnection | None = None
        self._free = asyncio.Lock()

    async def serve(self, connection: ServerConnection) -> None:
        """Serve a connection; one that this charge point had before is closed."""
        self._newest = connection
        if self._connection:
            self._log.warning("connects again from %s: the old one ends", connection.remote_address)
            await end_connection(self._connection, SUPERSEDED, "superseded")
        async with self._free:
            if connection is not self._newest:
                await end_connection(connection, SUPERSEDED, "superseded")
                return
            self._connection = connection
            await self._serve(connection)
            self._connection = None

    async def _serve(self, connection: ServerConnection) -> None:
        self._log.info("ocpp = connected from %s", connection.remote_address)
        peer = Peer(self._name, connection, self._drive.feed, self._log, self._keep)
        self._ocpp.peer = peer
        self._drive.feed(Connected())
        why = "this central system ended"
        try:
            why = await peer.run()
        finally:
            self._ocpp.peer = None
            self._log.info("ocpp = disconnected: %s", why)
            self._drive.feed(Disconnected(why))
            await end_connection(connection, GOING_AWAY, "the connection is over")

    def _do(self, output: Output) -> None:
        self._ocpp.do(output, self._drive.feed)

    def _keep(self, direction: str, text: str) -> None:
        if self._recording:
            self._recording.keep(self._name, direction == "<", text)


def charge_point_id(path: str) -> str | None:
    """The charge point's id, the last part of the path (OCPP-J 1.6, 3.1.1); None if it has none."""
    name = unquote(path.partition("?")[0].rpartition("/")[2])
    return name if name.isprintable() and name not in ("", ".", "..") and len(name) <= 48 else None


def _check_path(connection: ServerConnection, request: Request) -> Response | None:
    if charge_point_id(request.path) is None:
        return connection.respond(HTTPStatus.NOT_FOUND, "ws://HOST:PORT/CHARGE_POINT_ID\n")
    return None


def _choose_subprotocol(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    ours = Subprotocol("ocpp1.6")
    return ours if ours in offered else None


async def serve(options: argparse.Namespace, log: logging.Logger) -> None:
    """Run the central system until cancelled."""
    bench = read_bench(options.bench)
    url = Bench(csms=options.listen).csms if options.listen else bench.csms
    if urlsplit(url).scheme != "ws":
        raise UserError(f"cannot serve {url}: ws:// only")
    host, port = urlsplit(url).hostname, urlsplit(url).port or 80
    cycle = load_cycle(options.cycle)
    recording = OcppRecording(options.record_ocpp, "csms", log) if options.record_ocpp else None
    system = CentralSystem(cycle, log, recording)
    try:
        server = await websocket_server(
            system.serve,
            host,
            port,
            select_subprotocol=_choose_subprotocol,
            process_request=_check_path,
            compression=None,
            max_size=MAX_SIZE,
            ping_interval=PING,
            ping_timeout=PING,
            close_timeout=CLOSE_TIMEOUT,
            server_header=None,
        )
    except OSError as error:
        raise UserError(_why_not(url, error)) from error
    async with server:
        log.info("ocpp = serving ws://%s:%d/, cycle %s", host, port, options.cycle)
        announce_ready()
        try:
            await asyncio.Event().wait()
        finally:
            ends = [end_connection(each, GOING_AWAY, "it ends") for each in server.connections]
            await asyncio.gather(*ends)


def _why_not(url: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{url} is taken: stop the other server there, or choose another with --listen"
    return f"cannot serve {url}: {error.strerror or error}"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the role; returns its exit status."""
    return run_role("csms", parser(), serve, argv)


if __name__ == "__main__":
    raise SystemExit(main())
