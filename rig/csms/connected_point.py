"""One charge point as the central system has it: its machine, its connection, its questions."""

import asyncio
import functools
import logging
import time
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.frames import CloseCode

from rig.csms.commands import Busy, CallFailed, NoAnswer, NotConnected
from rig.csms.logic.events import (
    Command,
    Consult,
    Consulted,
    ConsultFailed,
    Done,
    Event,
    NotTaken,
    Output,
    Record,
    RecordSecurity,
    Withdrawn,
)
from rig.csms.logic.machine import ChargePointMachine
from rig.csms.store.store import Store, StoreFailed
from rig.ocppj.connection import answers_ping
from rig.ocppj.logic.exchange import Connected, Disconnected, Failed, Note
from rig.ocppj.logic.moments import timestamp
from rig.ocppj.logic.rate_limit import Quota
from rig.ocppj.logic.told import Change
from rig.ocppj.peer import Peer
from rig.ocppj.sender import end_connection
from rig.ocppj.telling import Teller
from rig.role.log import RateLimited
from rig.role.runner import Runner

PING_PATIENCE = 2.0  # s of listening to the pong of a connection that another one wants to replace
PROVEN = 1.0  # s after a pong that no other is asked for
CONNECTED_ALREADY = "this id is connected already"
NOT_STORED = "not stored: ask again"


class ConnectedPoint:
    """The shell of one ChargePointMachine: at most one connection at a time is served."""

    __slots__ = (
        "_connection",
        "_log",
        "_name",
        "_peer",
        "_ping",
        "_proven_until",
        "_quota",
        "_runner",
        "_serving",
        "_since",
        "_store",
        "_teller",
        "connections",
        "machine",
    )

    def __init__(
        self,
        name: str,
        machine: ChargePointMachine,
        store: Store,
        log: RateLimited,
        teller: Teller | None,
    ) -> None:
        self.machine = machine
        self._name, self._store, self._teller = name, store, teller
        self._log = log
        self._peer: Peer | None = None
        self._runner: Runner[Event, Output] = Runner(machine, self._do)
        self._connection: ServerConnection | None = None
        self._serving: asyncio.Task[Any] | None = None
        self._ping: asyncio.Task[bool] | None = None
        self._proven_until = 0.0
        self._quota = Quota(asyncio.get_running_loop().time())  # over all its connections
        self._since, self.connections = time.time(), 0

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    def table(self) -> dict[str, Any]:
        """What is known of it, as JSON. `since`: of being connected, or of not."""
        since = timestamp(self._since)
        connected = {"id": self._name, "connected": self.is_connected, "since": since}
        return connected | self.machine.table()

    async def is_alive(self) -> bool:
        """Whether its connection answers a ping. One that does not is closed.

        However many ask, one ping is out at a time, and PROVEN lies between two: else strangers
        could have it flooded by us, until it takes us for hostile.
        """
        if self._connection is None:
            return False
        if asyncio.get_running_loop().time() < self._proven_until:
            return True
        if self._ping is None or self._ping.done():
            self._ping = asyncio.ensure_future(self._answers_ping(self._connection))
        return await asyncio.shield(self._ping)

    async def _answers_ping(self, connection: ServerConnection) -> bool:
        if not await answers_ping(connection, PING_PATIENCE):
            await end_connection(connection, CloseCode.POLICY_VIOLATION, "superseded")
            if self._serving:
                await asyncio.wait([self._serving])
            return False
        self._proven_until = asyncio.get_running_loop().time() + PROVEN
        return True

    async def serve(self, connection: ServerConnection) -> None:
        """Serve a connection until it is gone, unless another one lives."""
        self.connections += 1
        try:
            if await self._is_free_for(connection):
                self._connection, self._serving = connection, asyncio.current_task()
                self._proven_until = 0.0
                await self._serve(connection)
        finally:
            self.connections -= 1
            if self._connection is connection:
                self._connection = self._serving = None

    async def _is_free_for(self, connection: ServerConnection) -> bool:
        """False if another connection lives: then this one is closed."""
        while self._serving:
            if await self.is_alive():
                self._tell("refused", CONNECTED_ALREADY)
                await end_connection(connection, CloseCode.POLICY_VIOLATION, CONNECTED_ALREADY)
                return False
        return True

    async def send(self, request: Any) -> Any:
        """Send a CALL in its turn; the typed response. Raises NotConnected, Busy, CallFailed.

        Cancelled before its turn came, it is not sent any more.
        """
        if not self.is_connected:
            raise NotConnected(f"{self._name} is not connected")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._runner.feed(Command(future, request))
        try:
            outcome = await future
        except asyncio.CancelledError:
            self._runner.feed(Withdrawn(future))
            raise
        if isinstance(outcome, NotTaken):
            raise Busy(outcome.why)
        if not isinstance(outcome, Failed):
            return outcome
        if not outcome.in_time:
            raise NoAnswer(outcome.why)
        raise CallFailed(outcome.why, outcome.code)

    async def disconnect(self, why: str) -> None:
        """End the connection, if there is one."""
        if self._connection:
            await end_connection(self._connection, CloseCode.GOING_AWAY, why)

    async def _serve(self, connection: ServerConnection) -> None:
        self._since = time.time()
        self._log.log_limited(logging.INFO, "ocpp = connected from %s", connection.remote_address)
        self._tell("connected")
        keep = self._keep if self._teller else None
        peer = self._peer = Peer(connection, self._runner.feed, self._log, keep, quota=self._quota)
        self._runner.feed(Connected())
        why = "this central system ended"
        try:
            why = await peer.run()
        finally:
            self._peer, self._since = None, time.time()
            self._log.log_limited(logging.INFO, "ocpp = disconnected: %s", why)
            self._tell("closed", why)
            self._runner.feed(Disconnected(why))
            await end_connection(connection, CloseCode.GOING_AWAY, "the connection is over")

    def _keep(self, direction: str, text: str) -> None:
        if self._teller:
            self._teller.message(self._name, text, by_charge_point=direction == "<")

    def _tell(self, change: Change, why: str = "") -> None:
        if self._teller:
            self._teller.connection(self._name, change, why)

    def _do(self, output: Output) -> None:
        match output:
            case Consult():
                self._consult(output)
            case Record(request):
                self._store.note(self._name, request, time.time())
            case RecordSecurity(kind, detail):
                self._store.note_security(self._name, kind, detail, time.time())
            case Done(asyncio.Future() as future, outcome):
                if not future.done():  # whoever asked may have gone
                    future.set_result(outcome)
            case Done():
                raise TypeError("a Command comes with a future as its key")
            case Note(text, is_warning):
                self._log.log(logging.WARNING if is_warning else logging.INFO, "%s", text)
            case _ if self._peer:
                self._peer.do(output)

    def _consult(self, consult: Consult) -> None:
        done = functools.partial(self._consulted, consult)
        self._store.answer(self._name, consult.request, time.time(), done)

    def _consulted(self, consult: Consult, response: Any) -> None:
        unique_id, request = consult.unique_id, consult.request
        if isinstance(response, StoreFailed):  # the store has said why
            self._runner.feed(ConsultFailed(unique_id, request, NOT_STORED))
        else:
            self._runner.feed(Consulted(unique_id, request, response))
