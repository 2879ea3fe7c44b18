"""The charger module's behaviour: Start, Stop and SetLimit change its state, the current follows.

Each step moves the current 20 % toward the target. Currents in A, times in s.
Source: the seed architecture, "Charger Module State".
"""

from dataclasses import dataclass

from rig.bus.logic.link import LinkDown, LinkUp
from rig.bus.logic.messages import Current, Report, SetLimit, Start, Stop
from rig.role.logic.fixed_rate import FixedRate

RAMP = 0.2  # share of the way to the target in one step
INITIAL_LIMIT = 32.0  # A


@dataclass(frozen=True, slots=True)
class Missed:
    """Reports that were due while the process stood still and are left out."""

    reports: int


class SimulatedCharger:
    """One charger module. Reports Current each `period`, ramps each `step`, both from `start`."""

    def __init__(self, start: float, period: float = 1.0, step: float | None = None) -> None:
        self.running = False
        self.limit = INITIAL_LIMIT
        self.current = 0.0
        self._connected = True
        self._reports = FixedRate(start, period)
        self._steps = FixedRate(start, step or period)

    @property
    def target(self) -> float:
        """Where the current goes: the limit while running, else 0 A."""
        return self.limit if self.running else 0.0

    @property
    def wake_at(self) -> float:
        return min(self._steps.due_at, self._reports.due_at)

    def __str__(self) -> str:
        state = "running" if self.running else "stopped"
        values = f"limit={self.limit:g} A target={self.target:g} A current={self.current:.1f} A"
        return f"{state} {values}"

    def receive(self, event: object, now: float) -> list[Report | Missed]:
        match event:
            case Start():
                self.running = True
            case Stop():
                self.running = False
            case SetLimit(limit):
                self.limit = limit
            case LinkUp() | LinkDown():
                self._connected = isinstance(event, LinkUp)
        return []

    def tick(self, now: float) -> list[Report | Missed]:
        if self._steps.due_at <= now:
            self.current += (self.target - self.current) * RAMP
            self._steps.done(now)
        return self._report(now) if self._reports.due_at <= now else []

    def _report(self, now: float) -> list[Report | Missed]:
        missed = self._reports.done(now)
        told: list[Report | Missed] = [Missed(missed)] if missed else []
        return [*told, Current(self.current)] if self._connected else told
