"""What a watcher is told, in the order of its stamps: of the buses, and of OCPP at both ends.

Frames are Start, Stop, SetLimit, Current, a bad one or another one, never ids or bytes: those that
Another and Bad carry are for words alone.
"""

from dataclasses import dataclass
from typing import Literal

from rig.bus.logic.link import LinkDown, LinkUp, Lost
from rig.bus.logic.messages import Bad, Codec, Frame, Message
from rig.ocppj.logic.framing import Malformed, OcppMessage

End = Literal["csms", "cp"]  # who tells: the central system, or the charge point


@dataclass(frozen=True, slots=True)
class Another:
    """A frame with none of our numbers. `is_known`: the DBC has a message for it."""

    frame: Frame
    is_known: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame on a bus. `is_local`: this host sent it; None where the bus does not tell."""

    what: Message | Bad | Another
    is_local: bool | None = None


@dataclass(frozen=True, slots=True)
class OnBus:
    """What happened on the bus of this connector (1, 2, ...)."""

    connector: int
    event: Heard | LinkUp | LinkDown | Lost


@dataclass(frozen=True, slots=True)
class Said:
    """One OCPP message as this end sent or got it, without its secrets."""

    end: End
    charge_point: str  # its id
    by_charge_point: bool  # else by the central system
    message: OcppMessage | Malformed


@dataclass(frozen=True, slots=True)
class Connection:
    """An OCPP connection of this charge point at this end."""

    end: End
    charge_point: str
    change: Literal["connected", "closed", "refused"]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Listening:
    """This end tells its OCPP messages from now on; or no more, and why."""

    end: End
    why_not: str | None = None


Event = OnBus | Said | Connection | Listening


def heard(frame: Frame, codec: Codec) -> Message | Bad | Another:
    """A frame as detectors hear it."""
    found = codec.decode(frame)
    return Another(frame, codec.knows(frame)) if found is None else found
