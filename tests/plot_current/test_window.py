"""The window without a desktop: matplotlib's Agg canvas stands in for a toolkit's."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.backend_bases import KeyEvent

from rig.plot_current.drawing import Worker
from rig.plot_current.figure import Picture
from rig.plot_current.logic.plotter import Acknowledge
from rig.plot_current.still import DPI
from rig.plot_current.window import Window, open_window
from tests.plot_current.views import ALARM, AT, redraw


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    made = Worker()
    yield made
    made.close()


@pytest.fixture
def figure() -> Any:
    pyplot.switch_backend("agg")
    made = pyplot.figure(figsize=(1280 / DPI, 720 / DPI), dpi=DPI)
    yield made
    pyplot.close(made)


def window_of(
    figure: Any,
    worker: Worker,
    on_closed: Callable[[], None] = lambda: None,
    on_acknowledge: Callable[[Acknowledge], None] = lambda seen: None,
) -> Window:
    return Window(figure, ["vcan0"], worker, on_closed, on_acknowledge)


def pixels(figure: Any) -> Any:
    """What the window shows."""
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())


@pytest.mark.parametrize("display", ["", ":9999"])  # none, and one that does not answer
async def test_without_a_display_there_is_no_window(
    display: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("WAYLAND_DISPLAY", "")
    assert open_window(["vcan0"], worker, lambda: None, lambda seen: None) is None
    assert pyplot.get_fignums() == []


async def test_a_window_that_the_user_closes_says_so(figure: Any, worker: Worker) -> None:
    closed = asyncio.Event()
    window = window_of(figure, worker, closed.set)
    pyplot.close(figure)
    async with asyncio.timeout(10):
        await closed.wait()
    await window.close()


async def test_it_shows_the_picture_pixel_by_pixel_and_its_toolkit_gets_its_turns(
    figure: Any, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns, served = 0, asyncio.Event()

    def turn() -> None:
        nonlocal turns
        turns += 1
        if turns == 3:
            served.set()

    monkeypatch.setattr(figure.canvas, "flush_events", turn)
    window = window_of(figure, worker)
    await window.show(redraw(verdicts=[ALARM]))
    async with asyncio.timeout(10):
        await served.wait()
    picture = Picture(["vcan0"])
    picture.draw(redraw(verdicts=[ALARM]))
    assert (pixels(figure) == picture.still.pixels()).all()
    await window.close()
    assert not pyplot.fignum_exists(1)


async def test_one_that_is_made_larger_shows_a_larger_picture(figure: Any, worker: Worker) -> None:
    window = window_of(figure, worker)
    figure.set_size_inches(14, 8)
    await window.show(redraw())
    picture = Picture(["vcan0"], (1400, 800))
    picture.draw(redraw())
    assert (pixels(figure) == picture.still.pixels()).all()
    await window.close()


async def test_one_that_is_too_small_shows_the_top_of_the_picture(
    figure: Any, worker: Worker
) -> None:
    window = window_of(figure, worker)
    figure.set_size_inches(6, 3)
    await window.show(redraw())
    picture = Picture(["vcan0"], (600, 300))
    picture.draw(redraw())
    assert len(picture.still.pixels()) > 300
    assert (pixels(figure) == picture.still.pixels()[:300, :600]).all()
    await window.close()


async def test_the_key_a_acknowledges_what_was_seen_and_no_other_key_does(
    figure: Any, worker: Worker
) -> None:
    seen: list[Acknowledge] = []
    window = window_of(figure, worker, on_acknowledge=seen.append)

    def press(key: str) -> None:
        figure.canvas.callbacks.process(
            "key_press_event", KeyEvent("key_press_event", figure.canvas, key)
        )

    press("a")
    assert seen == []  # nothing was shown yet
    await window.show(redraw())
    press("b")
    press("a")
    assert seen == [Acknowledge(AT)]
    await window.close()


async def test_a_display_that_is_gone_counts_as_closed(
    figure: Any, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = asyncio.Event()

    def broken() -> None:
        raise RuntimeError("the display is gone")

    monkeypatch.setattr(figure.canvas, "flush_events", broken)
    window = window_of(figure, worker, closed.set)
    async with asyncio.timeout(10):
        await closed.wait()
    await window.close()
