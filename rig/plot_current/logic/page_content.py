"""What the page shows besides the chart, as JSON for its script; and what it may ask for."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rig.plot_current.logic import words
from rig.plot_current.logic.plotter import Acknowledge, Redraw

# Of a chart, so that no browser can ask for gigabytes: pixels of CSS, and of the screen.
NARROWEST, SHORTEST, LONGEST = 240, 120, 6000
RATIOS = (0.5, 4.0)
PIXELS = 3840 * 2160  # in all; more are drawn coarser


@dataclass(frozen=True, slots=True)
class ChartSize:
    """Of the chart in a browser: pixels of CSS, each of `ratio` pixels of its screen."""

    width: int
    height: int
    ratio: float
    is_dark: bool


def asked(message: object) -> ChartSize | Acknowledge | None:
    """What a browser asks for; None for what is none of our messages."""
    match message:
        case {
            "type": "size",
            "width": int() | float() as width,
            "height": int() | float() as height,
            "ratio": int() | float() as ratio,
            "dark": bool() as is_dark,
        } if all(abs(number) < math.inf for number in (width, height, ratio)):  # nor is it NaN
            return _sized(width, height, ratio, is_dark)
        case {"type": "acknowledge", "seen": int() | float() as seen}:
            return Acknowledge(seen)
    return None


def _sized(width: float, height: float, ratio: float, is_dark: bool) -> ChartSize:
    wide = round(min(max(width, NARROWEST), LONGEST))
    high = round(min(max(height, SHORTEST), LONGEST))
    finest = min(RATIOS[1], math.sqrt(PIXELS / (wide * high)))
    return ChartSize(wide, high, min(max(ratio, RATIOS[0]), finest), is_dark)


def content(redraw: Redraw, buses: Sequence[str]) -> dict[str, object]:
    """All that it says in words; `seen` is what its button acknowledges."""
    head, connectors = words.headline(redraw), len(buses)
    views = zip(redraw.views, heads(buses), strict=True)
    return {
        "title": words.title(redraw, ", ".join(buses)),
        "seen": redraw.at,
        "state": head.state,
        "headline": head.title,
        "why": head.why,
        "others": words.others(redraw),
        "quiet": words.quiet(redraw),
        "connectors": [
            {
                "name": name,
                "current": words.amps(view.current),
                "limit": words.amps(view.limit),
                "target": words.amps(view.target),
                "badge": words.badge(view)[0],
                "mood": words.badge(view)[1],
            }
            for view, name in views
        ],
        "alarms": [
            {"cells": words.row(alarm, connectors), "stands": alarm.stands}
            for alarm in redraw.alarms
        ],
        "dropped": words.dropped(redraw.dropped),
        "label": label(redraw),
    }


def heads(buses: Sequence[str]) -> list[str]:
    """What stands above the axes of each connector: nothing where there is one only."""
    if len(buses) == 1:
        return [""]
    return [f"connector {number}, {bus}" for number, bus in enumerate(buses, 1)]


def label(redraw: Redraw) -> str:
    """The chart for who does not see it."""
    head = words.headline(redraw)
    badges = "; ".join(words.badge(view)[0] for view in redraw.views)
    return f"{head.title}. Current, target and limit of the last minute. {badges}"
