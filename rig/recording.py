"""Keeps the OCPP messages of a run as JSON lines, each written at once."""

import contextlib
import errno
import io
import json
import logging
import os
from datetime import UTC, datetime

from rig.errors import UserError
from rig.logic.secrets import hide
from rig.private import open_file


class OcppRecording:
    """A file of JSON lines: timestamp (UTC), t (s since 1970), point, cp_id, dir, message.

    Raises UserError if the file cannot be opened. If it cannot be written any more, the log says
    so, the file keeps its whole lines, and the role goes on: a full disk must not stop a charger.
    """

    def __init__(self, path: str, point: str, log: logging.Logger) -> None:
        self._path, self._point, self._log = path, point, log
        self._broken = False
        try:
            self._file = io.FileIO(path, "a", opener=open_file)
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}") from error

    def keep(self, charge_point: str, sent_by_charge_point: bool, text: str) -> None:
        """One message as it was on the wire, without its secrets; as a string if it is not JSON."""
        now = datetime.now(UTC)
        line = {
            "timestamp": now.isoformat(timespec="microseconds"),
            "t": now.timestamp(),
            "point": self._point,
            "cp_id": charge_point,
            "dir": "cp>cs" if sent_by_charge_point else "cs>cp",
        }
        message = _json_of(hide(text))
        self._append(f'{json.dumps(line)[:-1]}, "message": {message}}}\n'.encode())

    def _append(self, line: bytes) -> None:
        if self._broken:
            return
        end = self._file.seek(0, os.SEEK_END)
        try:
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            self._broken = True
            with contextlib.suppress(OSError):  # a device has no length
                self._file.truncate(end)
            self._log.error("recording ended: cannot write %s: %s", self._path, error.strerror)


def _json_of(text: str) -> str:
    try:
        # NaN and 1e400 are read, but would not be JSON again
        return json.dumps(json.loads(text), allow_nan=False)
    except (ValueError, RecursionError):
        return json.dumps(text)
