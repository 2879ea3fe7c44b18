"""What one end tells of OCPP, as JSON lines. `rig/detect/ocpp_lines.py` reads them.

Each begins with `timestamp` (UTC), `t` (the same in s since 1970) and `point` ("cp" or "csms"), and
goes on with one of these. `cp_id` is the charge point's id, `dir` is "cp>cs" or "cs>cp":

    "cp_id": "CP_1", "dir": "cp>cs", "message": [2, "1", "Heartbeat", {}]
    "cp_id": "CP_1", "connection": "connected", "why": ""     or "closed", "refused"
    "offers": true                     it tells all from now on
    "offers": false, "why": "..."      it tells no more
    "lost": 12, "since": 1795384276.5  so many lines since then, to a reader that was too slow
    "gap": "begins"                    the disk is down to its reserve
    "gap": "ends", "messages": 12      so many lines were left out of the file
"""

import json
from datetime import UTC, datetime
from typing import Any, Literal

from rig.role.logic.secrets import hide

Change = Literal["connected", "closed", "refused"]


def socket_of(folder: str, point: str) -> str:
    """Where "csms", or "cp", offers its lines."""
    return f"{folder}/{point}-ocpp.sock"


class Lines:
    """Makes the lines of one end. `now` is in s since 1970; no line holds a secret."""

    def __init__(self, point: str) -> None:
        self._point = point

    def message(self, now: float, charge_point: str, text: str, *, by_charge_point: bool) -> bytes:
        """A message as it was on the wire; as a string where it is not JSON."""
        direction = "cp>cs" if by_charge_point else "cs>cp"
        begin = self._text(now, {"cp_id": charge_point, "dir": direction})
        return f'{begin[:-1]}, "message": {_json_of(hide(text))}}}\n'.encode()

    def connection(self, now: float, charge_point: str, change: Change, why: str = "") -> bytes:
        """A connection of this charge point: made, gone, or refused."""
        return self._line(now, {"cp_id": charge_point, "connection": change, "why": hide(why)})

    def offers(self, now: float) -> bytes:
        """All that follows is told."""
        return self._line(now, {"offers": True})

    def ended(self, now: float, why: str) -> bytes:
        """Nothing follows."""
        return self._line(now, {"offers": False, "why": hide(why)})

    def lost(self, now: float, number: int, since: float) -> bytes:
        """So many lines are missing since then (s since 1970); the next ones are there again."""
        return self._line(now, {"lost": number, "since": since})

    def gap_begins(self, now: float) -> bytes:
        """Lines are left out from now on."""
        return self._line(now, {"gap": "begins"})

    def gap_ends(self, now: float, number: int) -> bytes:
        """So many lines were left out."""
        return self._line(now, {"gap": "ends", "messages": number})

    def _line(self, now: float, what: dict[str, Any]) -> bytes:
        return f"{self._text(now, what)}\n".encode()

    def _text(self, now: float, what: dict[str, Any]) -> str:
        moment = datetime.fromtimestamp(now, UTC)
        stamp = {"timestamp": moment.isoformat(timespec="microseconds"), "t": moment.timestamp()}
        return json.dumps(stamp | {"point": self._point} | what)


def _json_of(text: str) -> str:
    try:
        # NaN and 1e400 are read, but would not be JSON again; of a key twice one would be lost
        value = json.loads(text, object_pairs_hook=_unique)
        # A string always stands for a text as it came, so one that is JSON is quoted once more.
        return json.dumps(text if isinstance(value, str) else value, allow_nan=False)
    except (ValueError, RecursionError):
        return json.dumps(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice in one object")
    return found
