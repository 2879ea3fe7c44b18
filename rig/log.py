"""Log lines: `cp       21:15:31.204 can > SetLimit limit=100 A (210#6400)`.

A thread writes them, so that a terminal or pipe that is stuck never stops a role: what does not
fit the queue then is counted and said.
"""

import logging
import queue
import sys
import threading
from logging.handlers import QueueHandler
from typing import Any

WAITING_LINES = 10_000
FLUSH_TIMEOUT = 1.0  # s that the end of a role waits for its last lines


class _OneLine(logging.Formatter):
    """Escapes control characters, so that no peer can forge or hide a line."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        lines = super().formatException(ei).splitlines()
        return "\n".join("  " + printable(line) for line in lines)


class _Lines(QueueHandler):
    """Formats in the role's thread, counts what the writer cannot take."""

    def __init__(self) -> None:
        self.lines: queue.Queue[str | None] = queue.Queue(WAITING_LINES)
        super().__init__(self.lines)
        self.dropped = 0
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.lines.put_nowait(self.format(record))
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        try:
            self.lines.put(None, timeout=FLUSH_TIMEOUT)
            self._writer.join(FLUSH_TIMEOUT)
        except queue.Full:
            pass
        super().close()

    def _write(self) -> None:
        told = 0
        while (line := self.lines.get()) is not None:
            if lost := self.dropped - told:
                line += f"\n({lost} log lines were lost: the output was stuck)"
                told += lost
            try:
                sys.stdout.write(line + "\n")
                sys.stdout.flush()
            except (OSError, ValueError):  # the reader went away: nobody is left to tell
                return


def start_log(role: str) -> logging.Logger:
    """The log of a role, on stdout."""
    handler = _Lines()
    handler.setFormatter(_OneLine(f"{role:8} %(asctime)s.%(msecs)03d %(message)s", "%H:%M:%S"))
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
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
