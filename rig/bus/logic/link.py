"""Whether a bus can be trusted now: up, down, gone or replaced. Decides when to open and close it.

A socket outlasts its interface going down, and hears the first frame after; so it stays open. One
that outlasted an unplugging is deaf (the kernel dropped its filters), so it is closed.
"""

from dataclasses import dataclass, field

from rig.bus.logic.messages import Frame


@dataclass(frozen=True, slots=True)
class Received:
    """A frame from another node, and when it arrived, which may be some time ago.

    `stamp`: in s since 1970; `at`: in s of the event loop, as near as the two clocks can tell.
    `is_local`: another program of this host sent it; None where the bus does not tell.
    """

    frame: Frame
    stamp: float
    at: float
    is_local: bool | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The frame with this token was seen on the bus: its own echo. Where none comes back, its
    driver took it. `stamp`: when, by the kernel (s since 1970); None where nobody tells.
    """

    token: int
    stamp: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class NotSent:
    """The frame with this token was not seen on the bus. It may still go out: see Late."""

    token: int
    why: str


@dataclass(frozen=True, slots=True)
class Late:
    """A frame that was given up as NotSent was on the bus after all; `stamp` as of Sent."""

    token: int
    stamp: float | None = field(default=None, compare=False)


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
class Garbled:
    """Something arrived that the backend could make no frame of, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Open:
    """Open the bus, now."""

    index: int


@dataclass(frozen=True, slots=True)
class Close:
    """Close the bus, now."""


BusEvent = Received | Sent | NotSent | Late | LinkUp | LinkDown | Lost | Garbled
Action = Open | Close | LinkUp | LinkDown


class Link:
    """One interface. `index` is the kernel's number of it, which changes when it is replugged."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._index: int | None = None
        self._told = ""  # why it does not work; empty while it does

    @property
    def is_open(self) -> bool:
        """Whether the bus is open."""
        return self._index is not None

    def observe(self, index: int | None, running: bool) -> list[Action]:
        """The interface was looked at: its index (None if there is none), and whether it is up."""
        if index is None:
            return self.failed(f"{self._name} is gone")
        if self._index not in (None, index):
            return self.failed(f"{self._name} was replugged")
        if not running:
            return self.down()
        return self._works() if self.is_open else [Open(index)]

    def opened(self, index: int) -> list[Action]:
        """The bus was opened on the interface with this index.

        If it was lost before, the next look says that it works: by then all who look as often have
        opened it again, and hear what the first of them sends.
        """
        self._index = index
        return [] if self._told else [LinkUp()]

    def down(self) -> list[Action]:
        """The interface went down. That is told once until the bus is back, as each failure is."""
        return self._tell(f"{self._name} is down")

    def failed(self, why: str) -> list[Action]:
        """Reading, writing or opening failed."""
        closing: list[Action] = [Close()] if self.is_open else []
        self._index = None
        return [*closing, *self._tell(why)]

    def _works(self) -> list[Action]:
        if not self._told:
            return []
        self._told = ""
        return [LinkUp()]

    def _tell(self, why: str) -> list[Action]:
        if why == self._told:
            return []
        self._told = why
        return [LinkDown(why)]
