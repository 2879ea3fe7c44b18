"""The page as browsers and others meet it, over real loopback sockets."""

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from matplotlib.colors import to_rgb
from PIL import Image
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.httputil import HTTPHeaders
from tornado.websocket import WebSocketClientConnection, websocket_connect

from rig.plot_current.colours import DARK, RED
from rig.plot_current.drawing import Worker
from rig.plot_current.logic.plotter import Acknowledge, Redraw
from rig.plot_current.page import Page
from rig.plot_current.page_chart import PageChart
from rig.plot_current.server import PORT, listen
from rig.role.errors import UserError
from tests.event_loop import turn
from tests.plot_current.views import ALARM, AT, FULL, ROW, RUNNING, SILENT, redraw
from tests.processes import PATIENCE

REDRAW = redraw()
SIZE = {"width": 1280, "height": 400, "ratio": 1, "dark": False}


@pytest.fixture
async def acknowledged() -> list[Acknowledge]:
    """What browsers acknowledged."""
    return []


@pytest.fixture
async def page(acknowledged: list[Acknowledge]) -> AsyncIterator[Page]:
    worker = Worker()
    served = Page(0, ["vcan0"], worker, acknowledged.append)
    yield served
    await served.close()
    worker.close()


def host(page: Page) -> str:
    return page.name.removeprefix("http://").removesuffix("/")


async def get(page: Page, asked_host: str) -> HTTPResponse:
    return await AsyncHTTPClient().fetch(page.name, headers=HTTPHeaders(Host=asked_host))


async def join(page: Page, **headers: str) -> WebSocketClientConnection:
    request = HTTPRequest(f"ws://{host(page)}/socket", headers=HTTPHeaders(headers))
    return await websocket_connect(request)


async def look(page: Page, **size: object) -> WebSocketClientConnection:
    """Join, with a chart of this size."""
    browser = await join(page)
    await ask(browser, "size", **SIZE | size)
    return browser


async def ask(browser: WebSocketClientConnection, kind: str, **more: object) -> None:
    await browser.write_message(json.dumps({"type": kind, **more}))


async def shown(browser: WebSocketClientConnection) -> tuple[dict[str, Any], Image.Image]:
    """The next that it is sent: words and picture."""
    words, picture = await browser.read_message(), await browser.read_message()
    assert isinstance(words, str)
    assert isinstance(picture, bytes)
    return json.loads(words), Image.open(io.BytesIO(picture))


def pixels_of(picture: Image.Image, colour: str) -> int:
    """How many pixels have this colour."""
    wanted = tuple(round(255 * part) for part in to_rgb(colour))
    colours = picture.convert("RGB").getcolors(maxcolors=100_000) or []
    return sum(count for count, seen in colours if seen == wanted)


async def test_the_page_names_its_bus_and_has_room_for_what_it_shows(page: Page) -> None:
    text = (await get(page, host(page))).body.decode()
    assert "<title>rig plot: vcan0</title>" in text
    assert text.count("<img") == 1
    assert "{%" not in text
    assert f"--paper: {DARK.paper};" in text


async def test_the_name_of_a_bus_cannot_smuggle_in_html() -> None:
    worker = Worker()
    page = Page(0, ["<script>alert(1)</script>"], worker, lambda seen: None)
    assert b"<script>alert" not in (await get(page, host(page))).body
    await page.close()
    worker.close()


async def test_a_browser_gets_the_latest_in_words_and_as_a_picture_when_it_joins(
    page: Page,
) -> None:
    await page.show(REDRAW)
    words, picture = await shown(await look(page))
    assert words["connectors"] == [
        {
            "name": "", "current": "17 A", "limit": "32 A", "target": "32 A",
            "badge": "RUNNING, 17 A FLOWS", "mood": "running",
        }
    ]  # fmt: skip
    assert (words["headline"], words["title"]) == ("no alarm", "rig plot: vcan0")
    assert picture.size == (1280, 400)


async def test_an_alarm_is_in_the_title_the_label_the_list_and_the_picture(page: Page) -> None:
    browser = await look(page)
    await page.show(REDRAW)
    _, calm = await shown(browser)
    await page.show(redraw(RUNNING, verdicts=[ALARM], alarms=[ROW, *FULL]))
    words, picture = await shown(browser)
    assert words["title"] == "ALARM: fast toggle - rig plot: vcan0"
    assert words["label"].startswith("ALARM: fast toggle. ")
    assert (words["state"], words["why"]) == ("alarm", "target moved 100 A and back")
    assert len(words["alarms"]) == 50
    assert words["alarms"][0]["stands"]
    assert words["alarms"][0]["cells"][0] == "fast toggle"
    before, after = (pixels_of(image, RED) for image in (calm, picture))
    assert after > before + 1000  # 13 of 60 s of some 1200 pixels, 9 high


async def test_each_browser_has_its_own_size_ratio_and_scheme(page: Page) -> None:
    await page.show(REDRAW)
    small = await look(page, width=390, height=300, ratio=3)
    dark = await look(page, width=800, dark=True)
    _, picture = await shown(small)
    assert picture.size == (1170, 900)
    _, picture = await shown(dark)
    assert picture.size == (800, 400)
    assert pixels_of(picture, DARK.paper) > 100_000


async def test_one_drawing_serves_all_that_show_the_same_size(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = count_drawings(monkeypatch)
    browsers = [await look(page) for _ in range(8)]
    await page.show(REDRAW)
    pictures = [(await shown(browser))[1].tobytes() for browser in browsers]
    assert len(drawn) == 1
    assert len(set(pictures)) == 1


def count_drawings(monkeypatch: pytest.MonkeyPatch) -> list[Redraw]:
    """What is drawn from now on."""
    drawn: list[Redraw] = []
    png = PageChart.png

    def counted(self: PageChart, redraw: Redraw) -> bytes:
        drawn.append(redraw)
        return png(self, redraw)

    monkeypatch.setattr(PageChart, "png", counted)
    return drawn


@pytest.mark.parametrize(
    ("size", "pixels"),
    [
        ({"ratio": 1e9}, (5120, 1600)),  # 4 at most
        ({"width": -5, "height": 1}, (240, 120)),
        ({"width": 1e9, "height": 1e9, "ratio": 4}, (2880, 2880)),  # 3840 x 2160 in all
    ],
)
async def test_no_browser_gets_a_picture_of_any_size(
    page: Page, size: dict[str, float], pixels: tuple[int, int]
) -> None:
    await page.show(REDRAW)
    _, picture = await shown(await look(page, **size))
    assert picture.size == pixels


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "nonsense",
        "[]",
        "[" * 4000,
        '{"type": 5}',
        '{"type": "size"}',
        '{"type": "size", "width": NaN, "height": 1, "ratio": 1, "dark": true}',
        '{"type": "size", "width": 9, "height": Infinity, "ratio": 1, "dark": true}',
        '{"type": "acknowledge", "seen": "all"}',
    ],
)
async def test_what_is_none_of_our_messages_changes_nothing(
    page: Page, acknowledged: list[Acknowledge], nonsense: str
) -> None:
    browser = await look(page)
    await browser.write_message(nonsense)
    await page.show(REDRAW)
    assert (await shown(browser))[1].size == (1280, 400)
    assert acknowledged == []


async def test_a_browser_acknowledges_what_it_saw(
    page: Page, acknowledged: list[Acknowledge]
) -> None:
    browser = await look(page)
    await page.show(REDRAW)
    words, _ = await shown(browser)
    await ask(browser, "acknowledge", seen=words["seen"])
    async with asyncio.timeout(PATIENCE):
        while not acknowledged:
            await turn()
    assert acknowledged == [Acknowledge(AT)]


async def test_while_no_browser_looks_nothing_is_drawn(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = count_drawings(monkeypatch)
    await page.show(REDRAW)
    await shown(await look(page))
    gone = await look(page)
    gone.close()
    await until_closed(gone)
    assert len(drawn) <= 2
    for browser in list(page._browsers):
        browser.close()
    async with asyncio.timeout(PATIENCE):
        while page._browsers or page._charts:
            await turn()
    drawn.clear()
    await page.show(redraw(SILENT))
    async with asyncio.timeout(PATIENCE):
        while page._wanted.is_set():
            await turn()
    await page._worker.do(lambda: None)
    assert drawn == []


async def until_closed(browser: WebSocketClientConnection) -> None:
    while await browser.read_message() is not None:
        pass


@pytest.mark.parametrize("own", ["127.0.0.1", "localhost"])
async def test_the_page_itself_may_open_the_socket(page: Page, own: str) -> None:
    asked = f"{own}:{host(page).split(':')[1]}"
    browser = await join(page, Host=asked, Origin=f"http://{asked}")
    await ask(browser, "size", **SIZE)
    await page.show(REDRAW)
    await shown(browser)


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
