"""OCPP-J framing: one text to and from one CALL, CALLRESULT or CALLERROR, trusting nothing; and
the same text again for the same CALL.

Sources: OCPP-J 1.6 clause 4 (RPC framework) and its errata 2025-04.
"""

import json
import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from rig.role.logic.values import TOO_MANY, has_too_many

ID_LENGTH = 36  # characters, OCPP-J 1.6 table 2
TEXT_LENGTH = 255  # characters of a CALLERROR description, OCPP-J 1.6 table 6
REMEMBERED = 64  # answers, of some 300 bytes each
SIZE = 1 << 14  # characters of them all, and of what they answer
LONGEST_INTEGER = 100  # characters; Python converts 4300
CALLED = re.compile(r'\s*\[\s*2\s*,\s*"([ !#-\[\]-~]{1,36})"\s*,')  # the id of a CALL
ODD = re.compile(r'[^ -~]|["\\]')  # takes more than one character in JSON


class Call(NamedTuple):
    """[2, id, action, payload]."""

    unique_id: str
    action: str
    payload: dict[str, Any]


class CallResult(NamedTuple):
    """[3, id, payload]."""

    unique_id: str
    payload: dict[str, Any]


class CallError(NamedTuple):
    """[4, id, code, description, {}]."""

    unique_id: str
    code: str
    description: str


class Malformed(NamedTuple):
    """A text that is none of these. `unique_id` only where the sender can be answered."""

    why: str
    unique_id: str | None = None
    is_fault: bool = True  # of the sender; a message type of the future is none


OcppMessage = Call | CallResult | CallError


class _Unacceptable(ValueError):
    """JSON that Python reads but the standard does not know."""


def parse(text: str | bytes) -> OcppMessage | Malformed:
    """What a peer sent. Never raises."""
    if isinstance(text, bytes):
        return Malformed("a binary frame")
    if has_too_many(text):
        called = CALLED.match(text)
        return Malformed(TOO_MANY, called and called[1])
    try:
        parts = _decode(text)
    except _Unacceptable as error:
        return Malformed(str(error))
    except (ValueError, RecursionError):
        return Malformed("not JSON")
    return of_parts(parts)


def of_parts(parts: Any) -> OcppMessage | Malformed:
    """What a text stands for that was decoded already. Never raises."""
    if not isinstance(parts, list) or len(parts) < 2:
        return Malformed("not an OCPP-J array")
    kind, unique_id = parts[0], parts[1]
    read = READ.get(kind) if type(kind) is int else None
    if read is None:
        return Malformed("an unknown message type", is_fault=False)  # ignored: OCPP-J 4.1.3
    is_id = isinstance(unique_id, str) and 0 < len(unique_id) <= ID_LENGTH
    if not is_id or not unique_id.isascii() or not unique_id.isprintable():
        return Malformed("an invalid message id")
    return read(unique_id, parts)


def _call(unique_id: str, parts: list[Any]) -> Call | Malformed:
    if len(parts) != 4:
        return Malformed("a CALL has 4 elements", unique_id)
    action, payload = parts[2], {} if parts[3] is None else parts[3]
    if not isinstance(action, str) or not isinstance(payload, dict):
        return Malformed("a CALL has a text as action and an object as payload", unique_id)
    return Call(unique_id, action, payload)


def _result(unique_id: str, parts: list[Any]) -> CallResult | Malformed:
    payload = {} if len(parts) > 2 and parts[2] is None else parts[-1]
    if len(parts) != 3 or not isinstance(payload, dict):
        return Malformed("a CALLRESULT has 3 elements, an object last")
    return CallResult(unique_id, payload)


def _error(unique_id: str, parts: list[Any]) -> CallError | Malformed:
    if len(parts) not in (4, 5) or not all(isinstance(part, str) for part in parts[2:4]):
        return Malformed("a CALLERROR has a code and a description")
    return CallError(unique_id, parts[2][:TEXT_LENGTH], parts[3][:TEXT_LENGTH])


READ: dict[int, Callable[[str, list[Any]], OcppMessage | Malformed]] = {
    2: _call,
    3: _result,
    4: _error,
}


def dump(message: OcppMessage) -> str:
    """The text of a message; that of a CALLERROR is never longer than 512 bytes.

    Raises TypeError or ValueError for a payload that is no JSON.
    """
    match message:
        case Call(unique_id, action, payload):
            parts: list[Any] = [2, unique_id, action, payload]
        case CallResult(unique_id, payload):
            parts = [3, unique_id, payload]
        case CallError(unique_id, code, description):
            parts = [4, unique_id, code, ODD.sub("?", description[:TEXT_LENGTH]), {}]
    return _encode(parts)


def _refuse_constant(name: str) -> None:
    raise _Unacceptable(f"{name} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Unacceptable("a key twice in one object")
    return found


def _integer(digits: str) -> int | float:
    """An integer; infinity, which no schema takes, where Python would not convert it."""
    return int(digits) if len(digits) <= LONGEST_INTEGER else math.inf


_decode_with_care = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_int=_integer, object_pairs_hook=_unique
).decode
_decoder = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_unique)

_scan: Callable[[str, int], tuple[Any, int]] = _decoder.scan_once  # type: ignore[attr-defined]


def _decode(text: str) -> Any:
    """The value of a JSON text. It is read twice where it begins with space or has an integer that
    Python does not convert, and only there.

    Raises ValueError, and RecursionError for what is nested too deep.
    """
    try:
        value, end = _scan(text, 0)
    except StopIteration as error:
        if error.value:
            raise ValueError("a value is missing") from None
        return _decode_with_care(text)
    except (_Unacceptable, json.JSONDecodeError):
        raise
    except ValueError:
        return _decode_with_care(text)
    if text[end:].strip(" \t\n\r"):
        raise ValueError("more than one value")
    return value


_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class Replies:
    """The latest answers to one peer by the id of their CALL, in case it asks the same again.

    An id is never used twice but for sending the same again (OCPP-J 1.6, 4.1.4; errata 3.1 and
    3.7). A peer asks one thing at a time, so that its latest answers are enough; what came before
    them is answered anew. For each connection that is at most 36 KiB.
    """

    def __init__(self) -> None:
        self._replies: dict[str, tuple[str, str]] = {}
        self._size = 0

    def __contains__(self, unique_id: str) -> bool:
        return unique_id in self._replies

    def keep(self, unique_id: str, asked: str, reply: str) -> None:
        """Remember the texts of a CALL and of its answer."""
        self._replies[unique_id] = (asked, reply)
        self._size += len(asked) + len(reply)
        while len(self._replies) > REMEMBERED or self._size > SIZE:
            self._size -= sum(map(len, self._replies.pop(next(iter(self._replies)))))

    def find(self, unique_id: str, asked: str) -> str | None:
        """The answer to this CALL; None if the id is of another one. Raises KeyError for a new."""
        before, reply = self._replies[unique_id]
        return reply if before == asked or parse(before) == parse(asked) else None
