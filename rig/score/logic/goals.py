"""What the detectors are to reach, and whether they do."""

from collections.abc import Callable
from dataclasses import dataclass

from rig.score.logic.figures import Score

GROUPS: dict[str, tuple[str, ...]] = {
    "oscillation": ("osc_seed", "osc_stealth", "osc_slow", "fast_toggle"),
    "plant": ("over_current", "ignore_limit", "ignore_stop"),
    "fabrication": ("spoof300",),
    "suspension": ("suspension",),
    "flood": ("flood",),
    "fuzz": ("fuzz",),
    "spoofed command": ("spoof_limit", "spoof_start", "spoof_stop"),
    "meter tampering": ("meter_tamper",),
    "dropped command": ("cp_drops_cmd",),
}


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure that is to be `limit` at least, or else at most. `digits` after its point."""

    what: str
    figure: Callable[[Score], float | None]
    limit: float
    at_least: bool = True
    digits: int = 3

    @property
    def text(self) -> str:
        """The goal itself."""
        return f"{'>=' if self.at_least else '<='} {self.limit:g}"

    def is_reached(self, score: Score) -> bool | None:
        """None where the figure was not measured."""
        figure = self.figure(score)
        if figure is None:
            return None
        return figure >= self.limit if self.at_least else figure <= self.limit


def _recall_of(group: str) -> Goal:
    return Goal(f"recall: {group}", lambda score: score.recall_of(GROUPS[group]), 0.99)


GOALS: tuple[Goal, ...] = (
    Goal("recall: all kinds", lambda score: score.recall, 0.92),
    *map(_recall_of, GROUPS),
    Goal("false alarms", lambda score: score.false_alarms.count, 0, at_least=False, digits=0),
    Goal("normal hours", lambda score: score.false_alarms.hours, 150, digits=1),
    Goal("re-alarms an event", lambda score: score.re_alarms_an_event, 0.05, at_least=False),
    Goal("F1 by points", lambda score: score.points.f1, 0.85),
    Goal("delay, median (s)", lambda score: score.delay.median, 3, at_least=False, digits=1),
)
