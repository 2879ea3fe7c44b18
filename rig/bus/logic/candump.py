"""The log format of `candump -L`, which candump's tools, cantools and Wireshark read."""

import json
import re
from dataclasses import dataclass

from rig.bus.logic.messages import Frame

FRAME = re.compile(
    r"\((?P<stamp>\d+\.\d+)\) \S+ (?P<id>[0-9A-F]{3}|[0-9A-F]{8})(?P<separator>##?)"
    r"(?P<data>R?[0-9A-F]*)( [RT])?$",
    re.IGNORECASE,
)
ERROR = 0x20000000  # CAN_ERR_FLAG, linux/can.h
LINE = re.compile(rb"\((\d+\.\d+)\) \S+ \S+$")


@dataclass(frozen=True, slots=True)
class LogEnd:
    """What a log ends in: the stamp of its last frame (s since 1970), None if it has none; `cut`
    bytes of a line that is not whole.
    """

    stamp: float | None
    cut: int


def log_line(stamp: float, channel: str, frame: Frame) -> str:
    """One frame: `(1795384276.638926) vcan0 300#1400`. `stamp` in s since 1970.

    Without the ` R` and ` T` that newer writers append: Wireshark refuses a file that has them.
    """
    return f"({stamp:017.6f}) {channel} {frame}"


def read_line(line: str) -> tuple[float, Frame]:
    """The stamp (s since 1970) and the frame of a line of a log, also of one that ends in ` R` or
    ` T`. Raises ValueError for what is none."""
    match = FRAME.match(line)
    if match is None:
        raise ValueError(f"no line of a candump log: {line[:80]!r}")
    number, separator, rest = match["id"], match["separator"], match["data"]
    identifier = int(number, 16)
    if len(number) == 8 and identifier & ERROR:
        frame = Frame(identifier & ~ERROR, bytes.fromhex(rest), error=True)
    elif separator == "##":
        frame = Frame(
            identifier,
            bytes.fromhex(rest[1:]),
            extended=len(number) == 8,
            fd=True,
            flags=int(rest[:1], 16),
        )
    elif rest[:1] == "R":
        frame = Frame(identifier, extended=len(number) == 8, remote=True, dlc=int(rest[1:] or 0))
    else:
        frame = Frame(identifier, bytes.fromhex(rest), extended=len(number) == 8)
    return float(match["stamp"]), frame


def log_end(tail: bytes) -> LogEnd | None:
    """What a log with this end holds; None if that is no log. A full disk or a power loss can leave
    a part of a line behind.
    """
    whole, newline, rest = tail.rpartition(b"\n")
    if not newline:
        return LogEnd(None, len(rest)) if rest[:1] in (b"", b"(") else None
    match = LINE.search(whole.rpartition(b"\n")[2])
    return LogEnd(float(match[1]), len(rest)) if match else None


def gap_line(since: float | None, until: float | None) -> str:
    """Nothing was recorded between these stamps (s since 1970); None: no frame before, or after."""
    stamps = {"from": since, "to": until}
    return json.dumps({name: stamp and round(stamp, 6) for name, stamp in stamps.items()})
