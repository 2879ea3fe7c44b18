"""Log lines: `cp       21:15:31.204 can > SetLimit limit=100 A (210#6400)`.

A thread writes them, so that a terminal or pipe that is stuck never stops a role: what does not
fit the queue then is counted and said. It also puts the lines together, while the role goes on
with what the line is about: give a line nothing that will be another thing later.

Not logging.handlers.QueueListener: its `stop` waits for a stuck pipe for ever, and it keeps no
count of what was lost.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from rig.role.logic.rate_limit import RateLimit
from rig.role.logic.secrets import hide_passwords
from rig.role.streams import PATIENCE, STDOUT, say, write_all

WAITING_LINES = 10_000
AT_LEISURE = 100  # lines that may wait as what they say; then as text, which may be far shorter
LEVELS = {"error": logging.ERROR, "warning": logging.WARNING, "info": logging.INFO}
GATHER = 0.01  # s; the lines of so long are written at once, since each writing costs a role time
LONGEST = 1000  # characters of a message

_Line = tuple[float, object, Any, str]  # moment (s since 1970), format, arguments, traceback
_TRACEBACKS = logging.Formatter()


class _Clock:
    """Says the time of day of a moment (s since 1970); each second is worked out once."""

    def __init__(self) -> None:
        self._second, self._text = 0, ""

    def __call__(self, moment: float) -> str:
        second = int(moment)
        if second != self._second:
            self._second, self._text = second, time.strftime("%H:%M:%S", time.localtime(second))
        return f"{self._text}.{int((moment - second) * 1000):03d}"


class _LineHandler(logging.Handler):
    """Takes lines in the role's thread, counts what the writer cannot take.

    On one line: control characters are escaped, so that no peer can forge or hide one.
    """

    def __init__(self, role: str) -> None:
        super().__init__()
        self._role, self._clock = role, _Clock()
        self._lines: queue.SimpleQueue[_Line | None] = queue.SimpleQueue()
        self._dropped = self._unwritten = 0  # lines: not taken, and refused by the output
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def take(self, moment: float, form: object, arguments: Any, traceback: str = "") -> None:
        """A line of `moment` (s since 1970)."""
        waiting = self._lines.qsize()
        if waiting < AT_LEISURE:
            self._lines.put((moment, form, arguments, traceback))
        elif waiting < WAITING_LINES:
            self._lines.put((moment, _text(form, arguments), (), traceback))
        else:
            self._dropped += 1

    def emit(self, record: logging.LogRecord) -> None:
        traceback = _TRACEBACKS.formatException(record.exc_info) if record.exc_info else ""
        # Of a library: whether what it is about stays the same is not known.
        self.take(record.created, _text(record.msg, record.args), (), traceback)

    def close(self) -> None:
        self._lines.put(None)
        self._writer.join(PATIENCE)
        super().close()

    def _write(self) -> None:
        told = 0
        for lines in self._gathered():
            lost = self._dropped + self._unwritten - told
            notice = [f"({lost} log lines were lost: the output took no more)"] if lost else []
            try:
                text = "\n".join([*lines, *notice, ""])
                write_all(STDOUT, text.encode(errors="backslashreplace"))
                told += lost
            except BrokenPipeError:  # the reader went away: nobody is left to tell
                return
            except OSError as error:
                self._count_unwritten(len(lines), error)

    def _count_unwritten(self, lines: int, error: OSError) -> None:
        if not self._unwritten:
            say(f"rig {self._role}: its log cannot be written, it goes on: {error.strerror}")
        self._unwritten += lines

    def _shown(self, line: _Line) -> str:
        moment, form, arguments, traceback = line
        text = _text(form, arguments)
        shown = f"{self._role:8} {self._clock(moment)} {_told(text)}"
        return "\n  ".join([shown, *map(_told, traceback.splitlines())]) if traceback else shown

    def _gathered(self) -> Iterator[list[str]]:
        """The lines in lots, until the end."""
        line = self._lines.get()
        while line is not None:
            lines = [self._shown(line)]
            time.sleep(GATHER)
            for _ in range(self._lines.qsize()):
                if (line := self._lines.get()) is None:
                    break
                lines.append(self._shown(line))
            yield lines
            if line is not None:
                line = self._lines.get()


class _DirectLogger(logging.Logger):
    """A role's logger. Its lines go straight to the writer: a LogRecord for each, handed from
    logger to handler, would cost a busy role more than what it does.
    """

    lines: _LineHandler

    def info(self, msg: object, *args: Any, **more: Any) -> None:
        if self.level > logging.INFO:
            return
        if more:
            self._log(logging.INFO, msg, args, **more)
        else:
            self.lines.take(time.time(), msg, args)

    def _log(  # type: ignore[override]
        self, level: int, msg: object, args: Any, exc_info: Any = None, **more: Any
    ) -> None:
        if exc_info:
            super()._log(level, msg, args, exc_info, **more)
        else:
            self.lines.take(time.time(), msg, args)


class Lazy:
    """A part of a line that is put into words where the line is put together."""

    __slots__ = ("_describe", "_what")

    def __init__(self, describe: Callable[[Any], str], what: Any) -> None:
        self._describe, self._what = describe, what

    def __str__(self) -> str:
        return self._describe(self._what)


class Named(logging.LoggerAdapter[logging.Logger]):
    """Begins each line with a name. One logger for all names: loggers are never freed."""

    def __init__(self, log: logging.Logger, name: str) -> None:
        super().__init__(log, {})
        self._begins = name + " "
        self._format = self._begins.replace("%", "%%")  # no name breaks the formatting

    def info(self, msg: object, *args: Any, **more: Any) -> None:
        self.logger.info((self._format if args else self._begins) + str(msg), *args, **more)

    def log(self, level: int, msg: object, *args: Any, **more: Any) -> None:
        self.logger.log(level, (self._format if args else self._begins) + str(msg), *args, **more)


class RateLimited(Named):
    """Of one that can cause its lines as often as it likes: warnings are told seldom, by the name,
    and what goes by `log_limited`. `info` is the record of what was said, errors are defects."""

    def __init__(self, log: logging.Logger, name: str, limit: RateLimit) -> None:
        super().__init__(log, name)
        self._name, self._limit = name, limit

    def log_limited(self, level: int, msg: object, *args: Any, **more: Any) -> None:
        """Tell this, or leave it out; then the next one that is told says so."""
        if not self.isEnabledFor(level):
            return
        number = self._limit.tells(self._name, time.monotonic())
        if number > 1:
            msg = f"{msg} ({number - 1} lines before it left out)"
        if number:
            super().log(level, msg, *args, **more)

    def log(self, level: int, msg: object, *args: Any, **more: Any) -> None:
        if level == logging.WARNING:
            self.log_limited(level, msg, *args, **more)
        else:
            super().log(level, msg, *args, **more)


Log = logging.Logger | Named


def start_log(role: str, level: str = "info") -> logging.Logger:
    """The log of a role, on stdout, from this one of LEVELS on."""
    handler = _LineHandler(role)
    least = LEVELS[level]
    logging.basicConfig(handlers=[handler], level=max(least, logging.WARNING), force=True)
    logging.getLogger("can").setLevel(logging.CRITICAL)  # the port says the same, with the fix
    logger = _DirectLogger(f"rig.{role}", least)
    logger.parent, logger.lines = logging.getLogger(), handler
    return logger


def stop_log() -> None:
    """Write what is left, 1 s at most."""
    for handler in logging.getLogger().handlers[:]:
        handler.close()
        logging.getLogger().removeHandler(handler)


def _text(form: object, arguments: Any) -> str:
    """What a line says. One that is wrong must not be the last one."""
    try:
        text = str(form) % arguments if arguments else str(form)
    except Exception as error:
        text = f"{form}: a defect of the rig, please report it: {error}"
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def _told(text: str) -> str:
    return printable(hide_passwords(text))


def printable(text: str) -> str:
    """The text on one line, with control characters escaped."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
