"""What is drawn, and when."""

import re

from rig.plot_current.drawing import Drawing
from rig.plot_current.logic.plotter import Redraw
from tests.event_loop import turn
from tests.plot_current import test_figure
from tests.plot_current.test_figure import CALM

RUNNING, SILENT = (Redraw(view, CALM) for view in (test_figure.RUNNING, test_figure.SILENT))


class Paper:
    """A screen that remembers."""

    name = "paper"

    def __init__(self) -> None:
        self.seen: list[Redraw] = []
        self.clock = ""

    def show(self, redraw: Redraw, clock: str) -> None:
        self.seen.append(redraw)
        self.clock = clock

    async def close(self) -> None:
        return


async def test_nothing_is_drawn_before_all_that_has_arrived_was_looked_at_then_the_newest() -> None:
    papers = Paper(), Paper()
    drawing = Drawing(papers)
    drawing.show(RUNNING)
    drawing.show(SILENT)
    assert papers[0].seen == []
    await turn()
    assert [paper.seen for paper in papers] == [[SILENT], [SILENT]]
    drawing.show(RUNNING)
    await turn()
    assert papers[1].seen == [SILENT, RUNNING]


async def test_after_the_end_nothing_is_drawn() -> None:
    paper = Paper()
    drawing = Drawing([paper])
    drawing.show(RUNNING)
    drawing.stop()
    await turn()
    assert paper.seen == []


async def test_what_is_to_be_known_is_said_beside_the_time_of_day() -> None:
    paper = Paper()
    Drawing([paper], " (started again)").show(RUNNING)
    await turn()
    assert re.fullmatch(r"\d\d:\d\d:\d\d \(started again\)", paper.clock)
