"""What the page of the plot costs: eight viewers against one, and a redraw against a full drawing.

The viewers have screens of one size, as tabs on one desk do; what they take is thrown away. The
redraw is that of the chart of the page with its picture as a file, as each second has it; a full
one draws axes, grid, labels and legend as well.
"""

import asyncio
import json
import math
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from websockets.asyncio.client import ClientConnection, connect

from rig.plot_current.logic.page_content import ChartSize
from rig.plot_current.logic.plotter import Redraw
from rig.plot_current.logic.trace import View
from rig.plot_current.page_chart import PageChart
from scripts.bench.programs import Program, rig, stay_beside
from scripts.bench.table import Row, compare

MANY = 8
MOST, MOST_REDRAW = 1.5, 0.5  # gates
SIZE = ChartSize(width=1280, height=480, ratio=1.0, is_dark=False)
WARM = 3  # pictures until the measuring begins
EMBEDDED = [*rig("charger")[:2], "rig.bus.embedded"]


def viewers(seconds: int, slices: int, redraws: int) -> list[Row]:
    """The rows: CPU of the plot over so many pictures, one a second, and of so many redraws."""
    stay_beside()
    with TemporaryDirectory(prefix="rig-bench-") as folder:
        row = asyncio.run(_viewers(Path(folder), seconds, slices))
    return [row, _redraw(redraws, slices)]


async def _viewers(folder: Path, seconds: int, slices: int) -> Row:
    with ExitStack() as stack:

        def start(name: str, command: list[str]) -> Program:
            (folder / name).mkdir()
            return stack.enter_context(Program(command, folder / name))

        bus = ["-i", "remote", "-c", start("bus", EMBEDDED).find(r"(ws://\S+)")]
        start("charger", rig("charger", *bus))
        plot = start("plot", rig("plot", *bus, "--web", "0"))
        page = plot.find(r"plot = http(://\S+)")
        pairs = [
            (await _cost(plot, page, MANY, seconds), await _cost(plot, page, 1, seconds))
            for _ in range(slices)
        ]
    what = f"plot: {MANY} viewers of the page against one"
    return compare(what, "ms CPU/s", pairs, most=MOST)


async def _cost(plot: Program, page: str, count: int, seconds: int) -> float:
    """ms of CPU a second while so many look."""
    async with AsyncExitStack() as stack:
        tabs = [await stack.enter_async_context(_tab(page)) for _ in range(count)]
        for tab in tabs:
            await tab.send(json.dumps({"type": "size", "dark": SIZE.is_dark} | _measures()))
        await _look(tabs, WARM)
        before = plot.cpu
        await _look(tabs, seconds)
        return (plot.cpu - before) / seconds * 1e3


def _measures() -> dict[str, float]:
    return {"width": SIZE.width, "height": SIZE.height, "ratio": SIZE.ratio}


def _tab(page: str) -> connect:
    return connect(f"ws{page}socket", max_size=None, compression=None)


async def _look(tabs: list[ClientConnection], pictures: int) -> None:
    """Until each has got so many, of which there is one a second."""
    await asyncio.gather(*(_take(tab, pictures) for tab in tabs))


async def _take(tab: ClientConnection, pictures: int) -> None:
    while pictures:
        pictures -= isinstance(await tab.recv(), bytes)


def _redraw(redraws: int, slices: int) -> Row:
    chart, shown = PageChart(SIZE, ["vcan0"]), _minute()
    chart.png(shown)

    def full() -> None:
        chart.still.change()
        chart.png(shown)

    pairs = [(_cpu(lambda: chart.png(shown), redraws), _cpu(full, redraws)) for _ in range(slices)]
    return compare("plot: a redraw against a full drawing", "ms CPU", pairs, most=MOST_REDRAW)


def _cpu(work: Callable[[], object], times: int) -> float:
    before = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - before) / times * 1e3


def _minute() -> Redraw:
    """A minute of a charger that follows its limit, with a gap and an alarm."""
    currents = [(float(age), 16 + 10 * math.sin(age / 4)) for age in range(-60, 1)]
    currents[20] = (-40.0, math.nan)
    steps = [(-60.0, 32.0), (-30.0, 16.0), (-10.0, 32.0), (0.0, 32.0)]
    view = View("running", False, True, 16.0, 32.0, 32.0, currents, steps, steps, [(-41.0, -39.0)])
    return Redraw(1e9, (view,), ([(-20.0, -5.0)],), (), ())
