"""The plot as a page in the browser, on loopback only: words as text, the chart as a picture.

One drawing serves all browsers that show it in the same size; while none looks nothing is drawn,
and nothing is drawn for one that has not taken the last picture yet. What browsers do, or how they
end, is no event of the role.
"""

import asyncio
import gc
import json
import logging
from asyncio import Future
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler
from websockets.frames import CloseCode

from rig.plot_current.colours import BRIGHT, DARK, MOODS, STATES, Colours
from rig.plot_current.drawing import Worker, raise_defect
from rig.plot_current.logic.page_content import ChartSize, asked, content
from rig.plot_current.logic.plotter import Acknowledge, Redraw
from rig.plot_current.page_chart import PageChart
from rig.plot_current.server import ADDRESS, HOSTS, REQUEST_WITHIN, Server, listen
from rig.role.closing import cancel

TABS = 8  # that see the plot; each may cost a drawing a second, and 70 MB
LONGEST = 4096  # bytes of a message; ours take some 80
PAUSE = 0.1  # s between two rounds of drawing, however much browsers ask for
FULL = f"{TABS} tabs show this plot already; close one"


class Page:
    """Serves the plot of `buses` at `name`; port None is the usual one, or a free one if taken.

    Raises UserError if a port that was asked for cannot be had.
    """

    def __init__(
        self,
        port: int | None,
        buses: Sequence[str],
        worker: Worker,
        on_acknowledge: Callable[[Acknowledge], None],
    ) -> None:
        logging.getLogger("tornado.access").disabled = True  # any page can ask for what is not here
        logging.getLogger("tornado.general").setLevel(logging.ERROR)
        self._buses, self._worker, self.on_acknowledge = buses, worker, on_acknowledge
        self._latest: Redraw | None = None
        self._browsers: set[_Browser] = set()
        self._charts: dict[ChartSize, PageChart] = {}
        self._wanted = asyncio.Event()
        self._drawing = asyncio.create_task(self._draw_what_is_wanted())
        self._drawing.add_done_callback(raise_defect)
        self._serve(port)

    def _serve(self, port: int | None) -> None:
        application = Application(websocket_max_message_size=LONGEST)
        index = {"buses": ", ".join(self._buses), "connectors": len(self._buses)}
        application.add_handlers(
            HOSTS, [("/", _Index, index), ("/socket", _Browser, {"page": self})]
        )
        sockets = listen(port)
        self.name = f"http://{ADDRESS}:{sockets[0].getsockname()[1]}/"
        self._server = Server(
            application, idle_connection_timeout=REQUEST_WITHIN, body_timeout=REQUEST_WITHIN
        )
        self._server.add_sockets(sockets)

    async def show(self, redraw: Redraw) -> None:
        """There is something new for the browsers; each gets it when it can."""
        self._latest = redraw
        self._wanted.set()

    async def close(self) -> None:
        await cancel(self._drawing)
        self._server.stop()
        for browser in list(self._browsers):
            browser.close()
        await self._server.close_all_connections()

    def join(self, browser: "_Browser") -> bool:
        """A browser has come. False if there are too many."""
        if len(self._browsers) >= TABS:
            return False
        self._browsers.add(browser)
        return True

    def leave(self, browser: "_Browser") -> None:
        self._browsers.discard(browser)
        self.look()

    def look(self) -> None:
        """A browser takes a picture now, or shows it in another size."""
        self._wanted.set()

    async def _draw_what_is_wanted(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await self._free_unused()
            if self._latest:
                await self._draw_all(self._latest)
            await asyncio.sleep(PAUSE)

    async def _free_unused(self) -> None:
        """What no browser shows any more: a figure is full of cycles, and has up to 70 MB of pixels
        that nobody else counts."""
        unused = set(self._charts) - {browser.size for browser in self._browsers}
        for size in unused:
            del self._charts[size]
        if unused:
            await self._worker.do(gc.collect)

    async def _draw_all(self, redraw: Redraw) -> None:
        """Each size once, and so it goes to all who wait for it."""
        text = json.dumps(content(redraw, self._buses))
        for size in {each.size for each in self._browsers if each.size and each.lacks(redraw)}:
            draw = partial(self._chart(size).png, redraw)
            png = await self._worker.do(draw)
            for browser in list(self._browsers):
                if browser.size == size and browser.lacks(redraw):
                    browser.send(redraw, text, png)

    def _chart(self, size: ChartSize) -> PageChart:
        if size not in self._charts:
            self._charts[size] = PageChart(size, self._buses)
        return self._charts[size]


class _Index(RequestHandler):
    def initialize(self, buses: str, connectors: int) -> None:
        self._buses, self._connectors = buses, connectors

    def get(self) -> None:
        path = str(Path(__file__).with_name("page.html"))
        self.render(path, buses=self._buses, connectors=self._connectors, **_styles())


def _styles() -> dict[str, str]:
    """The colours, as rules of CSS."""
    moods = [_rule(f".badge.{mood}", *face) for mood, face in MOODS.items()]
    states = [_rule(f"#verdict.{state}", *face) for state, face in STATES.items()]
    return {
        "bright": _variables(BRIGHT),
        "dark": _variables(DARK),
        "faces": "\n".join([*moods, *states]),
    }


def _rule(of: str, face: str, ink: str) -> str:
    return f"  {of} {{ background: {face}; color: {ink}; }}"


def _variables(colours: Colours) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in asdict(colours).items())


class _Browser(WebSocketHandler):
    """One browser. `size` is that of its chart, None until it was told."""

    def initialize(self, page: Page) -> None:
        self._page = page
        self.size: ChartSize | None = None
        self._has: Redraw | None = None  # what it shows, or is about to
        self._unsent = 0  # messages

    def open(self, *args: str, **kwargs: str) -> None:
        if not self._page.join(self):
            self.close(CloseCode.TRY_AGAIN_LATER, FULL)

    def on_close(self) -> None:
        self._page.leave(self)

    def on_message(self, message: str | bytes) -> None:
        match asked(_parsed(message)):
            case ChartSize() as size:
                self.size, self._has = size, None
                self._page.look()
            case Acknowledge() as acknowledge:
                self._page.on_acknowledge(acknowledge)

    def lacks(self, redraw: Redraw) -> bool:
        """Whether it is to get this: one that reads nothing must not fill the memory."""
        return not self._unsent and self._has is not redraw

    def send(self, redraw: Redraw, text: str, png: bytes) -> None:
        self._has = redraw
        self._send(text, binary=False)
        self._send(png, binary=True)

    def _send(self, message: str | bytes, *, binary: bool) -> None:
        try:
            sending = self.write_message(message, binary)
        except WebSocketClosedError:
            return
        self._unsent += 1
        sending.add_done_callback(self._sent)

    def _sent(self, sending: "Future[None]") -> None:
        """Raises what is not a browser that has gone, which is a defect."""
        self._unsent -= 1
        if sending.cancelled():
            return
        error = sending.exception()
        if error is None:
            self._page.look()
        elif not isinstance(error, WebSocketClosedError):
            raise error


def _parsed(message: str | bytes) -> object:
    try:
        return json.loads(message)
    except (ValueError, RecursionError):
        return None
