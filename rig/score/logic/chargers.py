"""The charger of the world, and another hardware."""

from rig.bus.logic.messages import Report
from rig.charger_module.logic.charger import Missed, SimulatedCharger

STEP = 0.2  # s between two steps of the other hardware's ramp


class OtherHardware(SimulatedCharger):
    """One that ramps evenly, up by `up` A/s and down by `down` A/s, `dead` s after a command, and
    whose meter reads 2 % low."""

    def __init__(self, start: float, up: float, down: float, dead: float) -> None:
        super().__init__(start, step=STEP)
        self._up, self._down, self._dead = up * STEP, down * STEP, dead
        self._flows, self._waits, self._told = 0.0, 0.0, 0.0

    def tick(self, now: float) -> list[Report | Missed]:
        if self._steps.due_at <= now:
            self._steps.done(now)
            self._step()
            self.current = self._flows * 0.98
        return self._report(now) if self._reports.due_at <= now else []

    def _step(self) -> None:
        if self.target != self._told:
            self._told, self._waits = self.target, self._dead
        self._waits -= STEP
        if self._waits <= 0.0:
            missing = self._told - self._flows
            self._flows += max(-self._down, min(self._up, missing))
