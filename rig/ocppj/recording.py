"""Keeps the OCPP messages of a run as JSON lines, each written at once."""

import contextlib
import errno
import io
import json
import logging
import os
import time
from datetime import UTC, datetime
from typing import Any

from rig.role.errors import UserError
from rig.role.free_space import RESTS, FreeSpace
from rig.role.logic.secrets import hide
from rig.role.private import open_file


class OcppRecording:
    """A file of JSON lines: timestamp (UTC), t (s since 1970), point, cp_id, dir, message.

    Raises UserError if the file cannot be opened. If it cannot be written any more, the log says
    so, the file keeps its whole lines, and the role goes on: a full disk must not stop a charger.
    While the disk is down to its reserve nothing is written; a line before and one after say so,
    with `gap` and the number of messages.
    """

    def __init__(self, path: str, point: str, log: logging.Logger) -> None:
        self._path, self._point, self._log = path, point, log
        self._broken, self._space = False, FreeSpace(path)
        self._left_out: int | None = None  # messages since the gap began
        try:
            self._file = io.FileIO(path, "a", opener=open_file)
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}") from error

    def keep(self, charge_point: str, sent_by_charge_point: bool, text: str) -> None:
        """One message as it was on the wire, without its secrets; as a string if it is not JSON."""
        if self._rests():
            return
        direction = "cp>cs" if sent_by_charge_point else "cs>cp"
        line = self._line({"cp_id": charge_point, "dir": direction})
        self._append(f'{line[:-1]}, "message": {_json_of(hide(text))}}}\n'.encode())

    def _line(self, what: dict[str, Any]) -> str:
        now = datetime.now(UTC)
        moment = {"timestamp": now.isoformat(timespec="microseconds"), "t": now.timestamp()}
        return json.dumps(moment | {"point": self._point} | what)

    def _rests(self) -> bool:
        """Whether a message is left out for want of space."""
        if self._space.is_scarce(time.monotonic()):
            if self._left_out is None:
                self._left_out = 0
                self._mark({"gap": "begins"}, f"{RESTS} {self._path}")
            self._left_out += 1
            return True
        if self._left_out is not None:
            left_out, self._left_out = self._left_out, None
            how_many = f"{left_out} messages left out of it"
            self._mark({"gap": "ends", "messages": left_out}, f"{self._path} goes on: {how_many}")
        return False

    def _mark(self, gap: dict[str, Any], what: str) -> None:
        if not self._broken:
            self._log.warning("recording = %s", what)
            self._append(f"{self._line(gap)}\n".encode())

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
