"""A strict end of OCPP-J 1.6 on bare websockets: what the other end does wrong ends the session.

It knows the published schemas, and nothing of the rig. Source: OCPP-J 1.6 with the errata 2025-04.
"""

import asyncio
import functools
import json
import re
from collections.abc import Callable, Coroutine
from datetime import datetime
from decimal import Decimal
from importlib import resources
from typing import Any

from jsonschema import Draft4Validator, FormatChecker

Payload = dict[str, Any]
CODES = {
    "NotImplemented",
    "NotSupported",
    "InternalError",
    "ProtocolError",
    "SecurityError",
    "FormationViolation",
    "PropertyConstraintViolation",
    "OccurenceConstraintViolation",
    "TypeConstraintViolation",
    "GenericError",
}
BEFORE_ANSWER = 0.01  # s, in which another CALL would be one too many (4.1.1)
PATIENCE = 30.0  # s; generous, since timings never decide a test

formats = FormatChecker(formats=())


class Violation(Exception):
    """What the other end did wrong."""


class CallError(Exception):
    """The code of a CALLERROR."""


def is_moment(text: object) -> bool:
    """Whether this is a moment with its zone. Raises ValueError for what is no moment at all."""
    return datetime.fromisoformat(str(text)).tzinfo is not None


formats.checks("date-time", ValueError)(is_moment)


@functools.cache
def schema(name: str) -> Any:
    """The published schema of a request, or of its response: `HeartbeatResponse`."""
    text = resources.files("ocpp.v16").joinpath("schemas", f"{name}.json").read_text("utf-8-sig")
    return Draft4Validator(json.loads(text, parse_float=Decimal), format_checker=formats)


def check(condition: object, what: str) -> None:
    if not condition:
        raise Violation(what)


class StrictEnd:
    """One end of one connection. `answer` gives the response to a request, or raises CallError."""

    def __init__(self, websocket: Any, answer: Callable[[str, Payload], Payload]) -> None:
        self.heard: list[tuple[str, Payload]] = []
        self._websocket, self._answer = websocket, answer
        self._asked: dict[str, str] = {}  # ids of all that the other end asked, and the texts
        self._is_answering = False
        self._pending: tuple[str, str, asyncio.Future[Payload]] | None = None
        self._count = self._read = 0
        self._news = asyncio.Event()
        self._tasks = asyncio.TaskGroup()

    async def play(self, script: Callable[["StrictEnd"], Any]) -> None:
        """Run a script to its end; raises what the other end, or the script, did wrong."""
        async with self._tasks:
            reading = self._tasks.create_task(self._read_all())
            await script(self)
            reading.cancel()

    async def call(self, action: str, payload: Payload | None = None) -> Payload:
        """The response to a request. Raises CallError."""
        self._count += 1
        check(self._pending is None, "the script asks twice at once")
        future: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._pending = (str(self._count), action, future)
        await self._websocket.send(json.dumps([2, str(self._count), action, payload or {}]))
        async with asyncio.timeout(PATIENCE):
            return await future

    async def until(self, action: str, **fields: Any) -> Payload:
        """The next request of this action with these fields, from the last one waited for on."""
        async with asyncio.timeout(PATIENCE):
            while True:
                while self._read < len(self.heard):
                    name, payload = self.heard[self._read]
                    self._read += 1
                    if name == action and fields.items() <= payload.items():
                        return payload
                self._news.clear()
                await self._news.wait()

    async def _read_all(self) -> None:
        async for text in self._websocket:
            check(isinstance(text, str), "a binary message")
            message = json.loads(text, parse_float=Decimal)
            check(isinstance(message, list) and message, f"no array: {text}")
            kind, unique_id, *rest = message
            check(type(unique_id) is str and re.fullmatch("[!-~]{1,36}", unique_id), text)
            lengths = {2: 2, 3: 1, 4: 3}
            check(type(kind) is int and lengths.get(kind) == len(rest), text)
            (self._on_call if kind == 2 else self._on_answer)(kind, unique_id, rest, text)

    def _on_call(self, _: int, unique_id: str, rest: list[Any], text: str) -> None:
        action, payload = rest
        check(not self._is_answering, f"a second CALL before the first was answered: {text}")
        same = self._asked.setdefault(unique_id, text) == text
        check(same, f"an id that was used for something else: {text}")
        self._check_schema(action, payload)
        self._is_answering = True
        loop = asyncio.get_running_loop()
        loop.call_later(
            BEFORE_ANSWER,
            lambda: self._tasks.create_task(self._respond(unique_id, action, payload)),
        )

    async def _respond(self, unique_id: str, action: str, payload: Payload) -> None:
        self._is_answering = False
        try:
            message = [3, unique_id, self._answer(action, payload)]
        except CallError as error:
            message = [4, unique_id, str(error), "", {}]
        await self._websocket.send(json.dumps(message))
        self.heard.append((action, payload))  # what follows from it comes after its answer
        self._news.set()

    def _on_answer(self, kind: int, unique_id: str, rest: list[Any], text: str) -> None:
        check(self._pending is not None and self._pending[0] == unique_id, f"not asked: {text}")
        assert self._pending
        _, action, future = self._pending
        self._pending = None
        if kind == 4:
            code, description, details = rest
            check(code in CODES and isinstance(details, dict), text)
            check(isinstance(description, str) and len(description) <= 255, text)
            future.set_exception(CallError(code))
        else:
            self._check_schema(f"{action}Response", rest[0])
            future.set_result(rest[0])

    def _check_schema(self, name: str, payload: Payload) -> None:
        error = next(schema(name).iter_errors(payload), None)
        check(error is None, f"{name}: {error.message if error else ''}")


def status_of(playing: Coroutine[Any, Any, None]) -> int:
    """Play; the exit status of the peer, which says in a line what the other end did wrong."""
    status = 0
    try:
        asyncio.run(playing)
    except* Exception as group:
        status = 1
        print(*(f"wrong: {error!r}" for error in group.exceptions), sep="\n", flush=True)  # noqa: T201
    return status
