"""Log lines: `cp       21:15:31.204 can > SetLimit limit=100 A (210#6400)`.

A thread writes them, so that a terminal or pipe that is stuck never stops a role: what does not
fit the queue then is counted and said.
"""

import logging
import queue
import sys
import threading
from logging.handlers import QueueHandler

WAITING_LINES = 10_000
FLUSH_TIMEOUT = 1.0  # s that the end of a role waits for its last lines


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
            self.lines.put_nowait(printable(self.format(record)))
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
        while (line := self.lines.get()) is not None:
            if self.dropped:
                line += f"\n({self.dropped} log lines were lost: the output was stuck)"
                self.dropped = 0
            try:
                sys.stdout.write(line + "\n")
                sys.stdout.flush()
            except (OSError, ValueError):  # the reader went away: nobody is left to tell
                return


def start_log(role: str) -> logging.Logger:
    """The log of a role, on stdout."""
    handler = _Lines()
    handler.setFormatter(
        logging.Formatter(f"{role:8} %(asctime)s.%(msecs)03d %(message)s", "%H:%M:%S")
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logger = logging.getLogger(f"rig.{role}")
    logger.setLevel(logging.INFO)
    return logger


def stop_log() -> None:
    """Write what is left, 1 s at most."""
    for handler in logging.getLogger().handlers[:]:
        handler.close()
        logging.getLogger().removeHandler(handler)


def printable(text: str) -> str:
    """The text with control characters escaped, so that no peer can forge or hide a line."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in "\n\t" else char.encode("unicode_escape").decode()
        for char in text
    )
