"""Tabs that take nothing, are too many, or never end their request, over real loopback sockets."""

import asyncio
import contextlib
import gc
import socket
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from rig.plot_current.drawing import Worker
from rig.plot_current.page import TABS, Page
from rig.plot_current.server import REQUESTS
from tests.event_loop import turn
from tests.plot_current.test_page import (
    REDRAW,
    SIZE,
    ask,
    count_drawings,
    get,
    host,
    join,
    look,
    shown,
    until_closed,
)
from tests.plot_current.test_page import acknowledged as acknowledged
from tests.plot_current.test_page import page as page
from tests.plot_current.views import redraw
from tests.processes import PATIENCE
from tests.raw_tab import RawTab


@pytest.fixture
async def narrow(page: Page) -> Page:
    """The page whose kernel keeps less than a picture for a browser that reads nothing."""
    for sock in page._server._sockets.values():  # what accept(2) gives inherits it
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    return page


@pytest.fixture
async def defects() -> list[dict[str, Any]]:
    """What would end the role (rig/role/run.py)."""
    found: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: found.append(context))
    return found


def port_of(page: Page) -> int:
    return int(host(page).split(":")[1])


async def turns_until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await turn()


def has_unsent(page: Page) -> bool:
    connections: list[Any] = [browser.ws_connection for browser in page._browsers]
    return any(connection.stream.writing() for connection in connections)


async def test_a_tab_that_is_reset_with_a_picture_unsent_is_no_event_of_the_role(
    narrow: Page, defects: list[dict[str, Any]]
) -> None:
    for _ in range(20):
        tab = await RawTab.join(port_of(narrow))
        await tab.send("size", **SIZE)
        await narrow.show(REDRAW)
        await turns_until(lambda: has_unsent(narrow))
        tab.reset()
        await turns_until(lambda: not narrow._browsers)
    await narrow.close()
    gc.collect()  # an exception that nobody looked at is told then
    assert defects == []


async def test_the_page_closes_though_a_tab_takes_nothing(
    narrow: Page, defects: list[dict[str, Any]]
) -> None:
    tab = await RawTab.join(port_of(narrow))
    await tab.send("size", **SIZE)
    await narrow.show(REDRAW)
    await turns_until(lambda: has_unsent(narrow))
    await narrow.close()
    tab.reset()
    await turns_until(lambda: not narrow._browsers)
    gc.collect()
    assert defects == []


async def test_a_tab_that_takes_nothing_is_owed_the_newest_alone_however_much_it_asks_for(
    narrow: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = count_drawings(monkeypatch)
    tab = await RawTab.join(port_of(narrow))
    await tab.send("size", **SIZE)
    await narrow.show(REDRAW)
    await turns_until(lambda: has_unsent(narrow))
    for second in range(50):
        await narrow.show(newest := redraw())
        await tab.send("size", **SIZE | {"ratio": 1 + second % 2})
    (browser,) = narrow._browsers
    await turns_until(lambda: browser.size is not None and browser.size.ratio == 2)
    assert drawn == [REDRAW]
    tab.read_all()
    await turns_until(lambda: len(drawn) == 2 and not has_unsent(narrow))
    assert drawn[1] is newest
    tab.reset()


async def test_a_tab_that_has_gone_leaves_nothing_in_memory(page: Page) -> None:
    """20 of them took 300 MB until the garbage collector came by."""
    await page.show(REDRAW)
    browser = await look(page)
    await shown(browser)
    (chart,) = page._charts.values()
    pixels = weakref.ref(chart.still._canvas.renderer)
    gc.disable()
    try:
        del chart
        browser.close()
        await until_closed(browser)
        await turns_until(lambda: pixels() is None)
    finally:
        gc.enable()


async def test_so_many_tabs_see_the_plot_and_the_next_one_is_told_why_it_does_not(
    page: Page,
) -> None:
    tabs = [await look(page) for _ in range(TABS)]
    await page.show(REDRAW)
    for tab in tabs:
        await shown(tab)
    more = await join(page)
    await ask(more, "size", **SIZE)
    assert await more.read_message() is None
    assert (more.close_code, more.close_reason) == (
        1013,
        "8 tabs show this plot already; close one",
    )
    tabs[0].close()
    await until_closed(tabs[0])
    instead = await look(page)
    await shown(instead)
    await page.show(redraw())
    await shown(tabs[1])


async def test_requests_that_never_end_are_cut_off_and_the_page_is_served_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rig.plot_current.page.REQUEST_WITHIN", 0.5)
    worker = Worker()
    page = Page(0, ["vcan0"], worker, lambda seen: None)
    halves = [await asyncio.open_connection("127.0.0.1", port_of(page)) for _ in range(100)]
    for _, writer in halves:
        writer.write(b"GET / HTTP/1.1\r\n")
    for reader, writer in halves:
        await cut_off(reader)
        writer.close()
    assert (await get(page, host(page))).code == 200
    await page.close()
    worker.close()


async def cut_off(reader: asyncio.StreamReader) -> None:
    async with asyncio.timeout(PATIENCE):
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""


async def test_of_connections_that_say_nothing_only_so_many_are_kept(page: Page) -> None:
    connections = [
        await asyncio.open_connection("127.0.0.1", port_of(page)) for _ in range(REQUESTS + 10)
    ]
    for reader, _ in connections[:10]:  # the oldest
        await cut_off(reader)
    assert len(page._server._connections) == REQUESTS
    assert (await get(page, host(page))).code == 200
    for _, writer in connections:
        writer.close()
