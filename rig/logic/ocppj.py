"""OCPP-J framing: one text to and from one CALL, CALLRESULT or CALLERROR, trusting nothing.

Sources: OCPP-J 1.6 clause 4 (RPC framework) and its errata 2025-04.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

ID_LENGTH = 36  # characters, OCPP-J 1.6 table 2
TEXT_LENGTH = 255  # characters of a CALLERROR description, OCPP-J 1.6 table 6
ODD = re.compile(r'[^ -~]|["\\]')  # takes more than one character in JSON
INTEGER_LENGTH = 18  # characters; no longer one is in any OCPP message, and 64 bits hold these


@dataclass(frozen=True, slots=True)
class Call:
    """[2, id, action, payload]."""

    unique_id: str
    action: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CallResult:
    """[3, id, payload]."""

    unique_id: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CallError:
    """[4, id, code, description, {}]."""

    unique_id: str
    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Malformed:
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
    try:
        parts = _decode(text)
    except _Unacceptable as error:
        return Malformed(str(error))
    except (ValueError, RecursionError):
        return Malformed("not JSON")
    if not isinstance(parts, list) or len(parts) < 2:
        return Malformed("not an OCPP-J array")
    return _of_parts(parts)


def _of_parts(parts: list[Any]) -> OcppMessage | Malformed:
    kind, unique_id = parts[0], parts[1]
    if type(kind) is not int or kind not in (2, 3, 4):
        return Malformed("an unknown message type", is_fault=False)  # ignored: OCPP-J 4.1.3
    if not _is_id(unique_id):
        return Malformed("an invalid message id")
    if kind == 2:
        return _call(unique_id, parts)
    if kind == 3:
        return _result(unique_id, parts)
    return _error(unique_id, parts)


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


def _is_id(value: object) -> bool:
    return (
        isinstance(value, str)
        and 1 <= len(value) <= ID_LENGTH
        and value.isascii()
        and value.isprintable()
    )


def _refuse_constant(name: str) -> None:
    raise _Unacceptable(f"{name} is not JSON")


def _integer(digits: str) -> int | float:
    """An integer; infinity, which no schema takes, where 64 bits cannot hold it (as for 1e400)."""
    return int(digits) if len(digits) <= INTEGER_LENGTH else math.inf


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Unacceptable("a key twice in one object")
    return found


_decode = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_int=_integer, object_pairs_hook=_unique
).decode
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
