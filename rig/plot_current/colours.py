"""The colours of the plot, bright and dark.

Those of the lines are after Okabe and Ito, which colour-blind people tell apart; none carries a
meaning that a word beside it does not say too. Each is held against what it stands on, and against
the others as a deuteranope sees them, by tests/plot_current/test_colours.py.
"""

from dataclasses import dataclass

from rig.detect.verdict import State
from rig.plot_current.logic.words import Mood


@dataclass(frozen=True, slots=True)
class Colours:
    """What is drawn, as #RRGGBB. `allowed` is the area below the target; `gap` the hatch where
    nothing was heard; `faint` the grid, which may be missed."""

    paper: str
    ink: str
    dim: str
    faint: str
    current: str
    target: str
    limit: str
    allowed: str
    alarm: str
    gap: str
    card: str


BRIGHT = Colours(
    paper="#FFFFFF",
    ink="#111827",
    dim="#4B5563",
    faint="#E5E7EB",
    current="#0072B2",
    target="#D55E00",
    limit="#6B7280",
    allowed="#FDF1E3",
    alarm="#B3001B",
    gap="#6B7280",
    card="#F3F4F6",
)
DARK = Colours(
    paper="#0F141C",
    ink="#F3F4F6",
    dim="#B4BCC8",
    faint="#2A3340",
    current="#56B4E9",
    target="#F0A030",
    limit="#9CA3AF",
    allowed="#2B2318",
    alarm="#FF5A5A",
    gap="#9CA3AF",
    card="#1A212C",
)

# Face and ink of the badge and of the band of the worst verdict, bright or dark.
GREEN, AMBER, RED, SLATE = "#007F5F", "#E69F00", "#B3001B", "#4B5563"
WHITE, BLACK = "#FFFFFF", "#111827"
MOODS: dict[Mood, tuple[str, str]] = {
    "running": (GREEN, WHITE),
    "stopped": ("#E5E7EB", BLACK),
    "unknown": ("#D1D5DB", BLACK),
    "silent": (AMBER, BLACK),
    "down": (SLATE, WHITE),
    "over": (RED, WHITE),
    "flows": (AMBER, BLACK),
}
STATES: dict[State, tuple[str, str]] = {
    "alarm": (RED, WHITE),
    "warn": (AMBER, BLACK),
    "unknown": (SLATE, WHITE),
    "ok": ("#E5E7EB", BLACK),
}
