"""The plot as a window on the desktop, by whatever GUI toolkit matplotlib finds."""

import asyncio
import os
from collections.abc import Callable

import matplotlib
from matplotlib import pyplot

from rig.plot_current.figure import DPI, SIZE, Picture
from rig.plot_current.logic.plotter import Redraw

PUMP_EVERY = 0.03  # s; how soon the window answers to the mouse


class Window:
    """A window that calls `on_closed` when the user closes it."""

    name = "a window"

    def __init__(self, picture: Picture, on_closed: Callable[[], None]) -> None:
        self._picture, self._on_closed = picture, on_closed
        self._canvas = picture.figure.canvas
        self._pumping = asyncio.create_task(self._pump())

    def show(self, redraw: Redraw, clock: str) -> None:
        self._picture.show(redraw, clock)
        self._canvas.draw_idle()

    async def close(self) -> None:
        self._pumping.cancel()
        pyplot.close(self._picture.figure)

    async def _pump(self) -> None:
        """The event loop is ours, so the toolkit gets its turn in it."""
        try:
            while pyplot.fignum_exists(self._picture.figure.number):
                self._canvas.flush_events()
                await asyncio.sleep(PUMP_EVERY)
        finally:  # also when the display is gone
            self._on_closed()


def open_window(bus: str, on_closed: Callable[[], None]) -> Window | None:
    """A window, or None where there is no display or no GUI toolkit."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return None
    with matplotlib.rc_context({"toolbar": "None"}):
        figure = pyplot.figure(figsize=SIZE, dpi=DPI)
    manager = figure.canvas.manager
    if figure.canvas.required_interactive_framework is None or manager is None:
        pyplot.close(figure)
        return None
    manager.set_window_title(f"rig plot: {bus}")
    picture = Picture(figure, bus)
    manager.show()
    return Window(picture, on_closed)
