"""The embedded bus: CAN frames between processes of this machine, where its kernel has no CAN.

It speaks python-can's `remote` protocol on 127.0.0.1 and prints its address once it listens:
`-i remote -c ws://127.0.0.1:PORT/` joins it. `rig up` starts it when it is needed.
"""

# mypy: disable-error-code="no-untyped-call"
# python-can-remote has no types.

import argparse
import asyncio
import logging
import sys
import threading
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import can
from can.interfaces.virtual import channels_lock
from can_remote.server import ClientRequestHandler, RemoteServer, RemoteServerProtocol
from can_remote.websocket import WebSocket, get_accept_key

from rig.role.arguments import Parser
from rig.role.entry import entry
from rig.role.errors import UserError
from rig.role.logic.tally import Tally
from rig.role.ready import announce_ready
from rig.role.run import add_log_option, run_role
from rig.role.streams import STDOUT, write_all

HOST = "127.0.0.1"
PROTOCOL = "can.binary+json.v1"  # of the two of python-can-remote, the one that carries CAN FD

# What every client gets, whatever it asks for. Size 0 is a queue without bound for a client that is
# slow to read: no frame is dropped and memory grows. A bounded one would hold up every sender.
BUS = {"interface": "virtual", "channel": "embedded", "ignore_config": True, "rx_queue_size": 0}

EXAMPLES = """\
  python -m rig.bus.embedded                a free port, which it prints
  python -m rig.bus.embedded --port 54701   then: rig charger -i remote -c ws://127.0.0.1:54701/"""


class BusClient(RemoteServerProtocol):
    """One process on the bus."""

    def recv(self, timeout: float | None = None) -> Any:
        """What the client sends. Frames go to the bus under its lock: all receivers see the same
        order, as on a wire, and none is passed over while another one leaves.
        """
        event = super().recv(timeout)
        if not isinstance(event, can.Message):
            return event
        with channels_lock:
            self.bus.send(event)
        return None

    def _send_to_client(self) -> None:
        try:
            super()._send_to_client()
        except OSError:  # the client left without a word
            pass
        finally:
            self.bus.shutdown()  # else frames would pile up for it for ever


class ConnectionHandler(ClientRequestHandler):
    """A new connection: a WebSocket of a program. Web pages get nothing, not even a page."""

    def do_GET(self) -> None:
        if "Origin" in self.headers or "Sec-WebSocket-Key" not in self.headers:
            self.send_error(HTTPStatus.FORBIDDEN)
        else:
            self.start_websocket()

    def start_websocket(self) -> None:
        self.send_response(HTTPStatus.SWITCHING_PROTOCOLS)
        self.send_header("Upgrade", "WebSocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", get_accept_key(self.headers["Sec-WebSocket-Key"]))
        self.send_header("Sec-WebSocket-Protocol", PROTOCOL)
        self.end_headers()
        self.close_connection = True
        BusClient(BUS, WebSocket(None, PROTOCOL, sock=self.request)).run()


class EmbeddedBus(RemoteServer):
    """Listens on 127.0.0.1. Raises OSError if the port (0: any free one) is taken."""

    def __init__(self, port: int, log: logging.Logger) -> None:
        super().__init__(HOST, port)
        self.RequestHandlerClass = ConnectionHandler
        self._log, self._refused = log, Tally()

    @property
    def address(self) -> str:
        """The channel for python-can."""
        return f"ws://{HOST}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if isinstance(error, OSError):  # a client that left
            return
        if self._refused.count("clients"):
            number = self._refused.counts["clients"]
            self._log.warning("a client was refused: %s, %d so far", error, number)


def parser() -> Parser:
    """The options of the embedded bus."""
    options = Parser("python -m rig.bus.embedded", __doc__, f"examples:\n{EXAMPLES}")
    add_log_option(options)
    options.add_argument("--port", type=int, default=0, help="default: a free one")
    return options


async def serve(options: argparse.Namespace, log: logging.Logger) -> None:
    """Carry frames until cancelled."""
    try:
        server = EmbeddedBus(options.port, log)
    except (OSError, OverflowError) as error:
        raise UserError(f"cannot listen on port {options.port}: {error}; try another") from error
    with server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        write_all(STDOUT, f"{server.address}\n".encode())
        announce_ready()
        try:
            await asyncio.Event().wait()
        finally:
            server.shutdown()


@entry("rig bus")
def main(argv: Sequence[str] | None = None) -> int:
    """Run the embedded bus; returns its exit status."""
    return run_role("bus", parser(), serve, argv)


if __name__ == "__main__":
    raise SystemExit(main())
