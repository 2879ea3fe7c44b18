"""A row of what the charge point keeps on the disk: written, forgotten, read or refused.

A row is JSON under a section and a key. What a machine returns after a Keep must not reach the
central system before that is on the disk, unless that may wait; the bus never waits for the disk.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

K = TypeVar("K")
V = TypeVar("V")
Rows = Mapping[str, Mapping[str, Any]]  # section -> key -> value

DAMAGED = "damaged"  # SECTION/KEY: what could not be used
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)


class Fetch(NamedTuple):
    """Read the requests of the queue that come after a number. Fetched comes back, in its time."""

    after: int


class Keep(NamedTuple):
    """Keep a value under a section and a key; None: forget it.

    One that `may_wait` is on the disk a moment later, and what is returned after it does not wait.
    """

    section: str
    key: str
    value: Any
    may_wait: bool = False


class Refused(NamedTuple):
    """A row that cannot be read."""

    section: str
    key: str
    value: Any
    why: str

    @property
    def kept(self) -> list[Keep]:
        """It goes where nobody reads it but who inspects it."""
        value = {"value": self.value, "why": self.why}
        return [
            Keep(self.section, self.key, None),
            Keep(DAMAGED, f"{self.section}/{self.key}", value),
        ]


def _as_it_is(value: Any) -> Any:
    return value


def _anything(_: Any, value: Any) -> Any:
    """Whether it is there is all that counts."""
    return value


@dataclass(frozen=True)
class Section(Generic[K, V]):
    """Rows of one kind. Its readers raise for what is no such row."""

    name: str
    read_key: Callable[[str], K]
    read: Callable[[K, Any], V] = _anything
    write: Callable[[V], Any] = _as_it_is
    may_wait: bool = False

    def keep(self, key: K, value: V) -> Keep:
        """This is the value from now on."""
        return Keep(self.name, str(key), self.write(value), self.may_wait)

    def forget(self, key: K) -> Keep:
        """There is none any more."""
        return Keep(self.name, str(key), None)

    def found(
        self, rows: Rows, refused: list[Refused], check: Callable[[V], object] = _as_it_is
    ) -> dict[K, V]:
        """What can be read and passes the check; the others are `refused`, each with its reason."""
        found: dict[K, V] = {}
        for text, row in rows.get(self.name, {}).items():
            try:
                key = self.read_key(text)
                value = self.read(key, row)
                check(value)
            except UNREADABLE as error:
                refused.append(Refused(self.name, text, row, f"{error!r:.80}"))
            else:
                found[key] = value
        return found
