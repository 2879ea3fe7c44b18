"""The chart as the page shows it, in one size, bright or dark."""

from collections.abc import Sequence

from rig.plot_current.chart import Box, Chart
from rig.plot_current.colours import BRIGHT, DARK
from rig.plot_current.logic.page_content import ChartSize, heads
from rig.plot_current.logic.plotter import Redraw
from rig.plot_current.still import Still

HEAD = 20  # pixels of CSS above each axes, for the name of its connector


class PageChart:
    """Drawn for all browsers that show it in this size."""

    def __init__(self, size: ChartSize, buses: Sequence[str]) -> None:
        colours = DARK if size.is_dark else BRIGHT
        self.still = Still(size.width, size.height, size.ratio)
        self.still.figure.set_facecolor(colours.paper)
        box = Box(0, 0, size.width, size.height)
        head = HEAD if len(buses) > 1 else 0
        self._chart = Chart(self.still, box, heads(buses), head, colours)

    def png(self, redraw: Redraw) -> bytes:
        """The picture of this."""
        self._chart.show(redraw)
        self.still.draw(self._chart.moving)
        return self.still.png()
