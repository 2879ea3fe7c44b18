"""What the charge point keeps on the disk, so that a crash or a power loss costs nothing.

Everything is kept as JSON under a section and a key. What a machine returns after a Keep must not
reach the central system before that is on the disk; the bus never waits for the disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Saved = Mapping[str, Mapping[str, Any]]  # section -> key -> value


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep a value under a section and a key; None: forget it."""

    section: str
    key: str
    value: Any
