"""What the chart shows, as lines and areas of plain points: (s before now, A)."""

import math
from collections.abc import Iterable
from itertools import pairwise

from rig.plot_current.logic.alarms import Span
from rig.plot_current.logic.trace import Line, View

TOPS = (20, 40, 50, 80, 125, 160, 250, 400, 600)  # A, where the axis may end
MOST_COMMANDED = 500.0  # A, more than any car takes: "no limit" must not flatten the line

Polygon = list[tuple[float, float]]


def axis_top(view: View) -> float:
    """Where the axis ends (A): above all that is shown, in steps, so that it stands still."""
    commanded = [min(amps, MOST_COMMANDED) for _, amps in view.limits + view.targets]
    levels = [*commanded, *(amps for _, amps in view.currents)]
    need = 1.08 * max((amps for amps in levels if not math.isnan(amps)), default=0.0)
    return next((float(top) for top in TOPS if top >= need), math.ceil(need / 1000) * 1000.0)


def areas_below(steps: Line) -> list[Polygon]:
    """What is below a line of steps: a rectangle for each; none where it is not known or 0."""
    return [
        _rectangle(begin, end, 0.0, amps)
        for (begin, amps), (end, _) in pairwise(steps)
        if amps > 0 and end > begin
    ]


def bars(spans: Iterable[Span], bottom: float, top: float, least: float = 0.0) -> list[Polygon]:
    """One for each span, at least so long (s) that it is seen."""
    return [_rectangle(min(begin, end - least), end, bottom, top) for begin, end in spans]


def _rectangle(left: float, right: float, bottom: float, top: float) -> Polygon:
    return [(left, bottom), (left, top), (right, top), (right, bottom)]
