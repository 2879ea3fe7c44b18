"""Whether a bus can be trusted now: up, down, gone or replaced. Decides when to open and close it.

A socket that survived an unplugging is deaf (the kernel dropped its filters), so every loss closes
the bus and every return opens a new one.
"""

from dataclasses import dataclass

from rig.logic.messages import Frame


@dataclass(frozen=True, slots=True)
class Received:
    """A frame from another node, and when it arrived, which may be some time ago.

    `stamp`: in s since 1970; `at`: in s of the event loop, as near as the two clocks can tell.
    """

    frame: Frame
    stamp: float
    at: float


@dataclass(frozen=True, slots=True)
class Sent:
    """The frame with this token was seen on the bus (its own echo)."""

    token: int


@dataclass(frozen=True, slots=True)
class NotSent:
    """The frame with this token was not seen on the bus. It may still go out: see Late."""

    token: int
    why: str


@dataclass(frozen=True, slots=True)
class Late:
    """A frame that was given up as NotSent was on the bus after all."""

    token: int


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The bus is open and working."""


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The bus cannot be used; what it said before is no longer to be trusted."""

    why: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Frames that arrived faster than they were read and were dropped by the kernel."""

    frames: int


@dataclass(frozen=True, slots=True)
class Open:
    """Open the bus, now."""

    index: int


@dataclass(frozen=True, slots=True)
class Close:
    """Close the bus, now."""


BusEvent = Received | Sent | NotSent | Late | LinkUp | LinkDown | Lost
Action = Open | Close | LinkUp | LinkDown


class Link:
    """One interface. `index` is the kernel's number of it, which changes when it is replugged."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._index: int | None = None
        self._told = ""

    @property
    def is_open(self) -> bool:
        """Whether the bus is open and was working when last looked at."""
        return self._index is not None

    def observe(self, index: int | None, running: bool) -> list[Action]:
        """The interface was looked at: its index (None if there is none), and whether it is up."""
        if why := self._fault(index, running):
            return self.failed(why)
        if self.is_open or index is None:
            return []
        return [Open(index)]

    def opened(self, index: int) -> list[Action]:
        """The bus was opened on the interface with this index."""
        self._index, self._told = index, ""
        return [LinkUp()]

    def failed(self, why: str) -> list[Action]:
        """Reading, writing or opening failed. Each reason is told once until the bus is back."""
        closing: list[Action] = [Close()] if self.is_open else []
        self._index = None
        if why == self._told:
            return closing
        self._told = why
        return [*closing, LinkDown(why)]

    def _fault(self, index: int | None, running: bool) -> str | None:
        if index is None:
            return f"{self._name} is gone"
        if self._index not in (None, index):
            return f"{self._name} was replugged"
        if not running:
            return f"{self._name} is down"
        return None
