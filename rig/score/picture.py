"""The score as a picture: what each detector found of each kind, and one session as it went."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from rig.score.logic.figures import OfKind, Score
from rig.score.logic.judged import Judged

# All in inches. AROUND: what axes have above and below their rows.
WIDTH, ROW, AROUND = 12.0, 0.27, 1.2
EDGE = 0.12
DPI = 100
INK, PAPER, DIM = "#111827", "#FFFFFF", "#4B5563"
ANOMALY, ALARM = "#F5C57A", "#B3001B"
# One hue, from light to dark, so that it is read without seeing colours.
SHADES = LinearSegmentedColormap.from_list("recall", [PAPER, "#08457E"])


def draw(score: Score, session: Judged, path: Path) -> None:
    """Write it as a PNG file. Raises OSError if that cannot be written."""
    rows = len(score.kinds), len(session.alarms)
    heights = [ROW * max(each, 1) + AROUND for each in rows]
    figure = Figure(
        (WIDTH, sum(heights)),
        DPI,
        facecolor=PAPER,
        layout=ConstrainedLayoutEngine(w_pad=EDGE, h_pad=EDGE),
    )
    matrix, timeline = figure.subplots(2, 1, height_ratios=heights)
    _draw_matrix(matrix, score)
    _draw_timeline(timeline, session)
    FigureCanvasAgg(figure).print_png(str(path))


def shade(recall: float) -> tuple[float, float, float]:
    """The colour of a recall: red, green and blue from 0 to 1."""
    red, green, blue, _ = SHADES(recall)
    return red, green, blue


def ink(recall: float) -> str:
    """The colour of a number on that shade. tests/score/test_picture.py has its contrast."""
    return PAPER if recall > 0.65 else INK


def _draw_matrix(axes: Axes, score: Score) -> None:
    names = ("all", *score.detectors)
    axes.set_title("event recall by kind and detector, no point adjustment", loc="left", color=INK)
    for row, kind in enumerate(score.kinds):
        for column, recall in enumerate(_recalls(kind, score.detectors)):
            _draw_cell(axes, column, row, recall)
    axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(score.kinds) - 0.5, -0.5))
    axes.axvline(0.5, color=INK, lw=2)
    axes.set_xticks(range(len(names)), names, rotation=25, ha="left", rotation_mode="anchor")
    axes.set_yticks(
        range(len(score.kinds)), [f"{each.kind} ({each.events})" for each in score.kinds]
    )
    axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0)


def _recalls(kind: OfKind, detectors: tuple[str, ...]) -> list[float]:
    return [kind.recall, *map(kind.recall_by, detectors)]


def _draw_cell(axes: Axes, column: int, row: int, recall: float) -> None:
    axes.fill_between(
        [column - 0.5, column + 0.5], row - 0.5, row + 0.5, color=shade(recall), ec=PAPER, lw=1
    )
    text = f"{recall:.2f}" if recall else "0"
    axes.text(column, row, text, color=ink(recall), size=10, ha="center", va="center")


def _draw_timeline(axes: Axes, session: Judged) -> None:
    axes.set_title(f"{session.kind}, seed {session.seed}", loc="left", color=INK)
    for label in session.labels:
        axes.axvspan(label.start, label.end, color=ANOMALY, lw=0, label="anomaly")
        axes.axvspan(
            label.end, label.recovered, fc="none", ec=DIM, hatch="///", lw=0, label="its effect"
        )
    for row, spans in enumerate(session.alarms.values()):
        bars = [(start, end - start) for start, end in spans]
        # Its edge keeps an alarm of a moment to be seen.
        axes.broken_barh(bars, (row - 0.3, 0.6), color=ALARM, lw=1.5, label="alarm")
    axes.set_yticks(range(len(session.alarms)), list(session.alarms))
    axes.set(xlim=(0, session.length), ylim=(len(session.alarms) - 0.5, -0.5), xlabel="s")
    _draw_legend(axes)


def _draw_legend(axes: Axes) -> None:
    """Each word once."""
    handles, words = axes.get_legend_handles_labels()
    once = dict(zip(words, handles, strict=True))
    axes.legend(
        once.values(), once, loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False
    )
