"""The file of a recording: whole lines only, and where it went on after a gap, the gap beside it.

`can.log` holds frames of the bus and nothing else. A mark among them would be none: python-can
refuses a comment, and canplayer sends an error frame. So gaps are lines of `can.log.gaps`:

    {"from": 1795384276.638926, "to": 1795384279.02311}

the stamps of the frames before and after; null where there is none.
"""

import contextlib
import os
import time
from pathlib import Path
from types import TracebackType

from rig.bus.logic.candump import LogEnd, gap_line, log_end, log_line
from rig.bus.logic.messages import Frame
from rig.role.errors import UserError
from rig.role.free_space import FreeSpace
from rig.role.private import make_folders, open_file

TAIL = 4096  # bytes that are looked at for the last line; a line has 200 at most


class LogFile:
    """A candump log, in a directory that is made if it is missing. New, unless `append` says that
    it goes on one that may be there. `is_resting`: frames are left out while the disk is down to
    its reserve, which is a gap.

    Raises UserError for what goes wrong.
    """

    def __init__(self, path: str, channel: str, *, append: bool = False) -> None:
        self.path, self.frames, self.left_out = path, 0, 0
        self.is_resting, self._space = False, FreeSpace(path)
        self.gaps, self.cut = f"{path}.gaps", 0  # bytes of a last line that was not whole
        self._channel, self._appends = channel, append
        self._before: LogEnd | None = (
            None  # what it ended in before a gap that is still to be marked
        )
        self._last: float | None = None  # stamp that was kept
        _make_directory(path)
        if not append and os.path.lexists(self.gaps):
            raise self._taken(self.gaps)
        self._lines = self._opened(path, new=not append)
        if append:
            self._go_on()

    def keep(self, frame: Frame, stamp: float) -> None:
        """Write a frame that arrived at `stamp` (s since 1970), and leave it to the kernel; or,
        for want of space, leave it out."""
        self.is_resting = self._space.is_scarce(time.monotonic())
        if self.is_resting:
            self._before = self._before or LogEnd(self._last, 0)
            self.left_out += 1
            return
        line = log_line(stamp, self._channel, frame)
        if self._before:
            self._end_gap(self._before, stamp, line)
        else:
            self._add(self._lines, line)
        self.frames, self._last = self.frames + 1, stamp

    def __enter__(self) -> "LogFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if not isinstance(error, UserError):
                self._finish()
            elif not self.frames and not self._appends:  # the bus did not open, say
                os.unlink(self.path)
        finally:
            self._lines.close()

    def _go_on(self) -> None:
        tail = self._lines.tail()
        before = log_end(tail)
        if before is None:
            raise UserError(f"{self.path} is no candump log: name another file")
        self.cut = before.cut
        self._lines.shorten(before.cut)
        self._before = before

    def _end_gap(self, before: LogEnd, until: float | None, line: str = "") -> None:
        """First the gap, else one that is killed in between would leave none; both or neither."""
        mark = gap_line(before.stamp, until)
        gaps = self._opened(self.gaps, new=False)
        try:
            self._add(gaps, mark)
            if line:
                self._add(self._lines, line)
        except UserError:
            gaps.restore()
            raise
        finally:
            gaps.close()
        self._before = None

    def _finish(self) -> None:
        """See the file onto the disk: a network file system tells its errors only now."""
        if self._before:
            self._end_gap(self._before, None)
        try:
            self._lines.sync()
        except OSError as error:
            raise self._broken(error) from error

    def _add(self, lines: "_Lines", line: str) -> None:
        try:
            lines.add(line.encode() + b"\n")
        except OSError as error:
            raise self._broken(error) from error

    def _opened(self, path: str, *, new: bool) -> "_Lines":
        try:
            return _Lines(path, os.O_EXCL if new else 0)
        except FileExistsError:
            raise self._taken(path) from None
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}") from error

    def _taken(self, path: str) -> UserError:
        return UserError(f"{path} is there already: move it or name another file")

    def _broken(self, error: OSError) -> UserError:
        return UserError(
            f"recording ended after {self.frames} frames: cannot write {self.path}: "
            f"{error.strerror}"
        )


class _Lines:
    """A file that grows by whole lines or not at all. Raises OSError."""

    def __init__(self, path: str, flags: int) -> None:
        flags |= os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._file = open_file(path, flags)
        self._size = self._first = os.fstat(self._file).st_size

    def add(self, line: bytes) -> None:
        try:
            written = os.write(self._file, line)
            while written < len(line):  # a disk that fills up takes a part, and then refuses
                written += os.write(self._file, line[written:])
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise
        self._size += len(line)

    def tail(self) -> bytes:
        return os.pread(self._file, TAIL, max(0, self._size - TAIL))

    def shorten(self, by: int) -> None:
        if by:
            self._size -= by
            os.ftruncate(self._file, self._size)

    def restore(self) -> None:
        """As it was when it was opened."""
        self.shorten(self._size - self._first)

    def sync(self) -> None:
        os.fsync(self._file)

    def close(self) -> None:
        os.close(self._file)


def _make_directory(path: str) -> None:
    folder = os.path.dirname(path) or "."
    try:
        make_folders(Path(folder))
    except OSError as error:
        why = f"cannot make the directory {folder}: {error.strerror}"
        raise UserError(f"{why}; name a file elsewhere") from error
