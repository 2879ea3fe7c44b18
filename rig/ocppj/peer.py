"""One OCPP-J connection, for both ends, in place of the `ocpp` package's ChargePoint.

Its messages, enums and schemas are the package's. Its loop is not, for what OCPP-J asks for beyond
that: CALLERROR codes by clause, answers to malformed calls, correlation, the same answer to the
same call, fairness between peers, and sending that never waits, so that a peer that stopped reading
cannot hold up a Stop.
"""

import asyncio
import itertools
import secrets
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from rig.ocppj.logic.exchange import Answer, Answered, Ask, Asked, Outgoing, Refuse
from rig.ocppj.logic.framing import (
    Call,
    CallError,
    CallResult,
    Malformed,
    Replies,
    dump,
    parse,
)
from rig.ocppj.logic.lines import TIMES, describe
from rig.ocppj.logic.rate_limit import LONG, Quota
from rig.ocppj.outstanding import CALL_TIMEOUT, Feed, Outstanding
from rig.ocppj.schemas import ACTIONS, payload_of, request_of, violation
from rig.ocppj.sender import Connection, Sender, end_connection
from rig.ocppj.turns import Turns
from rig.role.log import Lazy, Log
from rig.role.logic.tally import Tally
from rig.role.logic.values import weight

MALFORMED_ALLOWED = 10  # malformed texts on one connection before it is closed
WAITING_ALLOWED = 100  # CALLs of one peer that wait for our answer
MAX_SIZE = 1 << 20  # bytes of one message
WAITING_LENGTH = MAX_SIZE  # characters of them all; they take ten times as much memory
DEFECT = "ocpp < ended in a defect of the rig; please report it"
READS_NOTHING = "it reads nothing: cut off"

OnText = Callable[[str, str], None]  # "<" or ">", the text with its secrets


class Peer:
    """The other end of a connection. `feed` gets its valid CALLs as Asked, to be answered or
    refused, and what each of ours comes to as Answered or Failed.

    `timeout` gives the time that it has to answer a CALL of ours (s). `quota`: of what its CALLs
    may write.
    """

    def __init__(
        self,
        connection: Connection,
        feed: Feed,
        log: Log,
        on_text: OnText | None = None,
        timeout: Callable[[], float] = lambda: CALL_TIMEOUT,
        quota: Quota | None = None,
    ) -> None:
        self._connection: Any = connection  # rig/ocppj/connection.py, which has `take` besides
        self._feed, self._log, self._on_text = feed, log, on_text
        self._loop = asyncio.get_running_loop()
        self._sender, self._outstanding = Sender(connection), Outstanding(feed, timeout)
        self._own, self._numbers = secrets.token_hex(8), itertools.count(1)  # ids of our CALLs
        self._asked: dict[str, tuple[str, str]] = {}  # action, text; of what waits for an answer
        self._replies = Replies()
        self._bad, self._faults = Tally(), 0
        self._turns = Turns(connection, lambda why: self._count(f"held up: {why}"), quota)
        self._defect: Exception | None = None

    async def run(self) -> str:
        """Serve the connection until it is gone; returns why. What was asked is never settled."""
        self._connection.take = self._take
        try:
            while True:
                await self._take_in_turn(await self._connection.recv())
        except ConnectionClosed as error:
            if self._defect:
                self._log.error(DEFECT, exc_info=self._defect)
                return "a defect of this end"
            closed = str(error.rcvd or error.sent or "the connection broke")
            return READS_NOTHING if self._sender.has_cut_off else closed
        except ConnectionAbortedError as error:
            return str(error)
        except Exception:
            self._log.exception(DEFECT)
        finally:
            self._connection.take = None
            self._sender.stop()
            self._outstanding.close()
        return "a defect of this end"

    def do(self, output: Outgoing) -> None:
        """Send what a machine wants sent."""
        match output:
            case Answer(unique_id, response):
                self.answer(unique_id, response)
            case Refuse(unique_id, code, description):
                self.refuse(unique_id, code, description)
            case Ask(request, unique_id):
                self.ask(request, unique_id)

    def ask(self, request: Any, unique_id: str | None = None) -> None:
        """Send a typed CALL, under this id or a new one; Answered or Failed comes of it, and
        nothing where the connection is lost. The caller keeps to one outstanding CALL (OCPP-J 1.6,
        4.1.1).
        """
        unique_id = unique_id or f"{self._own}-{next(self._numbers)}"
        self._outstanding.add(unique_id, request)
        text = self._text_of(request, unique_id)
        if text is None:
            self._outstanding.fail(unique_id, "our request is not valid: not sent")
        elif not self._outstanding.is_closed:
            self._log.info("ocpp > %s", Lazy(describe, request))
            self._post(text)

    def answer(self, unique_id: str, response: Any) -> None:
        """Send a CALLRESULT."""
        asked = self._asked.pop(unique_id, None)
        if asked is None:
            words = Lazy(describe, response)
            self._log.warning("ocpp > not sent, asked on a lost connection: %s", words)
            return
        text = self._text_of(response, unique_id, asked[0])
        if text is None:
            text = dump(CallError(unique_id, "InternalError", "no valid answer"))
        else:
            self._tell(">", response)
        self._reply(unique_id, asked, text)

    def refuse(self, unique_id: str, code: str, description: str) -> None:
        """Send a CALLERROR."""
        self._log.warning("ocpp > CALLERROR %s: %s", code, description)
        text = dump(CallError(unique_id, code, description))
        self._reply(unique_id, self._asked.pop(unique_id, None), text)

    def _take(self, data: bytes) -> bool:
        """Serve a text in the turn that it came in: the way through `recv` costs as much as what is
        done here. False, and nothing done, where it must wait or is no good: `run` has it then,
        and all after it until none waits.
        """
        if not self._turns.is_free(len(data)) or self._sender.has_cut_off:
            return False
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return False
        message = parse(text)
        if isinstance(message, Malformed):
            return False
        try:
            self._record(text)
            self._serve(message, text)
            self._turns.begin()
        except Exception as error:
            self._defect = error
            self._connection.transport.abort()
        return True

    async def _take_in_turn(self, text: str | bytes) -> None:
        """Serve a text. Nothing in it can raise, block, or make a long answer."""
        if self._sender.has_cut_off:
            raise ConnectionAbortedError(READS_NOTHING)
        message = parse(text)
        length = weight(text) if isinstance(text, str) else len(text)
        await self._turns.wait(length, is_call=isinstance(message, Call))
        self._record(text)
        self._turns.begin()
        if isinstance(message, Malformed):
            await self._malformed(message)
        else:
            self._serve(message, str(text))

    def _record(self, text: str | bytes) -> None:
        if self._on_text and isinstance(text, str):
            self._on_text("<", text)

    def _serve(self, message: Call | CallResult | CallError, text: str) -> None:
        if isinstance(message, Call):
            self._on_call(message, text)
        else:
            self._resolve(message)

    async def _malformed(self, message: Malformed) -> None:
        self._count(f"ignored: {message.why}")
        self._faults += message.is_fault
        if message.unique_id is not None:
            self._post(dump(CallError(message.unique_id, "FormationViolation", message.why)))
        if self._faults > MALFORMED_ALLOWED:
            await end_connection(
                self._connection, CloseCode.POLICY_VIOLATION, "too many malformed messages"
            )

    def _on_call(self, message: Call, text: str) -> None:
        unique_id, action, payload = message.unique_id, message.action, message.payload
        if unique_id in self._asked:  # OCPP-J 1.6, 4.2.3
            self._error(unique_id, "ProtocolError", "a CALL with this id waits already")
        elif action not in ACTIONS:
            self._error(unique_id, "NotImplemented", "unknown action")
        elif code := violation(action, payload):
            self._error(unique_id, code, f"{action} breaks its schema")
        elif self._asked and self._is_too_much(text):
            self._error(unique_id, "InternalError", "too many CALLs wait")
        else:
            self._on_valid(message, text)

    def _is_too_much(self, text: str) -> bool:
        """Whether no more CALLs may wait, or a long text and more than WAITING_LENGTH would."""
        if len(self._asked) >= WAITING_ALLOWED or len(text) < LONG:
            return len(self._asked) >= WAITING_ALLOWED
        waiting = sum(len(asked) for _, asked in self._asked.values())
        return waiting + len(text) > WAITING_LENGTH

    def _on_valid(self, message: Call, text: str) -> None:
        if message.unique_id in self._replies:
            self._on_answered(message.unique_id, text)
            return
        request = request_of(message.action, message.payload)
        self._log.info("ocpp < %s", Lazy(describe, request))
        self._turns.charge(request, len(text))
        self._asked[message.unique_id] = (message.action, text)
        self._hand_over(Asked(message.unique_id, request))

    def _on_answered(self, unique_id: str, text: str) -> None:
        reply = self._replies.find(unique_id, text)
        if reply is None:
            self._error(unique_id, "ProtocolError", "another CALL had this id")
            return
        self._count("a CALL again that was answered")
        self._post(reply)

    def _hand_over(self, event: Asked) -> None:
        try:
            self._feed(event)
        except Exception:
            self._log.exception(DEFECT)
            if event.unique_id in self._asked:
                self.refuse(event.unique_id, "InternalError", "a defect of this end")

    def _resolve(self, message: CallResult | CallError) -> None:
        try:
            outcome = self._outstanding.take(message)
        except LookupError:
            self._count("ignored: answer to nothing that was asked")
            return
        if isinstance(outcome, Answered):
            self._tell("<", outcome.response)
        try:
            self._feed(outcome)
        except Exception as error:
            what = {"message": "a defect in what follows from an answer", "exception": error}
            self._loop.call_exception_handler(what)

    def _tell(self, direction: str, response: Any) -> None:
        """Log a response that says more than the time; most have no field."""
        if any(vars(response)[name] is not None for name in vars(response).keys() - TIMES):
            self._log.info("ocpp %s %s", direction, Lazy(describe, response))

    def _count(self, kind: str, direction: str = "<") -> None:
        if self._bad.count(kind):
            self._log.warning("ocpp %s %s, %d so far", direction, kind, self._bad.counts[kind])

    def _error(self, unique_id: str, code: str, description: str) -> None:
        """Refuse what was not asked of anybody."""
        self._count(f"CALLERROR {code}: {description}", ">")
        self._post(dump(CallError(unique_id, code, description)))

    def _reply(self, unique_id: str, asked: tuple[str, str] | None, text: str) -> None:
        if asked:
            self._replies.keep(unique_id, asked[1], text)
        self._post(text)

    def _text_of(self, typed: Any, unique_id: str, answered: str | None = None) -> str | None:
        """The text of a request, or of the response to `answered`; None if it is not valid."""
        action, is_response = answered or type(typed).__name__, answered is not None
        try:
            if is_response and not vars(typed):  # there is nothing to check, and most are so
                return dump(CallResult(unique_id, {}))
            payload = payload_of(typed)
            if code := violation(action, payload, response=is_response):
                raise ValueError(code)
            if is_response:
                return dump(CallResult(unique_id, payload))
            return dump(Call(unique_id, action, payload))
        except (TypeError, ValueError, LookupError, OSError) as error:
            self._log.error("ocpp > our own %s is not valid: %s", action, error)
            return None

    def _post(self, text: str) -> None:
        if self._on_text:
            self._on_text(">", text)
        self._sender.send(text)
