"""Charge points as cheap as they get: bare websockets clients, many in one process."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from scripts.bench import texts

OPENING = 50  # at once
Question = Callable[[int], str]  # from a number that no other question of this load has
OCPP = [Subprotocol("ocpp1.6")]


class Clients:
    """Charge points on one central system, each with its own connection."""

    def __init__(self, connections: list[ClientConnection], question: Question) -> None:
        self._connections, self._question = connections, question
        self._numbers = itertools.count()
        self.answered = 0
        self.latencies: list[float] = []

    async def ask(self, connection: ClientConnection) -> None:
        """Send a question and wait for the answer."""
        began = time.perf_counter()
        await connection.send(self._question(next(self._numbers)))
        await connection.recv()
        self.latencies.append(time.perf_counter() - began)
        self.answered += 1

    async def each_second(self, seconds: int) -> int:
        """Each asks once a second, all of them evenly over it. Returns how many were answered."""
        before, number = self.answered, len(self._connections)
        await asyncio.gather(
            *(
                self._each_second(connection, place / number, seconds)
                for place, connection in enumerate(self._connections)
            )
        )
        return self.answered - before

    async def _each_second(self, connection: ClientConnection, offset: float, seconds: int) -> None:
        loop = asyncio.get_running_loop()
        begin = loop.time() + offset
        for second in range(seconds):
            await asyncio.sleep(begin + second - loop.time())
            await self.ask(connection)

    async def closed_loop(self, seconds: float) -> int:
        """Each asks as fast as it is answered. Returns how many were answered."""
        before, loop = self.answered, asyncio.get_running_loop()
        end = loop.time() + seconds

        async def keep_asking(connection: ClientConnection) -> None:
            while loop.time() < end:
                await self.ask(connection)

        await asyncio.gather(*map(keep_asking, self._connections))
        return self.answered - before


@asynccontextmanager
async def clients(
    address: str, number: int, question: Question = texts.meter_values, name: str = "CP"
) -> AsyncIterator[Clients]:
    """So many charge points, connected and booted."""
    gate = asyncio.Semaphore(OPENING)

    async def open_one(index: int) -> ClientConnection:
        async with gate:
            connection = await connect(
                f"{address}{name}_{index}",
                subprotocols=OCPP,
                compression=None,
                proxy=None,
                open_timeout=None,
                ping_interval=None,
                close_timeout=None,
            )
            await connection.send(texts.boot(f"boot-{index}"))
            await connection.recv()
            return connection

    connections = await asyncio.gather(*map(open_one, range(number)))
    try:
        yield Clients(list(connections), question)
    finally:
        await asyncio.gather(*(connection.close() for connection in connections))
