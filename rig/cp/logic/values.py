"""What the value of a configuration key may be.

Values are CiString500Type (OCPP 1.6 edition 2, 6.9, 7.19): upper and lower case are the same.
"""

import re
from dataclasses import dataclass

ROTATIONS = ("NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR")  # 9.1.7


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number from `least` to `most`."""

    least: int
    most: int

    def read(self, text: str) -> str:
        """The value as it is kept. Raises ValueError for one that is not possible."""
        if not re.fullmatch(r"-?[0-9]{1,10}", text) or not self.least <= int(text) <= self.most:
            raise ValueError(f"not a number from {self.least} to {self.most}")
        return str(int(text))


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""

    def read(self, text: str) -> str:
        """The value as it is kept. Raises ValueError for one that is not possible."""
        if text.lower() not in ("true", "false"):
            raise ValueError("neither true nor false")
        return text.lower()


@dataclass(frozen=True, slots=True)
class Listed:
    """Some of `allowed` or none, with commas between them (CSL), each once."""

    allowed: tuple[str, ...]

    def read(self, text: str) -> str:
        """The value as it is kept. Raises ValueError for one that is not possible."""
        spelled = {item.lower(): item for item in self.allowed}
        wanted = [item.strip().lower() for item in text.split(",")] if text.strip() else []
        if len(set(wanted)) < len(wanted) or not spelled.keys() >= set(wanted):
            raise ValueError("something else than what this charge point can give, or twice")
        return ",".join(spelled[item] for item in wanted)


@dataclass(frozen=True, slots=True)
class PhaseRotation:
    """The phase rotation of connectors 0 to `connectors`, as `1.RST,2.RTS` (9.1.7)."""

    connectors: int

    def read(self, text: str) -> str:
        """The value as it is kept. Raises ValueError for one that is not possible."""
        numbers = range(self.connectors + 1)
        every = Listed(tuple(f"{number}.{name}" for number in numbers for name in ROTATIONS))
        rotation = every.read(text)
        connectors = [item.split(".")[0] for item in rotation.split(",")]
        if not rotation or len(set(connectors)) < len(connectors):
            raise ValueError("no connector, or one with two phase rotations")
        return rotation


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value that is read only."""

    def read(self, text: str) -> str:
        """Raises ValueError."""
        raise ValueError("read only")


Value = Integer | Boolean | Listed | PhaseRotation | Fixed
