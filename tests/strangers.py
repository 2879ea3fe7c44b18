"""What strangers do to a rig, all at once: `python -m tests.strangers --ocpp PORT ...`.

It yields the processor to the rig, as machines of their own would. SIGTERM ends it; then it says
how often it did what, as JSON.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from itertools import count, cycle

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, WebSocketException

from tests.fuzz.pieces import HONEST, PIECES, long_text
from tests.raw_tab import RawTab

HALF_OPEN = 300  # handshakes at once, three times what the rig waits for
SLOW_BODIES = 150  # requests at once, more than the HTTP interface takes
WHOLE_MESSAGE = 1_000_000  # characters, nearly what a message may have
HALF_A_HANDSHAKE = b"GET /STRANGER HTTP/1.1\r\nHost: 127.0.0.1\r\n"
HALF_A_REQUEST = (
    "POST /charge-points/CP_1/Reset HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    "Content-Type: application/json\r\nConnection: close\r\n"
    "Content-Length: 1000000\r\n\r\n{{"
)
BOOT = '[2,"b","BootNotification",{"chargePointVendor":"S","chargePointModel":"S"}]'
PACE = 0.01  # s between two deeds of a kind
GONE = (OSError, WebSocketException, TimeoutError)
KINDS = {
    "hostile text",
    "hostile body",
    "samples",
    "second connection",
    "crashing tab",
    "half a handshake",
    "half a request",
}

Deed = Callable[[], Awaitable[None]]


class Strangers:
    """Each method does one thing once; `done` counts them."""

    def __init__(self, ocpp: int, http: int, page: int) -> None:
        self._ocpp, self._http, self._page = ocpp, http, page
        self._hostile: Iterator[tuple[str, str, str]] = cycle(PIECES.values())
        self.done: Counter[str] = Counter()

    def deeds(self) -> list[Deed]:
        """All that goes on beside each other."""
        half_open = [self.half_a_handshake] * HALF_OPEN
        slow = [self.half_a_request] * SLOW_BODIES
        texts: list[Deed] = [self.hostile_text, self.hostile_body, self.samples]
        return [*texts, self.second_connection, self.crashing_tab, *half_open, *slow]

    async def hostile_text(self) -> None:
        """Texts of the dearest kinds, until the rig closes."""
        async with self._joined("HOSTILE") as socket:
            for number in count():
                await socket.send(long_text(*next(self._hostile), WHOLE_MESSAGE))
                await socket.send(f'[2,"{number}","Heartbeat",{{}}]')
                while f'"{number}"' not in await socket.recv():  # not every text is answered
                    pass
                self.done["hostile text"] += 1

    async def hostile_body(self) -> None:
        """The same over HTTP, with no token."""
        body = long_text(*next(self._hostile), WHOLE_MESSAGE).encode()
        head = HALF_A_REQUEST.format(port=self._http).replace("1000000", f"{len(body)}")[:-1]
        await self._send(self._http, head.encode() + body)
        self.done["hostile body"] += 1

    async def samples(self) -> None:
        """Meter values, all sound, one message after the other."""
        text = long_text(*HONEST, WHOLE_MESSAGE)
        async with self._joined("SAMPLES") as socket:
            await socket.send(BOOT)
            await socket.recv()
            for number in count():
                await socket.send(text.replace('"a"', f'"{number}"', 1))
                await socket.recv()
                self.done["samples"] += 1

    async def second_connection(self) -> None:
        """By the id of the charge point that charges."""
        try:
            async with self._joined("CP_1"):
                self.done["taken over"] += 1
        except InvalidHandshake:
            self.done["second connection"] += 1

    async def crashing_tab(self) -> None:
        """A browser that asks for a picture and ends with it unread."""
        tab = await RawTab.join(self._page)
        await tab.send("supports_binary", value=True)
        await tab.send("refresh")
        await tab.hears()
        tab.reset()
        self.done["crashing tab"] += 1

    async def half_a_handshake(self) -> None:
        self.done["half a handshake"] += 1
        await self._send(self._ocpp, HALF_A_HANDSHAKE)

    async def half_a_request(self) -> None:
        self.done["half a request"] += 1
        await self._send(self._http, HALF_A_REQUEST.format(port=self._http).encode())

    async def _send(self, port: int, data: bytes) -> None:
        """Say this, and wait until the rig closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(data)
            await reader.read()
        finally:
            writer.transport.abort()

    def _joined(self, name: str) -> connect:
        return connect(f"ws://127.0.0.1:{self._ocpp}/{name}", subprotocols=["ocpp1.6"])  # type: ignore[list-item]


async def _for_ever(deed: Deed) -> None:
    while True:
        with contextlib.suppress(*GONE):
            await deed()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), PACE)


async def _run(strangers: Strangers) -> None:
    tasks = [asyncio.create_task(_for_ever(deed)) for deed in strangers.deeds()]
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _end, strangers)
    while True:
        before = strangers.done.copy()
        while KINDS - set(strangers.done - before):
            await asyncio.wait(tasks, timeout=0.1)
        print("each was done", flush=True)  # noqa: T201


def _end(strangers: Strangers) -> None:
    """At once, whatever is open: so do programs that crash."""
    print(json.dumps(strangers.done), flush=True)  # noqa: T201
    os._exit(0)


def main() -> None:
    options = argparse.ArgumentParser()
    for port in ("--ocpp", "--http", "--page"):
        options.add_argument(port, type=int, required=True)
    strangers = Strangers(**vars(options.parse_args()))
    os.nice(19)
    asyncio.run(_run(strangers))


if __name__ == "__main__":
    main()
