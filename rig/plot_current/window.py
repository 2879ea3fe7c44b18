"""The plot as a window on the desktop, by whatever GUI toolkit matplotlib finds.

It shows a picture that was drawn beside the event loop, so that the toolkit only copies pixels.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib import pyplot
from numpy.typing import NDArray

from rig.plot_current.drawing import Worker
from rig.plot_current.figure import HEIGHT, WIDTH, Picture
from rig.plot_current.logic import words
from rig.plot_current.logic.plotter import Acknowledge, Redraw
from rig.plot_current.still import DPI

PUMP_EVERY = 0.03  # s; how soon the window answers to the mouse
ACKNOWLEDGE = "a"  # the key


class Window:
    """A window that calls `on_closed` when the user closes it, and `on_acknowledge` at a key."""

    name = f"a window (key {ACKNOWLEDGE}: acknowledge the alarms)"

    def __init__(
        self,
        figure: Any,
        buses: Sequence[str],
        worker: Worker,
        on_closed: Callable[[], None],
        on_acknowledge: Callable[[Acknowledge], None],
    ) -> None:
        self._figure, self._canvas = figure, figure.canvas
        self._buses, self._worker = buses, worker
        self._on_closed, self._on_acknowledge = on_closed, on_acknowledge
        self._picture, self._asked = Picture(buses), ((WIDTH, HEIGHT), 1.0)
        self._image = figure.figimage(np.full((1, 1, 4), 255, np.uint8))  # white, until drawn
        self._shown: Redraw | None = None
        self._canvas.mpl_connect("key_press_event", self._on_key)
        self._pumping = asyncio.create_task(self._pump())

    async def show(self, redraw: Redraw) -> None:
        size, ratio = self._size()
        pixels = await self._worker.do(lambda: self._draw(size, ratio, redraw))
        self._image.set_data(pixels)
        self._image.oy = self._canvas.get_width_height(physical=True)[1] - len(pixels)  # its top
        self._shown = redraw
        if self._canvas.manager:
            self._canvas.manager.set_window_title(words.title(redraw, ", ".join(self._buses)))
        self._canvas.draw_idle()

    async def close(self) -> None:
        self._pumping.cancel()
        pyplot.close(self._figure)

    def _size(self) -> tuple[tuple[int, int], float]:
        return self._canvas.get_width_height(), self._canvas.device_pixel_ratio

    def _draw(self, size: tuple[int, int], ratio: float, redraw: Redraw) -> NDArray[np.uint8]:
        if (size, ratio) != self._asked:
            self._asked = (size, ratio)
            self._picture = Picture(self._buses, size, ratio)  # larger, if that is too small
        self._picture.draw(redraw)
        return self._picture.still.pixels().copy()

    def _on_key(self, event: Any) -> None:
        if event.key == ACKNOWLEDGE and self._shown:
            self._on_acknowledge(Acknowledge(self._shown.at))

    async def _pump(self) -> None:
        """The event loop is ours, so the toolkit gets its turn in it."""
        try:
            while pyplot.fignum_exists(self._figure.number):
                self._canvas.flush_events()
                await asyncio.sleep(PUMP_EVERY)
        finally:  # also when the display is gone
            self._on_closed()


def open_window(
    buses: Sequence[str],
    worker: Worker,
    on_closed: Callable[[], None],
    on_acknowledge: Callable[[Acknowledge], None],
) -> Window | None:
    """A window, or None where there is no display or no GUI toolkit."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return None
    with matplotlib.rc_context({"toolbar": "None"}):
        figure = pyplot.figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI)
    manager = figure.canvas.manager
    if figure.canvas.required_interactive_framework is None or manager is None:
        pyplot.close(figure)
        return None
    manager.set_window_title(f"rig plot: {', '.join(buses)}")
    manager.show()
    return Window(figure, buses, worker, on_closed, on_acknowledge)
