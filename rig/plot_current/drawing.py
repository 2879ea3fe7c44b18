"""Draws the plot when all that has arrived was looked at.

A drawing may take longer than the period of Current, as on a small computer: then the newest view
is drawn, and nothing waits for those in between.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from rig.plot_current.logic.plotter import Redraw


class Screen(Protocol):
    """Where the plot is seen: a window, a page, a file."""

    name: str

    def show(self, redraw: Redraw, clock: str) -> None: ...

    async def close(self) -> None: ...


class Drawing:
    """On several screens at once. `note` is what each is to say beside the time of day."""

    def __init__(self, screens: Sequence[Screen], note: str = "") -> None:
        self._screens, self._note, self._loop = screens, note, asyncio.get_running_loop()
        self._waiting: Redraw | None = None

    def show(self, redraw: Redraw) -> None:
        """Draw this soon, unless a newer one comes before."""
        if self._waiting is None:
            self._loop.call_soon(self._draw)
        self._waiting = redraw

    def stop(self) -> None:
        """Draw nothing more."""
        self._waiting = None

    def _draw(self) -> None:
        redraw, self._waiting = self._waiting, None
        if redraw is None:
            return
        for screen in self._screens:
            screen.show(redraw, f"{datetime.now():%H:%M:%S}{self._note}")
