"""How much memory this process takes meanwhile: all of it, also what is not Python's."""

import ctypes
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def memory_within(most: int) -> Iterator[None]:
    """Fails where this process takes more bytes meanwhile than it did before."""
    ctypes.CDLL(None).malloc_trim(0)  # else what came before has left room
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins here: proc(5)
    before = _peak()
    yield
    assert _peak() - before <= most


def _peak() -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024
