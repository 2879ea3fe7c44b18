"""Central system: OCPP 1.6J WebSocket server that plays a cycle on each charge point.

A charge point connects to ADDRESS/ID with the subprotocol ocpp1.6, boots, and gets the cycle: by
default the seed's (limit 0 A, 2 s, limit 100 A, 1 s, Start, 2 s, Stop, 3 s, and again).
"""

import argparse
import asyncio
import errno
import gc
import ipaddress
import logging
import resource
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from ocpp.v16.enums import RegistrationStatus
from websockets.asyncio.server import Server
from websockets.asyncio.server import serve as websocket_server
from websockets.frames import CloseCode

from rig.csms.central import HANDSHAKES, CentralSystem, Policy
from rig.csms.handshake import choose_subprotocol
from rig.csms.http.service import add_http_options, http_control
from rig.csms.logic.cycle import Cycle, read_cycle
from rig.csms.logic.tags import read_tags
from rig.csms.store.retention import add_keep_option, kept_for
from rig.csms.store.store import Store
from rig.ocppj.connection import MAX_QUEUE, BoundedServerConnection
from rig.ocppj.peer import MAX_SIZE
from rig.ocppj.sender import CLOSE_TIMEOUT, end_connection
from rig.ocppj.telling import add_telling_options, telling
from rig.role.arguments import Parser
from rig.role.bench import Bench, read_bench
from rig.role.control import Control, add_control_option, control_path
from rig.role.entry import entry
from rig.role.errors import UserError
from rig.role.paths import default_database
from rig.role.ready import announce_ready
from rig.role.run import role_parser, run_role
from rig.role.toml import read_toml

EXAMPLES = """\
  rig csms                               ws://127.0.0.1:9000/, the seed's cycle
  rig csms --cycle normal                one calm session
  rig csms --cycle none                  answers, asks nothing
  rig csms --listen ws://0.0.0.0:8180/   for any on the network (no password!)
  rig csms --cycle mine.toml             such as those in rig/csms/cycles
  rig csms --tags tags.toml --unknown-tags invalid"""

CYCLES = Path(__file__).parent / "cycles"
CONNECTIONS = 1000
OTHER_FILES = 200  # the HTTP interface, the database, the log
# Objects that are new until Python looks for cycles among all. With its own 700, 1000 charge points
# wait 0.2 s for that now and then, and it takes a tenth of the CPU; hardly anything is in a cycle.
NEW_OBJECTS = 20_000
PING = 20.0  # s between pings, and to the pong; then the connection is dead
REGISTRATION = {status.value.lower(): status for status in RegistrationStatus}


def parser() -> Parser:
    """The options of this role."""
    options = role_parser("csms", __doc__, EXAMPLES)
    options.add_argument(
        "--listen", metavar="URL", help="where to serve (default: the bench's csms)"
    )
    names = ", ".join(sorted(path.stem for path in CYCLES.glob("*.toml")))
    options.add_argument(
        "--cycle", default="seed", metavar="NAME|FILE", help=f"{names}, or a file (default: seed)"
    )
    add_telling_options(options)
    _add_storage(options)
    options.add_argument(
        "--registration",
        choices=REGISTRATION,
        default="accepted",
        help="what a boot is answered (default: %(default)s)",
    )
    options.add_argument(
        "--max-connections",
        type=_at_least_one,
        default=CONNECTIONS,
        metavar="N",
        help="charge points at once; more are told 503, or take the place of one that never booted "
        "here if they did (default: %(default)s)",
    )
    add_control_option(options)
    add_http_options(options)
    return options


def _at_least_one(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return value


def _add_storage(options: argparse.ArgumentParser) -> None:
    options.add_argument(
        "--database",
        metavar="URL",
        help="sqlite:///FILE or postgresql://... (default: SQLite in ~/.local/state)",
    )
    add_keep_option(options)
    options.add_argument("--tags", metavar="FILE", help="TOML file of the tags that are known")
    options.add_argument(
        "--unknown-tags",
        choices=("accept", "invalid"),
        default="accept",
        help="what becomes of the others (default: %(default)s)",
    )


def load_cycle(name: str) -> Cycle:
    """A shipped cycle by its name, else a TOML file. Raises UserError."""
    shipped = {path.stem: path for path in CYCLES.glob("*.toml")}
    return read_toml(shipped.get(name, name), "cycle", read_cycle)


async def serve(options: argparse.Namespace, log: logging.Logger) -> None:
    """Run the central system until cancelled."""
    gc.set_threshold(NEW_OBJECTS)
    bench = read_bench(options.bench)
    allow_descriptors(options.max_connections + HANDSHAKES + OTHER_FILES, log)
    url = bench.csms if options.listen is None else Bench(csms=options.listen).csms
    if urlsplit(url).scheme != "ws":
        raise UserError(f"cannot serve {url}: ws:// only")
    policy = _policy(options, bench)
    tags = read_toml(options.tags, "tags file", read_tags) if options.tags else None
    async with AsyncExitStack() as stack:
        over = "this central system ended"
        teller = await stack.enter_async_context(telling(options, "csms", over, log))
        store = Store(options.database or default_database(), log, options.unknown_tags)
        stack.push_async_callback(store.close)
        if tags is not None:
            store.set_tags(tags)
        await stack.enter_async_context(kept_for(options.keep, store, log))
        system = CentralSystem(policy, store, log, teller)
        server = await stack.enter_async_context(await _listen(url, system))
        stack.push_async_callback(_end_connections, server)
        await stack.enter_async_context(Control(control_path(options, "csms"), system.control))
        await stack.enter_async_context(http_control(options, _port(url), system, store, log))
        log.info("ocpp = serving %s, cycle %s", url, options.cycle)
        if not all(_is_loopback(sock) for sock in server.sockets):
            log.warning("ocpp = other machines reach it: no password, no encryption")
        announce_ready()
        await asyncio.Event().wait()


def _policy(options: argparse.Namespace, bench: Bench) -> Policy:
    registration = REGISTRATION[options.registration]
    return Policy(load_cycle(options.cycle), bench.supply, registration, options.max_connections)


async def _listen(url: str, system: CentralSystem) -> Server:
    try:
        return await websocket_server(
            system.serve,
            urlsplit(url).hostname,
            _port(url),
            select_subprotocol=choose_subprotocol,
            process_request=system.admit,
            create_connection=partial(  # type: ignore[arg-type]
                BoundedServerConnection, limit=system.connection_limit, on_cut_off=system.cut_off
            ),
            compression=None,
            max_size=MAX_SIZE,
            max_queue=MAX_QUEUE,
            ping_interval=PING,
            ping_timeout=PING,
            close_timeout=CLOSE_TIMEOUT,
            server_header=None,
        )
    except OSError as error:
        raise UserError(_why_not(url, error)) from error


def _is_loopback(sock: socket.socket) -> bool:
    return ipaddress.ip_address(sock.getsockname()[0]).is_loopback


def _port(url: str) -> int:
    return urlsplit(url).port or 80


def allow_descriptors(needed: int, log: logging.Logger) -> None:
    """File descriptors, one for each connection: raise this process's limit (1024, usually) to what
    is needed, as far as the system lets it; else say so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < needed:
        log.warning("%d files may be open, %d could be needed: see ulimit -Hn", allowed, needed)


async def _end_connections(server: Server) -> None:
    ends = [end_connection(each, CloseCode.GOING_AWAY, "it ends") for each in server.connections]
    await asyncio.gather(*ends)


def _why_not(url: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{url} is taken: stop the other server there, or choose another with --listen"
    return f"cannot serve {url}: {error.strerror or error}"


@entry("rig csms")
def main(argv: Sequence[str] | None = None) -> int:
    """Run the role; returns its exit status."""
    return run_role("csms", parser(), serve, argv)


if __name__ == "__main__":
    raise SystemExit(main())
