"""The page as browsers and others meet it, over real loopback sockets."""

import io
import json
import socket
from collections.abc import AsyncIterator

import pytest
from PIL import Image
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.httputil import HTTPHeaders
from tornado.websocket import WebSocketClientConnection, websocket_connect

from rig.plot_current.logic.plotter import Redraw
from rig.plot_current.page import PORT, Page, listen
from rig.role.errors import UserError
from tests.plot_current.test_figure import ALARM, CALM, RUNNING

REDRAW = Redraw(RUNNING, CALM)


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
