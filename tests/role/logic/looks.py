"""A machine alone, in virtual time."""

from collections.abc import Sequence
from typing import Any, Protocol

ROUNDED = 1e-9  # s that sums of times are off


class Woken(Protocol):
    """What is to be woken."""

    @property
    def wake_at(self) -> float: ...

    def tick(self, now: float) -> Sequence[Any]: ...


def ticks(machine: Woken, until: float) -> list[Any]:
    """Wake it whenever it wants to be, until then (s); all that it gives."""
    given: list[Any] = []
    while machine.wake_at <= until + ROUNDED:
        given += machine.tick(machine.wake_at)
    return given
