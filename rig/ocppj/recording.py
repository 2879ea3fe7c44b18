"""Keeps what one end tells of OCPP in a file, each line written at once."""

import contextlib
import errno
import fcntl
import io
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rig.ocppj.logic.told import Lines
from rig.role.errors import UserError
from rig.role.free_space import RESTS, FreeSpace
from rig.role.private import open_file


class OcppRecording:
    """A file of lines (rig/ocppj/logic/told.py), to which both ends may append.

    Raises UserError if the file cannot be opened. If it cannot be written any more, the log says
    so, the file keeps its whole lines, and the role goes on: a full disk must not stop a charger.
    While the disk is down to its reserve nothing is written; a line before and one after say so.
    """

    def __init__(self, path: str, lines: Lines, log: logging.Logger) -> None:
        self._path, self._lines, self._log = path, lines, log
        self._broken, self._space = False, FreeSpace(path)
        self._left_out: int | None = None  # lines since the gap began
        self._end = 0  # where the file ended when this end wrote to it last
        try:
            self._file = io.FileIO(path, "a+", opener=open_file)
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}") from error
        with contextlib.suppress(OSError):  # not on each file system; see _cut_off
            fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def add(self, line: bytes) -> None:
        """Append a line, or count it as left out for want of space."""
        if not self._rests():
            self._append(line)

    def close(self) -> None:
        """Write no more."""
        with contextlib.suppress(OSError):
            self._file.close()

    def _rests(self) -> bool:
        """Whether a line is left out for want of space."""
        if self._space.is_scarce(time.monotonic()):
            if self._left_out is None:
                self._left_out = 0
                self._mark(self._lines.gap_begins(time.time()), f"{RESTS} {self._path}")
            self._left_out += 1
            return True
        if self._left_out is not None:
            left_out, self._left_out = self._left_out, None
            how_many = f"{left_out} lines left out of it"
            mark = self._lines.gap_ends(time.time(), left_out)
            self._mark(mark, f"{self._path} goes on: {how_many}")
        return False

    def _mark(self, line: bytes, what: str) -> None:
        if not self._broken:
            self._log.warning("recording = %s", what)
            self._append(line)

    def _append(self, line: bytes) -> None:
        if self._broken:
            return
        written = 0
        try:
            text = line if self._is_at_a_line() else b"\n" + line
            written = self._file.write(text) or 0
            if written != len(text):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._end = self._file.tell()
        except OSError as error:
            self._broken = True
            self._cut_off(written)
            self._log.error("recording ended: cannot write %s: %s", self._path, error.strerror)

    def _is_at_a_line(self) -> bool:
        """Whether the file ends in a whole line: what else wrote there may have been cut short."""
        end = self._file.seek(0, os.SEEK_END)
        return end in (0, self._end) or os.pread(self._file.fileno(), 1, end - 1) == b"\n"

    def _cut_off(self, written: int) -> None:
        """Remove the part of a line that was written, unless the other end may append behind it:
        that one, which has the file open and so shares its lock, begins on a line of its own.
        """
        with contextlib.suppress(OSError):  # a device has no length
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self._file.tell() == os.fstat(self._file.fileno()).st_size:
                self._file.truncate(self._file.tell() - written)


@contextmanager
def recorded(
    path: str, lines: Lines, why_over: str, log: logging.Logger
) -> Iterator[OcppRecording]:
    """A recording whose first and last lines say from when to when it has all, and why no longer.

    Raises UserError as OcppRecording.
    """
    recording = OcppRecording(path, lines, log)
    recording.add(lines.offers(time.time()))
    try:
        yield recording
    finally:
        recording.add(lines.ended(time.time(), why_over))
        recording.close()
