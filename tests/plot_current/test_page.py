"""The page as browsers and others meet it, over real loopback sockets."""

import asyncio
import contextlib
import gc
import io
import json
import socket
import weakref
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from PIL import Image
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.httputil import HTTPHeaders
from tornado.websocket import WebSocketClientConnection, websocket_connect

from rig.plot_current.logic.plotter import Redraw
from rig.plot_current.page import PORT, REQUESTS, TABS, Page, _Browser, listen
from rig.role.errors import UserError
from tests.event_loop import turn
from tests.plot_current.test_figure import ALARM, CALM, RUNNING
from tests.processes import PATIENCE
from tests.raw_tab import RawTab

REDRAW = Redraw(RUNNING, CALM)
ASKED = {"announce", "set_device_pixel_ratio", "draw"}


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    served = Page(0, "vcan0")
    yield served
    await served.close()


def host(page: Page) -> str:
    return page.name.removeprefix("http://").removesuffix("/")


async def get(page: Page, asked_host: str) -> HTTPResponse:
    return await AsyncHTTPClient().fetch(page.name, headers=HTTPHeaders(Host=asked_host))


async def join(page: Page, **headers: str) -> WebSocketClientConnection:
    request = HTTPRequest(f"ws://{host(page)}/socket", headers=HTTPHeaders(headers))
    return await websocket_connect(request)


async def until(browser: WebSocketClientConnection, kind: str) -> None:
    """Read what the page sends until it sends a message of this kind."""
    while True:
        message = await browser.read_message()
        assert message is not None, f"closed before {kind}"
        if isinstance(message, str) and json.loads(message)["type"] == kind:
            return


async def image(browser: WebSocketClientConnection) -> Image.Image:
    """Read until there is a picture."""
    while True:
        message = await browser.read_message()
        assert message is not None, "closed before a picture came"
        if isinstance(message, bytes):
            return Image.open(io.BytesIO(message))


async def ask(browser: WebSocketClientConnection, kind: str, **more: object) -> None:
    await browser.write_message(json.dumps({"type": kind, **more}))


async def test_the_page_is_the_figure_alone_and_names_its_bus(page: Page) -> None:
    text = (await get(page, host(page))).body.decode()
    assert "<title>rig plot: vcan0</title>" in text
    assert text.count("<canvas") == 1
    assert "toolbar" not in text


async def test_the_name_of_a_bus_cannot_smuggle_in_html() -> None:
    page = Page(0, "<script>alert(1)</script>")
    assert b"<script>alert" not in (await get(page, host(page))).body
    await page.close()


async def test_a_browser_gets_the_latest_picture_when_it_joins(page: Page) -> None:
    page.show(REDRAW, "21:15:31")
    browser = await join(page)
    await ask(browser, "refresh")
    await until(browser, "draw")
    await ask(browser, "draw")
    assert (await image(browser)).size == (1280, 720)
    browser.close()


async def test_each_new_second_is_announced_and_fetched(page: Page) -> None:
    browser = await join(page)
    await ask(browser, "draw")
    empty = await image(browser)
    page.show(Redraw(RUNNING, ALARM), "21:15:31")
    await until(browser, "draw")
    await ask(browser, "draw")
    changed = await image(browser)
    assert empty.size == changed.size
    colours = {colour for _, colour in changed.convert("RGB").getcolors(maxcolors=100_000) or []}
    assert (0xB3, 0x00, 0x1B) in colours  # the red of the banner
    browser.close()


async def test_each_browser_has_its_own_resolution(page: Page) -> None:
    small, large = await join(page), await join(page)
    await ask(small, "set_device_pixel_ratio", device_pixel_ratio=0.5)
    await ask(large, "set_device_pixel_ratio", device_pixel_ratio=2)
    for browser, size in ((small, (640, 360)), (large, (2560, 1440))):
        await ask(browser, "draw")
        assert (await image(browser)).size == size
        browser.close()


@pytest.mark.parametrize(("ratio", "size"), [(1e9, (5120, 2880)), (-1.0, (320, 180))])
async def test_no_browser_gets_a_picture_of_any_size(
    page: Page, ratio: float, size: tuple[int, int]
) -> None:
    browser = await join(page)
    await ask(browser, "set_device_pixel_ratio", device_pixel_ratio=ratio)
    await ask(browser, "draw")
    assert (await image(browser)).size == size
    browser.close()


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "nonsense",
        "[]",
        '{"type": 5}',
        '{"type": "set_device_pixel_ratio"}',
        '{"type": "resize", "width": 100000, "height": 100000}',
        '{"type": "toolbar_button", "name": "pan"}',
    ],
)
async def test_what_is_none_of_our_messages_changes_nothing(page: Page, nonsense: str) -> None:
    browser = await join(page)
    await browser.write_message(nonsense)
    await ask(browser, "draw")
    assert (await image(browser)).size == (1280, 720)
    browser.close()


async def test_while_no_browser_looks_nothing_is_drawn(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await join(page)
    browser.close()
    await until_closed(browser)
    monkeypatch.setattr("rig.plot_current.figure.Picture.show", pytest.fail)
    page.show(REDRAW, "21:15:31")


async def until_closed(browser: WebSocketClientConnection) -> None:
    while await browser.read_message() is not None:
        pass


@pytest.mark.parametrize("own", ["127.0.0.1", "localhost"])
async def test_the_page_itself_may_open_the_socket(page: Page, own: str) -> None:
    asked = f"{own}:{host(page).split(':')[1]}"
    browser = await join(page, Host=asked, Origin=f"http://{asked}")
    await until(browser, "refresh")
    browser.close()


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://127.0.0.1", "http://localhost:1", "null"]
)
async def test_another_page_may_not(page: Page, origin: str) -> None:
    with pytest.raises(HTTPClientError, match="403"):
        await join(page, Origin=origin)


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example", "evil-localhost"])
async def test_a_name_that_only_resolves_to_loopback_is_not_served(page: Page, name: str) -> None:
    asked = f"{name}:{host(page).split(':')[1]}"
    with pytest.raises(HTTPClientError, match="404"):
        await get(page, asked)
    with pytest.raises(HTTPClientError, match="404"):
        await join(page, Host=asked, Origin=f"http://{asked}")


async def test_what_is_not_served_is_no_line_in_the_log(
    page: Page, caplog: pytest.LogCaptureFixture
) -> None:
    body = HTTPHeaders({"Content-Type": "multipart/form-data; boundary=x"})
    for bad in (
        HTTPRequest(page.name + "nowhere"),
        HTTPRequest(page.name, headers=HTTPHeaders(Host="evil.example")),
        HTTPRequest(page.name, method="POST", headers=body, body="nonsense"),
    ):
        with pytest.raises(HTTPClientError):
            await AsyncHTTPClient().fetch(bad)
    assert caplog.messages == []


async def test_closing_ends_the_browsers_and_frees_the_port(page: Page) -> None:
    browser = await join(page)
    await page.close()
    await until_closed(browser)
    listen(int(host(page).split(":")[1]))[0].close()


def test_it_listens_on_loopback_only() -> None:
    (sock,) = listen(0)
    with sock:
        assert sock.getsockname()[0] == "127.0.0.1"


def test_a_port_that_was_asked_for_and_is_taken_is_the_users_to_change() -> None:
    (taken,) = listen(0)
    with taken, pytest.raises(UserError, match="Address already in use; choose another with --web"):
        listen(taken.getsockname()[1])


def test_the_usual_port_gives_way_to_a_free_one_when_it_is_taken() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", PORT))
            other.listen()
        except OSError:
            pass  # somebody else's plot has it: taken all the same
        (sock,) = listen(None)
        with sock:
            assert sock.getsockname()[1] != PORT


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
        await tab.send("draw")
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
    await tab.send("draw")
    await turns_until(lambda: has_unsent(narrow))
    await narrow.close()
    tab.reset()
    await turns_until(lambda: not narrow._browsers)
    gc.collect()
    assert defects == []


async def test_a_tab_that_takes_nothing_is_owed_one_picture_however_much_it_asks_for(
    narrow: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = count_pictures(monkeypatch)
    tab = await RawTab.join(port_of(narrow))
    await tab.send("draw")
    await turns_until(lambda: has_unsent(narrow))
    for second in range(50):
        narrow.show(REDRAW, f"21:15:{second}")
        await tab.send("set_device_pixel_ratio", device_pixel_ratio=1 + second % 2)
        await tab.send("draw")
    (browser,) = narrow._browsers
    await turns_until(lambda: not narrow._browsers or set(browser._owed) == ASKED)
    assert len(pictures) == 1
    tab.read_all()
    await turns_until(lambda: len(pictures) == 2 and not has_unsent(narrow))
    assert browser._owed == {}
    tab.reset()


def count_pictures(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Their sizes, as they are sent."""
    sizes: list[int] = []
    send = _Browser.send_binary

    def counted(self: _Browser, image: bytes) -> None:
        sizes.append(len(image))
        send(self, image)

    monkeypatch.setattr(_Browser, "send_binary", counted)
    return sizes


async def test_a_tab_that_has_gone_leaves_nothing_in_memory(page: Page) -> None:
    """20 of them took 300 MB until the garbage collector came by."""
    browser = await join(page)
    await ask(browser, "draw")
    await image(browser)
    (served,) = page._browsers
    assert served._picture
    figure = weakref.ref(served._picture.figure)
    gc.disable()
    try:
        browser.close()
        await until_closed(browser)
        await turns_until(lambda: not page._browsers)
        assert figure() is None
    finally:
        gc.enable()


async def test_so_many_tabs_see_the_plot_and_the_next_one_is_told_why_it_does_not(
    page: Page,
) -> None:
    tabs = [await join(page) for _ in range(TABS)]
    for tab in tabs:
        await until(tab, "refresh")
    more = await join(page)
    await ask(more, "draw")
    assert await more.read_message() is None
    assert (more.close_code, more.close_reason) == (
        1013,
        "8 tabs show this plot already; close one",
    )
    tabs[0].close()
    await until_closed(tabs[0])
    instead = await join(page)
    await until(instead, "refresh")
    page.show(REDRAW, "21:15:31")
    await until(tabs[1], "draw")
    for tab in (*tabs[1:], instead):
        tab.close()


async def test_requests_that_never_end_are_cut_off_and_the_page_is_served_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rig.plot_current.page.REQUEST_WITHIN", 0.5)
    page = Page(0, "vcan0")
    halves = [await asyncio.open_connection("127.0.0.1", port_of(page)) for _ in range(100)]
    for _, writer in halves:
        writer.write(b"GET / HTTP/1.1\r\n")
    for reader, writer in halves:
        await cut_off(reader)
        writer.close()
    assert (await get(page, host(page))).code == 200
    await page.close()


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
