"""The chart: current against what is allowed in the last minute, one axes for each connector."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from rig.plot_current.colours import Colours
from rig.plot_current.logic.alarms import Span
from rig.plot_current.logic.plotter import Redraw
from rig.plot_current.logic.shapes import Polygon, areas_below, axis_top, bars
from rig.plot_current.logic.trace import WINDOW, Line, View
from rig.plot_current.logic.words import clock
from rig.plot_current.still import Still, points

# All in pixels of CSS.
LEFT, RIGHT, TOP, BOTTOM, BETWEEN = 52, 18, 6, 52, 18  # around the axes, and between two
ENTRY, ENTRY_HIGH = 132, 20  # of the legend
TEXT = 13
MARK = 9  # high: an alarm, below the axis
LEAST = 0.3  # s; how long the mark of a short alarm is at least, or it would not be seen
MARKED_UP_TO = 150  # points; more would hide the line


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the figure, from its upper left corner."""

    left: float
    top: float
    width: float
    height: float


class Chart:
    """In a box of a figure. `head`: what is left free above each axes, which begin at `tops`."""

    def __init__(
        self, still: Still, box: Box, heads: Sequence[str], head: float, colours: Colours
    ) -> None:
        self._still, self._colours = still, colours
        columns = max(1, int((box.width - LEFT - RIGHT) // ENTRY))
        high = TOP + ENTRY_HIGH * -(-len(ENTRIES) // columns)
        each = (box.height - high - BOTTOM - BETWEEN * (len(heads) - 1)) / len(heads)
        self._plots: list[_Plot] = []
        self.tops: list[float] = []
        for number, name in enumerate(heads):
            top = box.top + high + number * (each + BETWEEN) + head
            within = Box(box.left + LEFT, top, box.width - LEFT - RIGHT, max(24.0, each - head))
            self._plots.append(_Plot(still, within, name, colours))
            self.tops.append(top)
        last = self._plots[-1].axes
        last.tick_params(labelbottom=True)
        self._clock = _clock(still, box, colours)
        self._legend(box, columns)

    @property
    def moving(self) -> list[Artist]:
        """What is drawn each time."""
        return [*(artist for plot in self._plots for artist in plot.moving), self._clock]

    def show(self, redraw: Redraw) -> None:
        """Change it to this."""
        for plot, view, marks in zip(self._plots, redraw.views, redraw.marks, strict=True):
            plot.show(view, marks)
        self._clock.set_text(f"seconds before {clock(redraw.at)}")

    def _legend(self, box: Box, columns: int) -> None:
        still, colours = self._still, self._colours
        legend = Legend(
            still.figure,
            self._plots[0].handles,
            ENTRIES,
            loc="upper left",
            bbox_to_anchor=(box.left + LEFT - 4, still.height - box.top - TOP),
            bbox_transform=still.in_pixels,
            ncols=columns,
            frameon=False,
            borderaxespad=0,
            borderpad=0,
            handlelength=1.8,
            handletextpad=0.5,
            columnspacing=1.2,
            labelcolor=colours.dim,
            fontsize=points(TEXT),
        )
        still.figure.add_artist(legend)


ENTRIES = ("current", "target (allowed)", "limit", "alarm", "nothing heard")


class _Plot:
    """One axes."""

    def __init__(self, still: Still, box: Box, name: str, colours: Colours) -> None:
        self._still = still
        self.axes = _axes(still, box, colours)
        self._top = 0.0
        self._mark = MARK / box.height
        self._allowed = self._area(facecolor=colours.allowed, linewidth=0)
        self._gaps = self._area(
            facecolor=colours.faint, edgecolor=colours.gap, hatch="////", linewidth=0
        )
        self._limit = self._line(color=colours.limit, lw=1.6, drawstyle="steps-post")
        self._target = self._line(
            color=colours.target, lw=2, ls=(0, (4, 2)), drawstyle="steps-post"
        )
        self._current = self._line(color=colours.current, lw=2.6, ms=3, solid_joinstyle="round")
        self._tip = self._line(color=colours.current, marker="o", ms=8, clip_on=False)
        self._marks = self._area(
            facecolor=colours.alarm,
            linewidth=0,
            transform=self.axes.get_xaxis_transform(),
            clip_on=False,
        )
        if name:
            self.axes.set_title(
                name, loc="left", color=colours.ink, size=points(TEXT), pad=3, parse_math=False
            )

    @property
    def moving(self) -> list[Artist]:
        """From the lowest to the uppermost."""
        lines = [self._limit, self._target, self._current, self._tip]
        return [self._allowed, self._gaps, *lines, self._marks]

    @property
    def handles(self) -> list[Artist]:
        """What the legend shows, in the order of ENTRIES."""
        return [self._current, self._target, self._limit, self._marks, self._gaps]

    def show(self, view: View, marks: Sequence[Span]) -> None:
        self._scale(axis_top(view))
        _set_line(self._limit, view.limits)
        _set_line(self._target, view.targets)
        _set_line(self._current, view.currents)
        self._current.set_marker("o" if len(view.currents) <= MARKED_UP_TO else "")
        _set_line(self._tip, [] if view.current is None else view.currents[-1:])
        _set_area(self._allowed, areas_below(view.targets))
        _set_area(self._gaps, bars(view.gaps, 0.0, self._top))
        _set_area(self._marks, bars(marks, -self._mark, 0.0, LEAST))

    def _scale(self, top: float) -> None:
        if top != self._top:
            self._top = top
            self.axes.set_ylim(0, top)
            self._still.change()

    def _line(self, **style: Any) -> Line2D:
        (line,) = self.axes.plot([], [], animated=True, **style)
        return line

    def _area(self, **style: Any) -> PolyCollection:
        area = PolyCollection([], animated=True, **style)
        self.axes.add_collection(area, autolim=False)
        return area


def _set_line(drawn: Line2D, line: Line) -> None:
    drawn.set_data([age for age, _ in line], [amps for _, amps in line])


def _set_area(drawn: PolyCollection, polygons: list[Polygon]) -> None:
    drawn.set_verts(polygons)


def _axes(still: Still, box: Box, colours: Colours) -> Axes:
    bottom = 1 - (box.top + box.height) / still.height
    size = (box.width / still.width, box.height / still.height)
    axes = still.figure.add_axes((box.left / still.width, bottom, *size), facecolor=colours.paper)
    axes.set_xlim(-WINDOW, 0)
    axes.yaxis.set_major_locator(_few(box.height))
    axes.yaxis.set_major_formatter("{x:g} A")
    axes.grid(color=colours.faint, lw=0.9)
    axes.set_axisbelow(True)
    axes.tick_params(
        colors=colours.dim,
        labelsize=points(TEXT),
        length=0,
        pad=points(MARK + 3),
        labelbottom=False,
    )
    axes.tick_params(axis="y", pad=points(4))
    for name, spine in axes.spines.items():
        spine.set(visible=name == "bottom", color=colours.dim)
    return axes


def _clock(still: Still, box: Box, colours: Colours) -> Text:
    middle, bottom = box.left + (LEFT + box.width - RIGHT) / 2, box.top + box.height - 4
    style = {"color": colours.dim, "ha": "center", "va": "bottom"}
    return still.text(middle, bottom, TEXT, animated=True, **style)


def _few(height: float) -> MaxNLocator:
    """So many numbers at the axis that they do not touch."""
    return MaxNLocator(max(1, min(7, int(height // 32))), steps=[1, 2, 2.5, 5, 10])
