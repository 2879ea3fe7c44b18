"""The web server of the page: on loopback, for one host, with room for so many connections."""

import errno
import socket
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.netutil import bind_sockets

from rig.role.errors import UserError
from rig.role.logic.connection_limit import ConnectionLimit, source_of

ADDRESS = "127.0.0.1"
PORT = 8988  # matplotlib's own default for a page
# Any page in the user's browser can call loopback, also under a name of its own that resolves to
# 127.0.0.1. So requests to any other host are not found, and a WebSocket is refused unless its
# Origin is the host that was asked (tornado's own check, which trusts Host).
HOSTS = r"(127\.0\.0\.1|localhost)$"
REQUESTS = 64  # connections that have asked for something, or are about to
REQUEST_WITHIN = 10.0  # s; a request that takes longer is cut off


class Server(HTTPServer):
    """One that takes so many connections, of which the oldest goes for a new one; a browser's
    leaves this count when it has joined."""

    def initialize(self, *args: Any, **options: Any) -> None:
        self._limit: ConnectionLimit[IOStream] = ConnectionLimit(REQUESTS)
        super().initialize(*args, **options)

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        if first := self._limit.came(stream, source_of(address[0])):
            first.close()
        super().handle_stream(stream, address)

    def on_close(self, server_conn: Any) -> None:
        self._limit.left(server_conn.stream)
        super().on_close(server_conn)


def listen(port: int | None) -> list[socket.socket]:
    """Listen on this port of loopback; None is the usual port, or a free one if it is taken."""
    try:
        return bind_sockets(PORT if port is None else port, ADDRESS)
    except OSError as error:
        if port is None and error.errno == errno.EADDRINUSE:
            return bind_sockets(0, ADDRESS)
        raise UserError(
            f"cannot serve the plot on port {port}: {error.strerror}; "
            "choose another with --web PORT, or --web for any free one"
        ) from error
