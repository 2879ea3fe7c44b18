"""The output of `rig up`: whole lines of all its roles on one stream."""

import os
import threading
from collections.abc import Callable

from rig.role.logic.programs import PROGRAMS
from rig.role.streams import say, write_all

COLOURS = {word: program.colour for word, program in PROGRAMS.items()}


class Output:
    """Writes lines from any thread. A stream that is stuck holds up only the threads that write.

    `on_gone` is called, from such a thread, when nobody reads the stream any more. What else goes
    wrong, a full disk say, costs lines: it is said once, and how many when it works again.
    """

    def __init__(self, stream: int, on_gone: Callable[[], None]) -> None:
        self._stream, self._on_gone = stream, on_gone
        self._coloured = os.isatty(stream) and not os.environ.get("NO_COLOR")
        self._lock, self._lost = threading.Lock(), 0

    def line(self, role: str, line: bytes) -> None:
        """A line of a role, as it came but for its end."""
        text = in_column(role, line, self._coloured) + b"\n"
        with self._lock:
            try:
                write_all(self._stream, self._told_loss() + text)
                self._lost = 0
            except BrokenPipeError:
                self._on_gone()
            except OSError as error:
                if not self._lost:
                    say(f"rig up: the output cannot be written, the roles go on: {error.strerror}")
                self._lost += 1

    def _told_loss(self) -> bytes:
        text = f"({self._lost} lines were lost: the output took no more)\n"
        return text.encode() if self._lost else b""


def in_column(role: str, line: bytes, coloured: bool) -> bytes:
    """The line of a role with its column in front, which lines of rig/role/log.py have already."""
    column = f"{role:8} ".encode()
    text = line.removeprefix(column)
    if coloured:
        column = b"\x1b[%dm%b\x1b[0m" % (COLOURS.get(role, 39), column)
    return column + text
