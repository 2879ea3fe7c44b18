"""Reads what one end tells of OCPP: the lines of rig/ocppj/logic/told.py, and like ones of others.

From another program a line may lack `point` (then "csms") and `t` (then `timestamp` counts), and
its `message` may be the text of the message instead of its array.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rig.detect.events import Connection, End, Event, Listening, Said
from rig.ocppj.logic.framing import Malformed, OcppMessage, of_parts, parse

ENDS: dict[Any, End] = {"csms": "csms", "cp": "cp"}
BY_CHARGE_POINT = {"cp>cs": True, "cs>cp": False}
Told = tuple[float, Event]  # when (s since 1970), and what


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that tells nothing, and why."""

    why: str


def read(line: str | bytes) -> list[Told] | BadLine:
    """What a line tells, in the order of the stamps. Never raises."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return BadLine("not JSON")
    if not isinstance(fields, dict):
        return BadLine("not a JSON object")
    try:
        return _events(fields)
    except (ValueError, OverflowError) as error:  # OverflowError: an integer of 400 digits as t
        return BadLine(str(error))


def _events(fields: dict[str, Any]) -> list[Told]:
    """Raises ValueError for a line of no kind that is known."""
    end, at = ENDS.get(_text(fields, "point", "csms")), _stamp(fields)
    if end is None:
        raise ValueError("a point that is neither csms nor cp")
    for kind, read_kind in KINDS.items():
        if kind in fields:
            return read_kind(fields, end, at)
    raise ValueError("of no kind that is known")


def _said(fields: dict[str, Any], end: End, at: float) -> list[Told]:
    by_charge_point = BY_CHARGE_POINT.get(_text(fields, "dir"))
    if by_charge_point is None:
        raise ValueError("a dir that is neither cp>cs nor cs>cp")
    message = _message(fields["message"])
    return [(at, Said(end, _text(fields, "cp_id"), by_charge_point, message))]


def _message(value: Any) -> OcppMessage | Malformed:
    return parse(value) if isinstance(value, str) else of_parts(value)


def _connection(fields: dict[str, Any], end: End, at: float) -> list[Told]:
    name, why = _text(fields, "cp_id"), _text(fields, "why", "")
    match fields["connection"]:
        case "connected" | "closed" | "refused" as change:
            return [(at, Connection(end, name, change, why))]
    raise ValueError("a connection that is neither connected, closed nor refused")


def _offers(fields: dict[str, Any], end: End, at: float) -> list[Told]:
    if fields["offers"] is True:
        return [(at, Listening(end))]
    return [(at, Listening(end, _text(fields, "why", "it tells no more")))]


def _lost(fields: dict[str, Any], end: End, at: float) -> list[Told]:
    since = _number(fields.get("since"))
    blind_at = at if since is None else min(at, since)
    return [(blind_at, Listening(end, f"{fields['lost']} lines lost")), (at, Listening(end))]


def _gap(fields: dict[str, Any], end: End, at: float) -> list[Told]:
    match fields["gap"]:
        case "begins":
            return [(at, Listening(end, "its disk is full"))]
        case "ends":
            return [(at, Listening(end))]
    raise ValueError("a gap that neither begins nor ends")


KINDS: dict[str, Callable[[dict[str, Any], End, float], list[Told]]] = {
    "message": _said,
    "connection": _connection,
    "offers": _offers,
    "lost": _lost,
    "gap": _gap,
}


def _text(fields: dict[str, Any], key: str, default: str | None = None) -> str:
    value = fields.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f"no text as {key}")
    return value


def _stamp(fields: dict[str, Any]) -> float:
    """When it was, in s since 1970. Raises ValueError."""
    if (at := _number(fields.get("t"))) is not None:
        return at
    moment = datetime.fromisoformat(_text(fields, "timestamp"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None
