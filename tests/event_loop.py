"""What tests ask of the event loop."""

import asyncio
import select
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.processes import PATIENCE


async def turn() -> None:
    """One turn of the event loop."""
    turned = asyncio.Event()
    asyncio.get_running_loop().call_soon(turned.set)
    await turned.wait()


def stand_still(seconds: float) -> None:
    """Hold up the event loop, as one long piece of work does."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


@contextmanager
def arriving(read: Callable[[], object]) -> Iterator[None]:
    """Something is in a socket, and is read 0.01 s after the event loop hears of it, as by the
    thread of a backend."""
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()

    def readable() -> None:
        loop.remove_reader(ours)
        loop.call_later(0.01, read)

    with ours, theirs:
        theirs.send(b"x")
        loop.add_reader(ours, readable)
        yield
        loop.remove_reader(ours)


def stand_still_at_ping(connection: Any, seconds: float) -> asyncio.Event:
    """Hold up the event loop once the next ping has left: until its pong is in the socket, and so
    long besides. Sets the event then. The other end must not need this event loop."""
    ping, stood = connection.ping, asyncio.Event()

    def hold_up() -> None:
        assert select.select([connection.transport.get_extra_info("socket")], [], [], PATIENCE)[0]
        stand_still(seconds)
        connection.transport.resume_reading()
        stood.set()

    async def ping_and_stop() -> Awaitable[float]:
        connection.ping = ping
        connection.transport.pause_reading()  # else a fast pong is read before
        pong: Awaitable[float] = await ping()
        asyncio.get_running_loop().call_soon(hold_up)
        return pong

    connection.ping = ping_and_stop
    return stood
