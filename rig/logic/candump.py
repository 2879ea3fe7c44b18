"""The log format of `candump -L`, which candump's tools, cantools and Wireshark read."""

from rig.logic.messages import Frame


def log_line(stamp: float, channel: str, frame: Frame) -> str:
    """One frame: `(1795384276.638926) vcan0 300#1400`. `stamp` in s since 1970.

    Without the ` R` and ` T` that newer writers append: Wireshark refuses a file that has them.
    """
    return f"({stamp:017.6f}) {channel} {frame}"
