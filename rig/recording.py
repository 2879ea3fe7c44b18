"""Keeps the OCPP messages of a run as JSON lines, each written at once."""

import json
import os
from datetime import UTC, datetime
from typing import IO

from rig.errors import UserError


class OcppRecording:
    """A file of JSON lines: timestamp (UTC), t (s since 1970), point, cp_id, dir, message.

    Raises UserError if the file cannot be opened, OSError if a line cannot be written.
    """

    def __init__(self, path: str, point: str) -> None:
        self._point = point
        try:
            self._file: IO[bytes] = open(path, "ab", buffering=0)  # noqa: SIM115
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}") from error

    def keep(self, charge_point: str, sent_by_charge_point: bool, text: str) -> None:
        """One message as it was on the wire; one that is not JSON is kept as a string."""
        now = datetime.now(UTC)
        line = {
            "timestamp": now.isoformat(timespec="microseconds"),
            "t": now.timestamp(),
            "point": self._point,
            "cp_id": charge_point,
            "dir": "cp>cs" if sent_by_charge_point else "cs>cp",
            "message": _parsed(text),
        }
        os.write(self._file.fileno(), json.dumps(line).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _parsed(text: str) -> object:
    try:
        parsed = json.loads(text)
        json.dumps(parsed, allow_nan=False)  # NaN and 1e400 are read, but would not be JSON again
    except (ValueError, RecursionError):
        return text
    return parsed
