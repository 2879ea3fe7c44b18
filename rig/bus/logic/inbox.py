"""What a role makes of the frames that it receives: its messages, and a line for each bad one."""

from rig.bus.logic.messages import Bad, Codec, Frame, Message
from rig.role.logic.tally import Tally

# Error classes of linux/can/error.h, by the bit in the identifier of an error frame.
ERROR_CLASSES = {
    0x001: "transmission timed out",
    0x002: "lost arbitration",
    0x004: "controller problem",
    0x008: "protocol violation",
    0x010: "transceiver problem",
    0x020: "nobody acknowledged",
    0x040: "bus-off",
    0x080: "bus error",
    0x100: "controller restarted",
    0x200: "error counters changed",
}


class Inbox:
    """Decodes frames; counts those that are not ours though they carry one of our numbers."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self.tally = Tally()

    def decode(self, frame: Frame) -> tuple[Message | None, str | None]:
        """The message (None if there is none for us) and a line for the log (None mostly)."""
        if frame.error:
            return None, self._count(error_name(frame), str(frame))
        found = self._codec.decode(frame)
        if isinstance(found, Bad):
            return None, self._count(found.why, str(frame))
        return found, None

    def garbled(self, why: str) -> str | None:
        """A line for the log (None mostly) for what was no frame at all."""
        return self._count("garbled input", why)

    def _count(self, kind: str, what: str) -> str | None:
        if not self.tally.count(kind):
            return None
        return f"ignored {kind} ({what}), {self.tally.counts[kind]} so far"


def error_name(frame: Frame) -> str:
    """What the controller reports: `error frame: bus-off`."""
    names = [name for bit, name in ERROR_CLASSES.items() if frame.identifier & bit]
    return f"error frame: {', '.join(names) or 'unspecified'}"
