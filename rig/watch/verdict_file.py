"""`verdicts.jsonl` as it is written: whole lines, each at once."""

import errno
import logging
import os
from collections.abc import Iterable

from rig.detect.events import Event, OnBus
from rig.detect.hold import Late
from rig.detect.verdict import Verdict
from rig.detect.watch import Watch
from rig.role.errors import UserError
from rig.role.private import open_file
from rig.watch.logic.account import late_line, link_line, verdict_line, watch_line


class VerdictFile:
    """The account of a watcher that begins at `start`, in a file; in none if `path` is None.

    Raises UserError if it cannot be opened. If it cannot be written any more the log says so, and
    the watcher goes on.
    """

    def __init__(self, path: str | None, rule: str, start: float, log: logging.Logger) -> None:
        self._path, self._log = path, log
        self._file = None if path is None else _opened(path)
        self._add(watch_line(start, "begins", rule=rule))

    def verdict(self, verdict: Verdict, at: float) -> None:
        """One whose state begins at `at` (s since 1970)."""
        self._add(verdict_line(verdict, at))

    def event(self, event: Event, at: float) -> None:
        """One that was judged; what happened to a bus is kept, since no log of it has that."""
        if self._file is not None and isinstance(event, OnBus) and (line := link_line(event, at)):
            self._add(line)

    def late(self, late: Late) -> None:
        self._add(late_line(late))

    def close(self, at: float) -> None:
        self._add(watch_line(at, "ends"))
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _add(self, line: str) -> None:
        if self._file is None:
            return
        data = f"{line}\n".encode()
        try:
            if os.write(self._file, data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # it takes a part
        except OSError as error:
            os.close(self._file)
            self._file = None
            why = error.strerror
            self._log.error("recording ended: cannot write %s: %s", self._path, why)


class Recorded:
    """A watch whose account goes to a file."""

    def __init__(self, watch: Watch, file: VerdictFile) -> None:
        self._watch, self._file = watch, file

    def receive(self, event: Event, now: float) -> Iterable[Verdict]:
        self._file.event(event, now)
        return self._kept(self._watch.receive(event, now), now)

    def tick(self, now: float) -> Iterable[Verdict]:
        return self._kept(self._watch.tick(now), now)

    def _kept(self, verdicts: list[Verdict], now: float) -> list[Verdict]:
        for verdict in verdicts:
            self._file.verdict(verdict, now)
        return verdicts


def _opened(path: str) -> int:
    try:
        return open_file(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error
