"""What is drawn, when, and that nothing waits for it."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from rig.plot_current.drawing import Drawing, Worker
from rig.plot_current.logic.plotter import Redraw
from tests.event_loop import turn
from tests.plot_current import views
from tests.processes import PATIENCE

RUNNING, SILENT = views.redraw(), views.redraw(views.SILENT)


class Paper:
    """A screen that remembers, and takes as long as `takes` is not set."""

    name = "paper"

    def __init__(self) -> None:
        self.seen: list[Redraw] = []
        self.takes = asyncio.Event()
        self.takes.set()

    async def show(self, redraw: Redraw) -> None:
        await self.takes.wait()
        self.seen.append(redraw)

    async def close(self) -> None:
        return


async def turns() -> None:
    for _ in range(5):
        await turn()


async def test_all_screens_show_it() -> None:
    papers = Paper(), Paper()
    drawing = Drawing(papers)
    drawing.show(RUNNING)
    await turns()
    assert [paper.seen for paper in papers] == [[RUNNING], [RUNNING]]


async def test_while_one_is_drawn_only_the_newest_of_the_others_waits() -> None:
    paper = Paper()
    drawing = Drawing([paper])
    paper.takes.clear()
    drawing.show(RUNNING)
    await turns()
    for redraw in (SILENT, RUNNING, SILENT):
        drawing.show(redraw)
    paper.takes.set()
    await turns()
    assert paper.seen == [RUNNING, SILENT]


async def test_after_the_end_nothing_is_drawn() -> None:
    paper = Paper()
    drawing = Drawing([paper])
    drawing.show(RUNNING)
    await drawing.stop()
    await turns()
    assert paper.seen == []


async def test_a_defect_of_a_screen_ends_the_role() -> None:
    """The exception handler of the event loop does (rig/role/run.py)."""
    found: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, told: found.append(told["exception"])
    )
    paper = Paper()
    paper.show = None  # type: ignore[method-assign,assignment]
    Drawing([paper]).show(RUNNING)
    await turns()
    assert [type(each) for each in found] == [TypeError]


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    made = Worker()
    yield made
    made.close()


async def test_what_arrives_is_looked_at_while_something_is_drawn(worker: Worker) -> None:
    """The drawing ends only when 1000 events were looked at meanwhile, each in its own turn."""
    looked_at = 0
    all_seen = threading.Event()

    def look() -> None:
        nonlocal looked_at
        looked_at += 1
        if looked_at < 1000:
            asyncio.get_running_loop().call_soon(look)
        else:
            all_seen.set()

    drawing = asyncio.create_task(worker.do(lambda: all_seen.wait(PATIENCE)))
    look()
    assert await drawing
    assert looked_at == 1000


async def test_one_thing_is_drawn_at_a_time(worker: Worker) -> None:
    threads = await asyncio.gather(*(worker.do(threading.get_ident) for _ in range(8)))
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()
