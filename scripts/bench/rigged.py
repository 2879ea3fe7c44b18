"""The surroundings of a charge point: a central system and a charger that cost and do little.

Both are in this process; the charge point is one of its own, on a CAN interface of its own.
"""

import asyncio
import contextlib
import json
import socket
import struct
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from scripts.bench import texts
from scripts.bench.programs import Program
from tests.ports import free_port

SET_LIMIT, CURRENT, START = 0x210, 0x300, 0x200  # dbc/ev_charging.dbc
FRAME = struct.Struct("=IB3x8s")  # linux/can.h
TIMESPEC = struct.Struct("@qq")  # s, ns
SO_TIMESTAMPNS = 35  # asm-generic/socket.h
ROOM = socket.CMSG_SPACE(TIMESPEC.size)
FROM_US = struct.pack("=IIII", SET_LIMIT, 0x7FF, START, 0x7FF)
TRANSACTION = 77  # the id that each gets
QUIET = 0.5  # s
BOOTING = 5.0  # s that it has to boot

RESPONSES: dict[str, dict[str, Any]] = {
    "BootNotification": {
        "currentTime": "2026-01-31T12:00:00.000Z",
        "interval": 86400,
        "status": "Accepted",
    },
    "StartTransaction": {"transactionId": TRANSACTION, "idTagInfo": {"status": "Accepted"}},
    "StopTransaction": {},
    "MeterValues": {},
}

Command = Callable[[str, str, Path], list[str]]  # address, CAN interface, folder


def prepare(folder: Path, interface: str) -> None:
    """An empty folder, and a virtual CAN interface that is up."""
    folder.mkdir()
    if not Path(f"/sys/class/net/{interface}").exists():
        subprocess.run(["ip", "link", "add", "dev", interface, "type", "vcan"], check=True)
    subprocess.run(["ip", "link", "set", "up", "dev", interface], check=True)


class Rigged:
    """One charge point in these surroundings. `answer_after`: s that MeterValues take."""

    def __init__(self, interface: str, answer_after: float = 0.0) -> None:
        self._loop, self._answer_after = asyncio.get_running_loop(), answer_after
        self._connection: ServerConnection | None = None
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._frames: dict[int, asyncio.Future[float]] = {}
        self._number = 0
        self.on_values: Callable[[str], None] = lambda value: None
        self.program: Program
        self._can = socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW)
        self._can.setsockopt(socket.SOL_CAN_RAW, socket.CAN_RAW_FILTER, FROM_US)
        self._can.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._can.setblocking(False)
        self._can.bind((interface,))
        self._loop.add_reader(self._can, self._on_frame)

    def close(self) -> None:
        self._loop.remove_reader(self._can)
        self._can.close()

    # the charger

    def report(self, current: int) -> None:
        """The charger reports its current (A)."""
        self._can.send(FRAME.pack(CURRENT, 2, current.to_bytes(2, "little")))

    def _on_frame(self) -> None:
        frame, ((_, _, stamp),), _, _ = self._can.recvmsg(FRAME.size, ROOM)
        seconds, nanoseconds = TIMESPEC.unpack(stamp)
        awaited = self._frames.pop(FRAME.unpack(frame)[0], None)
        if awaited:
            awaited.set_result(seconds + nanoseconds / 1e9)

    def _next(self, identifier: int) -> "asyncio.Future[float]":
        """When the next frame of this kind was on the bus, by the kernel (s since 1970)."""
        awaited = self._frames[identifier] = self._loop.create_future()
        return awaited

    # the central system

    async def serve(self, connection: ServerConnection) -> None:
        """One connection, until it ends."""
        self._connection = connection
        with contextlib.suppress(ConnectionClosed):
            async for text in connection:
                kind, unique_id, *rest = json.loads(text)
                if kind == 2:
                    await self._answer(connection, unique_id, *rest)
                elif unique_id in self._answers:
                    self._answers.pop(unique_id).set_result(rest[0])

    async def _answer(
        self, connection: ServerConnection, unique_id: str, action: str, payload: dict[str, Any]
    ) -> None:
        if action == "MeterValues":
            self.on_values(payload["meterValue"][0]["sampledValue"][0]["value"])
            if self._answer_after:
                await asyncio.sleep(self._answer_after)
        await connection.send(texts.result(unique_id, RESPONSES.get(action, {})))

    async def ask(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send a CALL; its answer."""
        return (await self._ask(action, payload))[1]

    async def _ask(self, action: str, payload: dict[str, Any]) -> tuple[float, dict[str, Any]]:
        """Send a CALL; when (s since 1970), and its answer."""
        assert self._connection
        self._number += 1
        unique_id = f"bench-{self._number}"
        text = texts.call(unique_id, action, payload)
        answer: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        self._answers[unique_id] = answer
        began = time.time()
        await self._connection.send(text)
        return began, await answer

    # both

    async def charge(self) -> None:
        """Begin a transaction, which a charger that was silent until now is not told to."""
        await self.wake()
        answer = await self.ask("RemoteStartTransaction", {"idTag": "BENCH", "connectorId": 1})
        assert answer["status"] == "Accepted", answer

    async def set_limit(self, limit: int, transaction: int | None) -> float:
        """SetChargingProfile, SetLimit and the answer; s to SetLimit."""
        arrived, payload = self._next(SET_LIMIT), texts.profile(limit, transaction)
        began, answer = await self._ask("SetChargingProfile", payload)
        assert answer["status"] == "Accepted", answer
        return await arrived - began

    async def measure(self, current: int) -> float:
        """Current, MeterValues of it and the answer; s to MeterValues."""
        arrived: asyncio.Future[float] = self._loop.create_future()

        def on_values(value: str) -> None:
            if float(value) == current and not arrived.done():
                arrived.set_result(self._loop.time())

        self.on_values = on_values
        began = self._loop.time()
        self.report(current)
        return await arrived - began

    async def come_up(self) -> None:
        """Until it is connected and turns a Current into MeterValues.

        There is never a second Current on its way that could take the place of the first.
        """
        while self._connection is None:
            self._check()
            await asyncio.sleep(0.1)
        arrived = asyncio.Event()
        self.on_values = lambda value: arrived.set()
        while not arrived.is_set():
            self._check()
            self.report(1)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(arrived.wait(), BOOTING)

    def _check(self) -> None:
        if not self.program.is_alive:
            raise RuntimeError(f"it ended: {self.program.said}")

    async def wake(self) -> None:
        """One value, and until what follows from it is over."""
        await self.measure(1)
        await asyncio.sleep(QUIET)


@asynccontextmanager
async def rigged(
    command: Command, folder: Path, interface: str, answer_after: float = 0.0
) -> AsyncIterator[Rigged]:
    """A charge point, up and booted."""
    prepare(folder, interface)
    around, port = Rigged(interface, answer_after), free_port()
    try:
        async with serve(
            around.serve,
            "127.0.0.1",
            port,
            subprotocols=[Subprotocol("ocpp1.6")],
            compression=None,
            open_timeout=None,  # as for pings: see programs.py
            ping_interval=None,
            close_timeout=None,
        ):
            arguments = command(f"ws://127.0.0.1:{port}/", interface, folder)
            with Program(arguments, folder) as around.program:
                await around.come_up()
                yield around
    finally:
        around.close()
