"""The window without a desktop: matplotlib's Agg canvas stands in for a toolkit's."""

import asyncio
from collections.abc import Iterator

import pytest
from matplotlib import pyplot

from rig.plot_current.figure import Picture
from rig.plot_current.logic.plotter import Redraw
from rig.plot_current.window import Window, open_window
from tests.plot_current.test_figure import CALM, RUNNING


@pytest.fixture
def picture() -> Iterator[Picture]:
    pyplot.switch_backend("agg")
    figure = pyplot.figure()
    yield Picture(figure, "vcan0")
    pyplot.close(figure)


@pytest.mark.parametrize("display", ["", ":9999"])  # none, and one that does not answer
async def test_without_a_display_there_is_no_window(
    display: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("WAYLAND_DISPLAY", "")
    assert open_window("vcan0", lambda: None) is None
    assert pyplot.get_fignums() == []


async def test_a_window_that_the_user_closes_says_so(picture: Picture) -> None:
    closed = asyncio.Event()
    window = Window(picture, closed.set)
    pyplot.close(picture.figure)
    async with asyncio.timeout(10):
        await closed.wait()
    await window.close()


async def test_the_toolkit_gets_its_turns_and_the_figure_its_values(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns, served = 0, asyncio.Event()

    def turn() -> None:
        nonlocal turns
        turns += 1
        if turns == 3:
            served.set()

    monkeypatch.setattr(picture.figure.canvas, "flush_events", turn)
    window = Window(picture, lambda: None)
    window.show(Redraw(RUNNING, CALM), "21:15:31")
    async with asyncio.timeout(10):
        await served.wait()
    assert "17 A" in [text.get_text() for text in picture.figure.texts]
    await window.close()
    assert not pyplot.fignum_exists(1)


async def test_a_display_that_is_gone_counts_as_closed(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = asyncio.Event()

    def broken() -> None:
        raise RuntimeError("the display is gone")

    monkeypatch.setattr(picture.figure.canvas, "flush_events", broken)
    window = Window(picture, closed.set)
    async with asyncio.timeout(10):
        await closed.wait()
    await window.close()
