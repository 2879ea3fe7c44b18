"""What the bench is fed with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Supply:
    """What turns W into A: voltage (V, phase to neutral) and the number of phases, 1 to 3."""

    voltage: float
    phases: int

    def __str__(self) -> str:
        return f"{self.voltage:g} V, {self.phases} phase{'s' * (self.phases > 1)}"
