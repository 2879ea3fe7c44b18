"""What the charge point keeps on the disk, so that a crash or a power loss costs nothing.

Everything is kept as JSON under a section and a key. What a machine returns after a Keep must not
reach the central system before that is on the disk, unless that may wait; the bus never waits for
the disk.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

Saved = Mapping[str, Mapping[str, Any]]  # section -> key -> value


class Fetch(NamedTuple):
    """Read the letters of the queue that come after a number. Fetched comes back, in its time."""

    after: int


class Keep(NamedTuple):
    """Keep a value under a section and a key; None: forget it.

    One that `may_wait` is on the disk a moment later, and what is returned after it does not wait.
    """

    section: str
    key: str
    value: Any
    may_wait: bool = False
