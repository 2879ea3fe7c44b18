"""The figure of the plot, drawn with matplotlib: numbers and state above, the last minute below.

The colours are Okabe and Ito's, which colour-blind people tell apart; none carries a meaning that
a word beside it does not say too.
"""

import math

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text

from rig.detect.verdict import State, Verdict
from rig.plot_current.logic.plotter import Redraw
from rig.plot_current.logic.trace import WINDOW, Shown, View

SIZE = (12.8, 7.2)  # inches
DPI = 100

BLUE, ORANGE, GREEN, AMBER, RED = "#0072B2", "#D55E00", "#007F5F", "#E69F00", "#B3001B"
INK, DIM, GREY, FAINT, PAPER = "#111827", "#6B7280", "#9CA3AF", "#E5E7EB", "#FFFFFF"

LEFT, RIGHT = 0.055, 0.965  # of the figure's width, both edges of everything
TOPS = (20, 40, 50, 80, 125, 160, 250, 400, 600)  # A, where the axis may end
MOST_COMMANDED = 500.0  # A, more than any car takes: "no limit" must not flatten the line

# face, edge and text of the badge
BADGES: dict[Shown, tuple[str, str, str]] = {
    "running": (GREEN, GREEN, PAPER),
    "stopped": (PAPER, INK, INK),
    "unknown": (FAINT, FAINT, DIM),
    "charger silent": (AMBER, AMBER, INK),
    "bus down": (DIM, DIM, PAPER),
}

BANDS: dict[State, tuple[str, str, str]] = {  # of the verdict
    "alarm": (RED, RED, PAPER),
    "warn": (AMBER, AMBER, INK),
    "ok": (PAPER, FAINT, DIM),
    "unknown": (PAPER, FAINT, DIM),
}


class Picture:
    """One figure and what changes in it. `bus` names the bus for people."""

    def __init__(self, figure: Figure, bus: str) -> None:
        self.figure = figure
        figure.set_facecolor(PAPER)
        self._current = _number(figure, LEFT, "current", 44)
        self._limit = _number(figure, 0.31, "limit", 26)
        self._target = _number(figure, 0.45, "target", 26)
        self._badge = _badge(figure)
        figure.text(RIGHT, 0.935, bus, color=DIM, size=12, ha="right", va="baseline")
        self._band = _band(figure)
        self._headline = figure.text(LEFT + 0.016, 0.7475, "", size=15, weight="bold", va="center")
        self._why = figure.text(
            RIGHT - 0.016, 0.7475, "", size=12, va="center", ha="right", parse_math=False
        )
        self._axes = _axes(figure)
        (self._limits,) = self._axes.plot([], [], color=GREY, lw=1.4, drawstyle="steps-post")
        (self._targets,) = self._axes.plot(
            [], [], color=ORANGE, lw=1.8, ls=(0, (4, 2)), drawstyle="steps-post"
        )
        (self._currents,) = self._axes.plot(
            [], [], color=BLUE, lw=2.6, marker="o", ms=3, solid_joinstyle="round"
        )
        (self._tip,) = self._axes.plot([], [], color=BLUE, marker="o", ms=9, clip_on=False)
        self._areas: list[Artist] = []
        self._legend()

    def show(self, redraw: Redraw, clock: str) -> None:
        """Change the figure to this; `clock` is the time of day at its right edge."""
        view = redraw.view
        self._show_numbers(view)
        self._show_verdict(redraw.verdict, blind=view.current is None)
        self._show_lines(view)
        self._axes.set_xlabel(f"seconds before {clock}", color=DIM, size=11, labelpad=6)

    def _show_numbers(self, view: View) -> None:
        for text, amps, color in (
            (self._current, view.current, BLUE),
            (self._limit, view.limit, INK),
            (self._target, view.target, ORANGE),
        ):
            text.set_text("—" if amps is None else f"{amps:.0f} A")
            text.set_color(DIM if amps is None else color)
        face, edge, ink = BADGES[view.state]
        state = view.state.upper()
        if view.is_over and view.current is not None:
            face, edge, ink = RED, RED, PAPER
            state = f"{state}, {view.current:.0f} A FLOWS"
        self._badge.set(text=state, color=ink)
        box = self._badge.get_bbox_patch()
        assert box is not None
        box.set(facecolor=face, edgecolor=edge)

    def _show_verdict(self, verdict: Verdict, blind: bool) -> None:
        face, edge, ink = BANDS[verdict.state]
        rule = verdict.detector.replace("_", " ")
        self._band.set(facecolor=face, edgecolor=edge)
        headline = {
            "alarm": f"ALARM: {rule}",
            "warn": f"WARNING: {rule}",
            "ok": f"no {rule}" + " in the commands" * blind,
            "unknown": f"{rule}: unknown",
        }
        self._headline.set(text=headline[verdict.state], color=ink)
        self._why.set(text=verdict.why if verdict.state != "ok" else "", color=ink)

    def _show_lines(self, view: View) -> None:
        for line, points in (
            (self._limits, view.limits),
            (self._targets, view.targets),
            (self._currents, view.currents),
            (self._tip, [] if view.current is None else view.currents[-1:]),
        ):
            line.set_data([age for age, _ in points], [amps for _, amps in points])
        for area in self._areas:
            area.remove()
        ages, amps = self._currents.get_data()
        self._areas = [
            self._axes.fill_between(ages, amps, color=BLUE, alpha=0.14, lw=0),
            *(_shade(self._axes, gap) for gap in view.gaps),
        ]
        self._axes.set_ylim(0, axis_top(view))

    def _legend(self) -> None:
        self._axes.legend(
            [self._currents, self._targets, self._limits],
            ["current", "target", "limit"],
            loc="lower left",
            bbox_to_anchor=(0.0, 1.0),
            ncols=3,
            frameon=False,
            borderaxespad=0.2,
            borderpad=0.2,
            labelcolor=DIM,
            fontsize=11,
        )


def axis_top(view: View) -> float:
    """Where the axis ends (A): above all that is shown, in steps, so that it stands still."""
    commanded = [min(amps, MOST_COMMANDED) for _, amps in view.limits + view.targets]
    levels = [*commanded, *(amps for _, amps in view.currents)]
    need = 1.08 * max((amps for amps in levels if not math.isnan(amps)), default=0.0)
    return next((float(top) for top in TOPS if top >= need), math.ceil(need / 1000) * 1000.0)


def _number(figure: Figure, x: float, name: str, size: int) -> Text:
    figure.text(x, 0.935, name, color=DIM, size=12, va="baseline")
    return figure.text(x, 0.835, "—", size=size, weight="bold", va="baseline")


def _badge(figure: Figure) -> Text:
    box = {"boxstyle": "round,pad=0.45,rounding_size=0.35", "linewidth": 1.6}
    return figure.text(
        RIGHT - 0.012, 0.868, "", size=19, weight="bold", ha="right", va="center", bbox=box
    )


def _band(figure: Figure) -> FancyBboxPatch:
    band = FancyBboxPatch(
        (LEFT, 0.715),
        RIGHT - LEFT,
        0.065,
        boxstyle="round,pad=0,rounding_size=0.008",
        mutation_aspect=SIZE[0] / SIZE[1],
        transform=figure.transFigure,
        lw=1.2,
    )
    figure.add_artist(band)
    return band


def _axes(figure: Figure) -> Axes:
    axes = figure.add_axes((LEFT, 0.1, RIGHT - LEFT, 0.55))
    axes.set_xlim(-WINDOW, 0)
    axes.set_ylabel("A", color=DIM, size=12, rotation=0, labelpad=12)
    axes.grid(color=FAINT, lw=0.9)
    axes.set_axisbelow(True)
    axes.tick_params(colors=DIM, labelsize=11, length=0, pad=6)
    for name, spine in axes.spines.items():
        spine.set(visible=name == "bottom", color=DIM)
    return axes


def _shade(axes: Axes, gap: tuple[float, float]) -> Artist:
    """A time in which nothing was heard."""
    return axes.axvspan(*gap, facecolor=FAINT, edgecolor=GREY, hatch="///", lw=0, alpha=0.7)
