"""The four messages of the bus, to and from frames by the DBC. The one place that builds frames.

Field and class names are the signal and message names of `dbc/ev_charging.dbc`, so the DBC alone
knows identifiers, bytes and scaling.
"""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, TypeVar

from cantools.database import DecodeError, EncodeError
from cantools.database.can import Database
from cantools.database.can import Message as Layout
from cantools.database.can.signal import Signal


@dataclass(frozen=True, slots=True)
class Start:
    """Let current flow, up to the limit."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop the current."""


@dataclass(frozen=True, slots=True)
class SetLimit:
    """Most current that the charger may deliver (A)."""

    limit: float


@dataclass(frozen=True, slots=True)
class Current:
    """Current that flows now (A)."""

    current: float


CACHED = 256  # messages and frames

# Of linux/can/error.h, by the number of the bit in the identifier of an error frame.
ERROR_CLASSES = (
    "transmission timed out",
    "lost arbitration",
    "controller problem",
    "protocol violation",
    "transceiver problem",
    "nobody acknowledged",
    "bus-off",
    "bus error",
    "controller restarted",
    "error counters changed",
)

Report = Current  # what a charger tells
Message = Start | Stop | SetLimit | Report
M = TypeVar("M", bound=Message)
COMMANDS = (Start, Stop, SetLimit)  # what a charger is told
REPORTS = (Current,)  # the kinds of a Report
KINDS = (*COMMANDS, *REPORTS)
MESSAGES: dict[str, type[Message]] = {kind.__name__: kind for kind in KINDS}


class Burst(NamedTuple):
    """Reports of one kind that came too fast to be told one by one, in order, each with when it
    arrived (s of the event loop)."""

    reports: Sequence[tuple[Report, float]]


def describe(message: Message) -> str:
    """The message for a log line: `SetLimit limit=100 A`."""
    names = type(message).__dataclass_fields__
    fields = [f"{name}={getattr(message, name):g} A" for name in names]
    return " ".join([type(message).__name__, *fields])


class Frame(NamedTuple):
    """One CAN frame. `identifier` is 11 or 29 bit, for an error frame its error class."""

    identifier: int
    data: bytes = b""
    extended: bool = False
    remote: bool = False
    error: bool = False
    fd: bool = False
    dlc: int | None = None  # of a remote frame, which carries no data
    flags: int = 0  # of an FD frame: struct canfd_frame, linux/can.h

    def __str__(self) -> str:
        """As candump and cansend write it: `300#1400`, `00000300#1400`, `300#R2`, `300##01400`."""
        if self.error:
            return f"{self.identifier | 0x20000000:08X}#{self.data.hex().upper()}"
        name = f"{self.identifier:08X}" if self.extended else f"{self.identifier:03X}"
        if self.remote:
            return f"{name}#R{self.dlc or ''}"
        mark = f"##{self.flags:X}" if self.fd else "#"
        return f"{name}{mark}{self.data.hex().upper()}"


@dataclass(frozen=True, slots=True)
class Bad:
    """An error frame, or one that carries one of our numbers but is none of our messages; why."""

    frame: Frame
    why: str


class DbcError(Exception):
    """The DBC does not define the rig's messages; the text says what is missing."""


class Codec:
    """Messages to and from frames by a DBC that defines Start, Stop, SetLimit and Current.

    Raises DbcError if one of them or its signal is missing, is not an 11-bit classic frame, or has
    the number of another one.
    """

    def __init__(self, dbc: Database) -> None:
        self._layouts = {name: _layout(dbc, name) for name in MESSAGES}
        self._names: dict[int, str] = {}
        for name, layout in self._layouts.items():
            other = self._names.setdefault(layout.frame_id, name)
            if other != name:
                raise DbcError(f"messages {other} and {name} have the same number")
        self._known = {(one.frame_id, one.is_extended_frame) for one in dbc.messages}
        # Few different ones are on a bus, and cantools takes its time for each.
        self._encoded = functools.lru_cache(CACHED)(self._encode)
        self._decoded = functools.lru_cache(CACHED)(self._decode)
        self._words = functools.lru_cache(CACHED)(self._describe)
        self._limits = functools.lru_cache(CACHED)(self._set_limit)

    @property
    def identifiers(self) -> list[int]:
        """The 11-bit numbers of the four messages."""
        return list(self._names)

    @property
    def current_period(self) -> float:
        """GenMsgCycleTime of Current (s); 1 s where the DBC gives none."""
        return (self._layouts["Current"].cycle_time or 1000) / 1000

    def encode(self, message: Message) -> Frame:
        """The frame of a message; Current is rounded to the nearest step, SetLimit down.

        Raises ValueError if the DBC cannot carry the value.
        """
        return self._encoded(message)

    def _encode(self, message: Message) -> Frame:
        layout = self._layouts[type(message).__name__]
        rounding = _down if isinstance(message, SetLimit) else _nearest
        try:
            values = {
                signal.name: _quantise(getattr(message, signal.name), signal, rounding)
                for signal in layout.signals
                if hasattr(message, signal.name)
            }
            data = layout.encode(values, strict=True)
        except (EncodeError, InvalidOperation, OverflowError, ValueError) as error:
            raise ValueError(f"{describe(message)} does not fit the DBC: {error}") from error
        return Frame(layout.frame_id, bytes(data))

    def carried(self, message: M) -> M:
        """The message as the bus carries it, in its resolution. Raises ValueError as encode."""
        decoded = self.decode(self.encode(message))
        assert isinstance(decoded, type(message))
        return decoded

    def set_limit(self, limit: float) -> SetLimit:
        """The SetLimit that the bus carries for a limit (A). Raises ValueError as encode."""
        return self._limits(limit)

    def _set_limit(self, limit: float) -> SetLimit:
        return self.carried(SetLimit(limit))

    def decode(self, frame: Frame) -> Message | Bad | None:
        """The message in a frame; None for a foreign number; Bad for ours in the wrong form, and
        for an error frame."""
        return self._decoded(frame)

    def knows(self, frame: Frame) -> bool:
        """Whether the DBC has a message with the number of this frame, ours or another."""
        return (frame.identifier, frame.extended) in self._known

    def describe(self, frame: Frame) -> str:
        """A frame with one of our messages for a log line: `SetLimit limit=100 A (210#6400)`."""
        return self._words(frame)

    def _describe(self, frame: Frame) -> str:
        message = self.decode(frame)
        return f"{describe(message)} ({frame})" if isinstance(message, KINDS) else str(frame)

    def _decode(self, frame: Frame) -> Message | Bad | None:
        if frame.error:
            return Bad(frame, _error(frame))
        name = self._names.get(frame.identifier)
        if name is None:
            return None
        layout = self._layouts[name]
        why = _wrong_kind(frame) or _wrong_length(frame, layout)
        if why:
            return Bad(frame, f"{why} with the number of {name}")
        try:
            values: dict[str, Any] = layout.decode_simple(frame.data, decode_choices=False)
        except DecodeError as error:
            return Bad(frame, f"{name} that does not decode ({error})")
        kind = MESSAGES[name]
        return kind(**{key: values[key] for key in kind.__dataclass_fields__})


def _layout(dbc: Database, name: str) -> Layout:
    try:
        layout = dbc.get_message_by_name(name)
    except KeyError:
        raise DbcError(f"message {name} is missing") from None
    if layout.is_extended_frame or layout.is_fd:
        raise DbcError(f"message {name} is not an 11-bit classic CAN frame")
    if sum(message.name == name for message in dbc.messages) > 1:
        raise DbcError(f"message {name} is there more than once")
    if not all(signal.scale for signal in layout.signals):
        raise DbcError(f"message {name} has a signal with a factor of 0")
    known = {signal.name for signal in layout.signals}
    for field in MESSAGES[name].__dataclass_fields__:
        if field not in known:
            raise DbcError(f"message {name} has no signal {field}")
    if extra := known - set(MESSAGES[name].__dataclass_fields__):
        raise DbcError(f"message {name} has signals that the rig does not know: {sorted(extra)}")
    return layout


def _error(frame: Frame) -> str:
    """What the controller reports: `error frame: bus-off`."""
    names = [name for bit, name in enumerate(ERROR_CLASSES) if frame.identifier >> bit & 1]
    return f"error frame: {', '.join(names) or 'unspecified'}"


def _wrong_kind(frame: Frame) -> str | None:
    kinds = {
        "remote frame": frame.remote,
        "29-bit frame": frame.extended,
        "CAN FD frame": frame.fd,
    }
    return next((kind for kind, is_it in kinds.items() if is_it), None)


def _wrong_length(frame: Frame, layout: Layout) -> str | None:
    if len(frame.data) == layout.length:
        return None
    return f"frame of {len(frame.data)} instead of {layout.length} bytes"


def _down(steps: Decimal) -> int:
    return math.floor(steps)


def _nearest(steps: Decimal) -> int:
    return math.floor(steps + Decimal("0.5"))


def _quantise(value: float, signal: Signal, rounding: Callable[[Decimal], int]) -> float:
    """The value that the signal's resolution allows, in physical units; exact in decimal."""
    scale, offset = Decimal(str(signal.scale)), Decimal(str(signal.offset))
    return float(rounding((Decimal(str(value)) - offset) / scale) * scale + offset)
