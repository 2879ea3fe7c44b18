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

UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)


class Fetch(NamedTuple):
    """Read the requests of the queue that come after a number. Fetched comes back, in its time."""

    after: int


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
    may_wait: bool = False  # on the disk a moment later; what is returned after it does not wait

    def found(
        self, rows: Rows, refused: "list[RefusedRow]", check: Callable[[V], object] = _as_it_is
    ) -> dict[K, V]:
        """What can be read and passes the check; the others are `refused`, each with its reason."""
        found: dict[K, V] = {}
        for text, row in rows.get(self.name, {}).items():
            try:
                key = self.read_key(text)
                value = self.read(key, row)
                check(value)
            except UNREADABLE as error:
                refused.append(RefusedRow(self, text, row, f"{error!r:.80}"))
            else:
                found[key] = value
        return found


@dataclass(frozen=True, slots=True)
class Keep(Generic[K, V]):
    """Keep a value under a key of a section; None: forget it.

    It is put into JSON where it is written, in another thread: nobody may change it meanwhile.
    """

    section: Section[K, V]
    key: K
    value: V | None

    @property
    def row(self) -> tuple[str, str, Any]:
        """Section, key and JSON."""
        value = None if self.value is None else self.section.write(self.value)
        return self.section.name, str(self.key), value


DAMAGED: Section[str, Any] = Section("damaged", str)  # by SECTION/KEY: what could not be used


class RefusedRow(NamedTuple):
    """A row that cannot be read."""

    section: Section[Any, Any]
    key: str
    value: Any
    why: str

    @property
    def kept(self) -> list[Keep[Any, Any]]:
        """It goes where nobody reads it but who inspects it."""
        place, value = f"{self.section.name}/{self.key}", {"value": self.value, "why": self.why}
        return [Keep(self.section, self.key, None), Keep(DAMAGED, place, value)]
