"""Log lines: `cp       21:15:31.204 can > SetLimit limit=100 A (210#6400)`.

A thread writes them, so that a terminal or pipe that is stuck never stops a role: what does not
fit the queue then is counted and said.
"""

import logging
import queue
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from rig.logic.secrets import hide_passwords

WAITING_LINES = 10_000
FLUSH_TIMEOUT = 1.0  # s that the end of a role waits for its last lines
GATHER = 0.01  # s; the lines of so long are written at once, since each writing costs a role time
LONGEST = 1000  # characters of a message


class _OneLine(logging.Formatter):
    """Escapes control characters, so that no peer can forge or hide a line; hides passwords."""

    def __init__(self, role: str) -> None:
        super().__init__(f"{role:8} %(asctime)s.%(msecs)03d %(message)s", "%H:%M:%S")
        self._second, self._text = 0, ""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        second = int(record.created)
        if second != self._second:
            self._second, self._text = second, super().formatTime(record, datefmt)
        return self._text

    def formatMessage(self, record: logging.LogRecord) -> str:
        if len(record.message) > LONGEST:
            record.message = record.message[: LONGEST - 3] + "..."
        return printable(hide_passwords(super().formatMessage(record)))

    def formatException(self, ei: Any) -> str:
        lines = hide_passwords(super().formatException(ei)).splitlines()
        return "\n".join("  " + printable(line) for line in lines)


class _Lines(logging.Handler):
    """Formats in the role's thread, counts what the writer cannot take."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._dropped = 0
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def emit(self, record: logging.LogRecord) -> None:
        if self._lines.qsize() < WAITING_LINES:
            self._lines.put(self.format(record))
        else:
            self._dropped += 1

    def close(self) -> None:
        self._lines.put(None)
        self._writer.join(FLUSH_TIMEOUT)
        super().close()

    def _write(self) -> None:
        for lines in self._gathered():
            try:
                sys.stdout.write("\n".join([*lines, ""]))
                sys.stdout.flush()
            except (OSError, ValueError):  # the reader went away: nobody is left to tell
                return

    def _gathered(self) -> Iterator[list[str]]:
        """The lines in lots, until the end."""
        told, line = 0, self._lines.get()
        while line is not None:
            lines = [line]
            time.sleep(GATHER)
            for _ in range(self._lines.qsize()):
                if (line := self._lines.get()) is None:
                    break
                lines.append(line)
            if lost := self._dropped - told:
                lines.append(f"({lost} log lines were lost: the output was stuck)")
                told += lost
            yield lines
            if line is not None:
                line = self._lines.get()


def start_log(role: str) -> logging.Logger:
    """The log of a role, on stdout."""
    # What no line shows need not be found out for each: "Optimization" in Python's logging HOWTO.
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = _Lines()
    handler.setFormatter(_OneLine(role))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("can").setLevel(logging.CRITICAL)  # the port says the same, with the fix
    logger = logging.getLogger(f"rig.{role}")
    logger.setLevel(logging.INFO)
    return logger


def stop_log() -> None:
    """Write what is left, 1 s at most."""
    for handler in logging.getLogger().handlers[:]:
        handler.close()
        logging.getLogger().removeHandler(handler)


def printable(text: str) -> str:
    """The text on one line, with control characters escaped."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
