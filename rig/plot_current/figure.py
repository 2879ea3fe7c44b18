"""The whole plot in one figure, for window and file: the worst verdict, numbers, chart and list."""

import textwrap
from collections.abc import Sequence
from itertools import zip_longest

from matplotlib.artist import Artist
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text

from rig.plot_current.chart import Box, Chart
from rig.plot_current.colours import BRIGHT, MOODS, STATES
from rig.plot_current.logic import words
from rig.plot_current.logic.plotter import Redraw
from rig.plot_current.logic.trace import View
from rig.plot_current.still import Still

WIDTH, HEIGHT = 1280, 720  # pixels of CSS, unless there are too many connectors for that

# All in pixels of CSS.
EDGE = 22
BAND_TOP, BAND_HIGH = 36, 46
OTHERS, OTHERS_TOP = 4, 102  # lines
LINE = 20
HEAD, HEAD_OF_MANY = 66, 30
ROWS = 4
COLUMNS = (0, 280, 370, 490, 550)  # of the list
LIST_HIGH = LINE * (ROWS + 1) + 12
EACH, ALL_ELSE = 94, 346  # the least for a connector, and for what is there once
TEXT = 14
PIXELS_OF_A_LETTER = 7.6  # of TEXT, on average


def least_size(connectors: int) -> tuple[int, int]:
    """In pixels of CSS, so that no axes touch and no words overlap."""
    return 900, ALL_ELSE + EACH * connectors


class Picture:
    """Drawn bright. `names` are those of the buses of the connectors 1, 2, ..."""

    def __init__(
        self, names: Sequence[str], size: tuple[int, int] = (WIDTH, HEIGHT), ratio: float = 1
    ) -> None:
        least_width, least_height = least_size(len(names))
        size = max(size[0], least_width), max(size[1], least_height)
        self.still = Still(*size, ratio)
        self.still.figure.set_facecolor(BRIGHT.paper)
        self.still.text(EDGE, 24, TEXT, color=BRIGHT.dim).set_text(", ".join(names))
        self._verdict = _Verdict(self.still)
        top = OTHERS_TOP + LINE * (OTHERS - 1) + 12
        head = HEAD if len(names) == 1 else HEAD_OF_MANY
        box = Box(0, top, size[0], size[1] - LIST_HIGH - top)
        self._chart = Chart(self.still, box, [""] * len(names), head, BRIGHT)
        self._heads = [
            _Head(self.still, top, head, number if len(names) > 1 else 0)
            for number, top in enumerate(self._chart.tops, 1)
        ]
        self._list = _List(self.still, size[1] - LIST_HIGH)
        self._said: object = None

    def draw(self, redraw: Redraw) -> None:
        """Draw this."""
        said = (redraw.verdicts, redraw.alarms, redraw.dropped, redraw.lost)
        if said != self._said:
            self._said = said
            self._verdict.show(redraw)
            self._list.show(redraw)
            self.still.change()
        for head, view in zip(self._heads, redraw.views, strict=True):
            head.show(view)
        self._chart.show(redraw)
        heads = [artist for head in self._heads for artist in head.moving]
        self.still.draw([*self._chart.moving, *heads])

    @property
    def texts(self) -> list[str]:
        """All that it says."""
        return [text.get_text() for text in self.still.figure.texts]


class _Verdict:
    """The worst in a band, the others below."""

    def __init__(self, still: Still) -> None:
        self._wide = int((still.width - 2 * EDGE) / PIXELS_OF_A_LETTER)
        self._band = FancyBboxPatch(
            (EDGE, still.height - BAND_TOP - BAND_HIGH),
            still.width - 2 * EDGE,
            BAND_HIGH,
            boxstyle="round,pad=0,rounding_size=9",
            transform=still.in_pixels,
            lw=0,
        )
        still.figure.add_artist(self._band)
        middle = BAND_TOP + BAND_HIGH / 2
        self._title = still.text(EDGE + 18, middle, 22, weight="bold", va="center")
        self._why = still.text(still.width - EDGE - 18, middle, 15, va="center", ha="right")
        self._others = [
            still.text(EDGE, OTHERS_TOP + LINE * n, TEXT, va="baseline", color=BRIGHT.ink)
            for n in range(OTHERS)
        ]

    def show(self, redraw: Redraw) -> None:
        head = words.headline(redraw)
        face, ink = STATES[head.state]
        self._band.set(facecolor=face)
        self._title.set(text=head.title, color=ink)
        room = self._wide - int(len(head.title) * 22 / TEXT) - 6
        self._why.set(text=textwrap.shorten(head.why, max(20, room), placeholder=" ..."), color=ink)
        for text, line in zip_longest(self._others, self._lines(redraw), fillvalue=""):
            assert isinstance(text, Text)
            text.set_text(line)

    def _lines(self, redraw: Redraw) -> list[str]:
        """What is not raised has its lines in any case; the alarms are in the list as well."""
        quiet = self._wrapped(words.quiet(redraw))
        if len(quiet) > OTHERS - 1:
            quiet = self._wrapped(words.quiet(redraw, brief=True))[-OTHERS:]
        raised = [textwrap.shorten(line, self._wide - 12) for line in words.others(redraw)]
        room = OTHERS - len(quiet)
        if room and len(raised) > room:
            raised[room - 1 :] = [f"{raised[room - 1]} ... {len(raised) - room} more"]
        return [*raised[:room], *quiet]

    def _wrapped(self, lines: list[str]) -> list[str]:
        return [part for line in lines for part in textwrap.wrap(line, self._wide)]


class _Head:
    """The numbers and the badge of a connector, above its axes."""

    def __init__(self, still: Still, bottom: float, high: float, number: int) -> None:
        large, small = (40, 24) if not number else (20, 16)
        base, left = bottom - (14 if not number else 9), EDGE + 30
        style = {"weight": "bold", "va": "baseline", "animated": True}
        name = still.text(left, base, 15, va="baseline", color=BRIGHT.ink)
        name.set_text(f"connector {number}" if number else "")
        left += 120 if number else 0
        self._current = still.text(left, base, large, color=BRIGHT.current, **style)
        self._limit = still.text(left + 250, base, small, color=BRIGHT.ink, **style)
        self._target = still.text(left + 450, base, small, color=BRIGHT.target, **style)
        self._badge = still.text(
            still.width - EDGE - 10,
            base - small * 0.36,
            small * 0.8,
            ha="right",
            weight="bold",
            va="center",
            animated=True,
            bbox={"boxstyle": "round,pad=0.4,rounding_size=0.35", "linewidth": 0},
        )
        self.moving: list[Artist] = [self._current, self._limit, self._target, self._badge]

    def show(self, view: View) -> None:
        self._current.set_text(words.amps(view.current))
        self._limit.set_text(f"limit {words.amps(view.limit)}")
        self._target.set_text(f"target {words.amps(view.target)}")
        text, mood = words.badge(view)
        face, ink = MOODS[mood]
        self._badge.set(text=text, color=ink)
        box = self._badge.get_bbox_patch()
        assert box is not None
        box.set(facecolor=face)


class _List:
    """The newest alarms, each in a row of columns."""

    def __init__(self, still: Still, top: float) -> None:
        self._wide = int((still.width - 2 * EDGE - COLUMNS[-1]) / PIXELS_OF_A_LETTER)
        self._rows = [
            [
                still.text(EDGE + left, top + LINE * (row + 1), TEXT, va="baseline")
                for left in COLUMNS
            ]
            for row in range(ROWS + 1)
        ]

    def show(self, redraw: Redraw) -> None:
        shown = redraw.alarms[: ROWS if len(redraw.alarms) <= ROWS else ROWS - 1]
        rows = [words.row(alarm, len(redraw.views)) for alarm in shown]
        head = ("alarms", "since", "until", "count", "why") if rows else ("no alarms in the list",)
        self._fill(0, head, BRIGHT.dim)
        for number in range(ROWS):
            stands = number < len(shown) and shown[number].stands
            row = rows[number] if number < len(rows) else ()
            self._fill(number + 1, row, BRIGHT.alarm if stands else BRIGHT.ink)
        if more := words.left_out(redraw, len(shown)):
            self._fill(ROWS, (f"... {more}",), BRIGHT.dim)

    def _fill(self, number: int, words_of_row: Sequence[str], colour: str) -> None:
        for text, word in zip_longest(self._rows[number], words_of_row, fillvalue=""):
            assert isinstance(text, Text)
            text.set(text=textwrap.shorten(word, self._wide, placeholder=" ..."), color=colour)
