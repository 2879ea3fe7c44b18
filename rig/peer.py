"""One OCPP-J connection, for both ends: the one place that extends the `ocpp` package's loop.

The package receives and gives messages, enums and schemas. This class adds what OCPP-J asks for
beyond that: CALLERROR codes by clause, answers to malformed calls, correlation, and sending that
never waits, so that a peer that stopped reading cannot hold up a Stop.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable
from typing import Any, Protocol

from ocpp.v16 import ChargePoint
from websockets.exceptions import ConnectionClosed

from rig.logic.exchange import Asked
from rig.logic.lines import describe
from rig.logic.ocppj import Call, CallError, CallResult, Malformed, OcppMessage, dump, parse
from rig.logic.tally import Tally
from rig.schemas import ACTIONS, payload_of, request_of, response_of, violation

CALL_TIMEOUT = 30.0  # s to the answer of a CALL
SEND_TIMEOUT = 30.0  # s that a peer may take to read a text; pings wait behind it
CLOSE_TIMEOUT = 1.0  # s
MALFORMED_ALLOWED = 10  # malformed texts on one connection before it is closed
UNSENT_ALLOWED = 1000  # texts that a peer may leave unread before it is cut off
MAX_SIZE = 1 << 20  # bytes of one message
READS_NOTHING = "it reads nothing: cut off"
POLICY_VIOLATION = 1008  # RFC 6455, 7.4.1

OnAsked = Callable[[Asked], None]
OnText = Callable[[str, str], None]  # "<" or ">", the text


class Connection(Protocol):
    """What is needed of a websockets connection."""

    async def recv(self) -> str | bytes: ...

    async def send(self, message: str) -> None: ...

    async def close(self, code: int = 1000, reason: str = "") -> None: ...


async def end_connection(connection: Any, code: int, reason: str) -> None:
    """Close a connection, by force where the other end does not even take the closing frame.

    websockets' own close timeout begins only when that frame was taken.
    """
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT):
            await connection.close(code, reason)
    except TimeoutError:
        connection.transport.abort()


class CallFailed(Exception):
    """A CALL got a CALLERROR, of this code, or an invalid response; the text says which."""

    def __init__(self, text: str, code: str | None = None) -> None:
        super().__init__(text)
        self.code = code


class NoAnswer(CallFailed):
    """A CALL got no answer in time."""


class Peer(ChargePoint):
    """The other end of a connection. `on_asked` gets its valid CALLs, to be answered or refused."""

    def __init__(
        self,
        name: str,
        connection: Connection,
        on_asked: OnAsked,
        log: logging.Logger,
        on_text: OnText | None = None,
    ) -> None:
        super().__init__(name, connection)  # type: ignore[no-untyped-call]
        self._on_asked, self._log, self._on_text = on_asked, log, on_text
        self._unsent: asyncio.Queue[str] = asyncio.Queue()
        self._pending: dict[str, asyncio.Future[CallResult | CallError]] = {}
        self._asked: dict[str, str] = {}  # action of each CALL that waits for our answer
        self._bad, self._faults = Tally(), 0
        self._cut_off: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> str:
        """Serve the connection until it is gone; returns why. Pending calls are cancelled."""
        writer = asyncio.create_task(self._write())
        reader = asyncio.create_task(self.start())  # type: ignore[no-untyped-call]
        ends = (reader, writer, self._cut_off)
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            return _why(next(end for end in ends if end.done()))
        finally:
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
            for future in self._pending.values():
                future.cancel()

    async def call(  # type: ignore[override]
        self, payload: Any, unique_id: str | None = None
    ) -> Any:
        """Send a typed CALL, under this id or a new one; its typed response. Raises CallFailed.

        The caller keeps to one outstanding CALL (OCPP-J 1.6, 4.1.1): see logic.exchange.Outbox.
        """
        action, unique_id = type(payload).__name__, unique_id or str(uuid.uuid4())
        self._log.info("ocpp > %s", describe(payload))
        future = asyncio.get_running_loop().create_future()
        if self._cut_off.done():  # run() has ended: nothing will come
            future.cancel()
        self._pending[unique_id] = future
        self._post(Call(unique_id, action, payload_of(payload)))
        try:
            answer = await asyncio.wait_for(future, CALL_TIMEOUT)
        except TimeoutError:
            raise NoAnswer(f"no answer within {CALL_TIMEOUT:g} s") from None
        finally:
            del self._pending[unique_id]
        return self._response(action, answer)

    def answer(self, unique_id: str, response: Any) -> None:
        """Send a CALLRESULT."""
        action = self._asked.pop(unique_id, None)
        if action is None:
            self._log.warning("ocpp > not sent, asked on a lost connection: %s", describe(response))
            return
        payload = payload_of(response)
        if payload:
            self._log.info("ocpp > %s", describe(response))
        if code := violation(action, payload, response=True):
            self._log.error("ocpp > own answer to %s breaks its schema (%s)", action, code)
            self._post(CallError(unique_id, "InternalError", "no valid answer"))
            return
        self._post(CallResult(unique_id, payload))

    def refuse(self, unique_id: str, code: str, description: str) -> None:
        """Send a CALLERROR."""
        self._asked.pop(unique_id, None)
        self._log.warning("ocpp > CALLERROR %s: %s", code, description)
        self._post(CallError(unique_id, code, description))

    async def route_message(self, raw_msg: str | bytes) -> None:
        """One text of the peer. Nothing in it can raise, block, or make a long answer."""
        if self._on_text and isinstance(raw_msg, str):
            self._on_text("<", raw_msg)
        match parse(raw_msg):
            case Malformed() as message:
                await self._malformed(message)
            case Call() as message:
                self._on_call(message)
            case CallResult() | CallError() as message:
                self._resolve(message)

    def _on_call(self, message: Call) -> None:
        unique_id, action = message.unique_id, message.action
        if unique_id in self._asked:  # OCPP-J 1.6, 4.2.3
            self._count("a CALL with the id of one that waits for its answer")
            self._post(CallError(unique_id, "ProtocolError", "a CALL with this id waits already"))
        elif action not in ACTIONS:
            self.refuse(unique_id, "NotImplemented", "unknown action")
        elif code := violation(action, message.payload):
            self.refuse(unique_id, code, f"{action} breaks its schema")
        else:
            request = request_of(action, message.payload)
            self._log.info("ocpp < %s", describe(request))
            self._asked[unique_id] = action
            self._hand_over(Asked(unique_id, request))

    def _hand_over(self, event: Asked) -> None:
        try:
            self._on_asked(event)
        except Exception:
            self._log.exception("ocpp < ended in a defect of the rig; please report it")
            if event.unique_id in self._asked:
                self.refuse(event.unique_id, "InternalError", "a defect of this end")

    def _resolve(self, message: CallResult | CallError) -> None:
        future = self._pending.get(message.unique_id)
        if future is None or future.done():
            self._count("answer to nothing that was asked")
        else:
            future.set_result(message)

    def _response(self, action: str, answer: CallResult | CallError) -> Any:
        if isinstance(answer, CallError):
            raise CallFailed(f"CALLERROR {answer.code}: {answer.description}", answer.code)
        if code := violation(action, answer.payload, response=True):
            raise CallFailed(f"its response breaks the schema ({code})")
        if answer.payload:
            self._log.info("ocpp < %s", describe(response_of(action, answer.payload)))
        return response_of(action, answer.payload)

    async def _malformed(self, message: Malformed) -> None:
        self._count(message.why)
        self._faults += message.is_fault
        if message.unique_id is not None:
            self._post(CallError(message.unique_id, "FormationViolation", message.why))
        if self._faults > MALFORMED_ALLOWED:
            await end_connection(self._connection, POLICY_VIOLATION, "too many malformed messages")

    def _count(self, kind: str) -> None:
        if self._bad.count(kind):
            self._log.warning("ocpp < ignored: %s, %d so far", kind, self._bad.counts[kind])

    def _post(self, message: OcppMessage) -> None:
        """Hand a message to the writer; never waits."""
        if self._unsent.qsize() < UNSENT_ALLOWED:
            self._unsent.put_nowait(dump(message))
        elif not self._cut_off.done():
            self._cut_off.set_exception(ConnectionAbortedError(READS_NOTHING))

    async def _write(self) -> None:
        while True:
            text = await self._unsent.get()
            if self._on_text:
                self._on_text(">", text)
            try:
                async with asyncio.timeout(SEND_TIMEOUT):
                    await self._connection.send(text)
            except TimeoutError:
                raise ConnectionAbortedError(READS_NOTHING) from None


def _why(end: "asyncio.Future[None]") -> str:
    error = end.exception()
    if isinstance(error, ConnectionClosed):
        return str(error.rcvd or error.sent or "the connection broke")
    return str(error) or type(error).__name__
