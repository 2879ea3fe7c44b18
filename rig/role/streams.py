"""The standard streams, which neither hold up a process nor end it.

Python's own do both: a thread that is stuck in sys.stdout keeps the interpreter from ending, and
where a stream was closed at the start, the next socket gets its number and what is written to it.
"""

import contextlib
import os
import queue
import select
import sys
import threading
from collections.abc import Iterator
from typing import TextIO

from rig.role.errors import UserError

STDIN, STDOUT, STDERR = 0, 1, 2
PATIENCE = 1.0  # s that the end of a process waits for a stream that is stuck

# Lines, and events that are set when all before them is written.
_said: "queue.SimpleQueue[tuple[int, bytes] | threading.Event]" = queue.SimpleQueue()
_speaker: threading.Thread | None = None
_beginning = threading.Lock()


def open_missing() -> None:
    """Take the numbers of the streams that were closed at the start (`>&-`).

    Writing to such a stdout fails, as it would without this; such a stderr takes everything.
    """
    for number, mode in ((STDIN, os.O_RDONLY), (STDOUT, os.O_RDONLY), (STDERR, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # gets the lowest number that is free, which is this one
    if sys.stdout is None:
        sys.stdout = open(STDOUT, "w", closefd=False)  # noqa: SIM115


def write_all(stream: int, data: bytes) -> None:
    """Write all of it, however long the stream is stuck. Raises OSError."""
    while data:
        try:
            data = data[os.write(stream, data) :]
        except BlockingIOError:  # somebody who shares the stream made it non-blocking
            select.select([], [stream], [])


def say(line: str, stream: int = STDERR) -> None:
    """Write a line to stderr, or stdout, whole among those of others; does not wait for it."""
    global _speaker
    _said.put((stream, f"{line}\n".encode(errors="backslashreplace")))
    with _beginning:  # one speaker, or the lines would not be in order
        if _speaker is None or not _speaker.is_alive():
            _speaker = threading.Thread(target=_speak, daemon=True)
            _speaker.start()


def hear_out() -> None:
    """Wait until what was said is written, 1 s at most."""
    if _speaker is not None:
        is_written = threading.Event()
        _said.put(is_written)
        is_written.wait(PATIENCE)


def _speak() -> None:
    while True:
        item = _said.get()
        if isinstance(item, threading.Event):
            item.set()
            continue
        with contextlib.suppress(OSError):  # nobody is left to tell
            write_all(*item)


@contextlib.contextmanager
def standard_output() -> Iterator[TextIO]:
    """Stdout for what a tool prints. Silent where nobody reads on, as in `rig sessions | head`.

    Raises UserError where it cannot be written.
    """
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError:
        _give_up_output()
    except OSError as error:
        _give_up_output()
        raise UserError(f"cannot write to standard output: {error.strerror}") from error


def _give_up_output() -> None:
    """What is still in the buffer goes nowhere: else the interpreter fails on it in the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDOUT)
    os.close(nowhere)
