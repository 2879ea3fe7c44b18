"""The output of `rig up`: whole lines of all its roles on one stream."""

import os
import threading
from collections.abc import Callable

from rig.logic.columns import in_column


class Output:
    """Writes lines from any thread. A stream that is stuck holds up only the threads that write.

    `on_gone` is called, from such a thread, when nobody reads the stream any more.
    """

    def __init__(self, stream: int, on_gone: Callable[[], None]) -> None:
        self._stream, self._on_gone = stream, on_gone
        self._coloured = os.isatty(stream) and not os.environ.get("NO_COLOR")
        self._lock = threading.Lock()

    def line(self, role: str, line: bytes) -> None:
        """A line of a role, as it came but for its end."""
        rest = in_column(role, line, self._coloured) + b"\n"
        try:
            with self._lock:
                while rest:
                    rest = rest[os.write(self._stream, rest) :]
        except OSError:
            self._on_gone()
