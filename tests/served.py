"""The central system in the test's own event loop, and bare charge points that talk to it."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ocpp.v16 import call, call_result
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import serve
from websockets.typing import Subprotocol

from rig.csms.central import CentralSystem, Policy
from rig.csms.handshake import choose_subprotocol
from rig.csms.logic.cycle import Cycle
from rig.csms.logic.transactions import Transaction
from rig.csms.store.store import StoreFailed
from rig.csms.store.writer import Done
from rig.ocppj.telling import Teller

OCPP = Subprotocol("ocpp1.6")
LOG = logging.getLogger("rig.test")
NONE = Cycle((), 0, False)
BOOT = {"chargePointVendor": "v", "chargePointModel": "m"}
NOW = "2026-01-31T12:00:00Z"


class Memory:
    """A store that keeps all in memory, or fails."""

    def __init__(self) -> None:
        self.noted: list[Any] = []
        self.security: list[tuple[str, str, str]] = []
        self.known: set[str] = set()
        self.transactions: list[Transaction] = []
        self.fails = False
        self.held = asyncio.Event()
        self.held.set()
        self.asked: list[asyncio.Task[None]] = []

    def answer(self, charge_point: str, request: Any, now: float, done: Done) -> None:
        self.asked.append(asyncio.create_task(self._answer(request, done)))

    async def _answer(self, request: Any, done: Done) -> None:
        await self.held.wait()
        if self.fails:
            done(StoreFailed("the disk is full"))
        elif isinstance(request, call.StartTransaction):
            done(call_result.StartTransaction(4, {"status": "Accepted"}))  # type: ignore[arg-type]
        else:
            done(call_result.MeterValues())

    def note(self, charge_point: str, request: Any, now: float) -> None:
        self.noted.append(request)

    def note_security(self, charge_point: str, event: str, detail: str, now: float) -> None:
        self.security.append((charge_point, event, detail))

    async def knows(self, charge_point: str) -> bool:
        if self.fails:
            raise StoreFailed("the disk is full")
        return charge_point in self.known

    async def running(self, charge_point: str) -> list[Transaction]:
        return self.transactions


class Served:
    """A central system and its address."""

    def __init__(self, system: CentralSystem, store: Memory, url: str) -> None:
        self.system, self.store, self.url = system, store, url

    async def connect(self, name: str = "CP_1") -> "BarePoint":
        return BarePoint(await connect(self.url + name, subprotocols=[OCPP], proxy=None))

    async def booted(self, name: str = "CP_1") -> "BarePoint":
        point = await self.connect(name)
        await point.ask("BootNotification", BOOT)
        return point


class BarePoint:
    """A charge point, all of it by hand."""

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket, self._number = websocket, 0

    async def ask(self, action: str, payload: Any) -> Any:
        """The payload of the CALLRESULT, or the code of the CALLERROR."""
        self._number += 1
        await self.send([2, str(self._number), action, payload])
        return (await self.heard())[2]

    async def send(self, message: Any) -> None:
        await self.websocket.send(json.dumps(message))

    async def answers(self, payload: Any) -> None:
        """Answer the CALL that comes next."""
        await self.send([3, (await self.heard())[1], payload])

    async def heard(self) -> Any:
        """The next text."""
        async with asyncio.timeout(30):
            return json.loads(await self.websocket.recv())


@asynccontextmanager
async def served(
    policy: Policy | None = None, store: Memory | None = None, teller: Teller | None = None
) -> AsyncIterator[Served]:
    """A central system that listens on loopback."""
    store = store or Memory()
    system = CentralSystem(policy or Policy(NONE), store, LOG, teller)  # type: ignore[arg-type]
    async with serve(
        system.serve,
        "127.0.0.1",
        0,
        process_request=system.admit,
        select_subprotocol=choose_subprotocol,
        close_timeout=1,
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield Served(system, store, f"ws://127.0.0.1:{port}/")
        store.held.set()
