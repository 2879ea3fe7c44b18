"""A browser tab that does as it likes: a WebSocket by hand on a plain socket."""

import asyncio
import json
import socket
import struct

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets, whatever is unsent
HANDSHAKE = """\
GET /socket HTTP/1.1\r
Host: 127.0.0.1:{port}\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r
Sec-WebSocket-Version: 13\r
\r
"""


class RawTab:
    """One that has joined the page, and takes in as little as it can."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)  # the least there is
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def join(cls, port: int) -> "RawTab":
        """Join the page at this port of loopback."""
        tab = cls()
        await tab._loop.sock_connect(tab._socket, ("127.0.0.1", port))
        await tab._loop.sock_sendall(tab._socket, HANDSHAKE.format(port=port).encode())
        assert await tab._loop.sock_recv(tab._socket, 12) == b"HTTP/1.1 101"
        return tab

    async def send(self, kind: str, **more: object) -> None:
        """A message, masked with zeros."""
        text = json.dumps({"type": kind, **more}).encode()
        assert len(text) < 126
        frame = bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text
        await self._loop.sock_sendall(self._socket, frame)

    async def hears(self) -> None:
        """Wait until something comes, and read a byte of it."""
        await self._loop.sock_recv(self._socket, 1)

    def read_all(self) -> None:
        """Read whatever comes from now on."""
        self._loop.add_reader(self._socket, lambda: self._socket.recv(1 << 20))

    def reset(self) -> None:
        """End as a browser does that crashes with data unread."""
        self._loop.remove_reader(self._socket)
        self._socket.close()
