"""Draws the plot beside the event loop: what arrives meanwhile is looked at.

A drawing may take longer than a second, as on a small computer: then the newest view is drawn, and
nothing waits for those in between.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from rig.plot_current.logic.plotter import Redraw
from rig.role.closing import cancel

T = TypeVar("T")


class Worker:
    """The one thread in which all is drawn, since matplotlib is not made for several."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "drawing")

    async def do(self, work: Callable[[], T]) -> T:
        """Do this there, after what was to be done before."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def close(self) -> None:
        """Wait for what is being done; the rest is left out."""
        self._thread.shutdown(cancel_futures=True)


class Screen(Protocol):
    """Where the plot is seen: a window, a page, a file."""

    name: str

    async def show(self, redraw: Redraw) -> None: ...

    async def close(self) -> None: ...


class Drawing:
    """On several screens, one after the other."""

    def __init__(self, screens: Sequence[Screen]) -> None:
        self._screens = screens
        self._waiting: Redraw | None = None
        self._drawing: asyncio.Task[None] | None = None

    def show(self, redraw: Redraw) -> None:
        """Draw this soon, unless a newer one comes before."""
        self._waiting = redraw
        if self._drawing is None or self._drawing.done():
            self._drawing = asyncio.create_task(self._draw())
            self._drawing.add_done_callback(raise_defect)

    async def stop(self) -> None:
        """Draw nothing more."""
        self._waiting = None
        if self._drawing:
            await cancel(self._drawing)

    async def _draw(self) -> None:
        while redraw := self._waiting:
            self._waiting = None
            for screen in self._screens:
                await screen.show(redraw)


def raise_defect(task: "asyncio.Task[None]") -> None:
    """A plot that stands still would look healthy: the role ends instead (rig/role/run.py)."""
    if not task.cancelled():
        task.result()
