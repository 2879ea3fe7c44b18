"""The plot as a page in the browser, on loopback only: matplotlib's WebAgg without its toolbar.

Each browser has a figure of its own, in its own resolution; while none looks nothing is drawn.
"""

import contextlib
import errno
import json
import socket
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_webagg_core import FigureCanvasWebAggCore, FigureManagerWebAgg
from matplotlib.figure import Figure
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from rig.errors import UserError
from rig.figure import DPI, SIZE, Picture
from rig.logic.plotter import Redraw

ADDRESS = "127.0.0.1"
PORT = 8988  # matplotlib's own default for WebAgg
# Any page in the user's browser can call loopback, also under a name of its own that resolves to
# 127.0.0.1. So requests to any other host are not found, and a WebSocket is refused unless its
# Origin is the host that was asked (tornado's own check, which trusts Host).
HOSTS = r"(127\.0\.0\.1|localhost)$"
RATIOS = (0.25, 4.0)  # of the figure's resolution, so that no browser can ask for gigabytes


class Page:
    """Serves the plot of `bus` at `name`; port None is the usual one, or a free one if taken.

    Raises UserError if a port that was asked for cannot be had.
    """

    def __init__(self, port: int | None, bus: str) -> None:
        self._bus = bus
        self._latest: tuple[Redraw, str] | None = None
        self._browsers: set[_Browser] = set()
        application = Application()
        application.add_handlers(
            HOSTS, [("/", _Index, {"bus": bus}), ("/socket", _Browser, {"page": self})]
        )
        sockets = listen(port)
        self.name = f"http://{ADDRESS}:{sockets[0].getsockname()[1]}/"
        self._server = HTTPServer(application)
        self._server.add_sockets(sockets)

    def show(self, redraw: Redraw, clock: str) -> None:
        """Tell the browsers that there is something new; they fetch it when they can."""
        self._latest = (redraw, clock)
        for browser in self._browsers:
            browser.show(redraw, clock)

    async def close(self) -> None:
        self._server.stop()
        for browser in list(self._browsers):
            browser.close()
        await self._server.close_all_connections()

    def join(self, browser: "_Browser") -> Picture:
        """A browser has come. Returns the picture for it."""
        self._browsers.add(browser)
        picture = Picture(Figure(SIZE, DPI), self._bus)
        if self._latest:
            picture.show(*self._latest)
        return picture

    def leave(self, browser: "_Browser") -> None:
        self._browsers.discard(browser)


class _Index(RequestHandler):
    def initialize(self, bus: str) -> None:
        self._bus = bus

    def get(self) -> None:
        self.render(str(Path(__file__).with_name("page.html")), bus=self._bus)


class _Browser(WebSocketHandler):
    """One browser, as matplotlib's figure manager wants it."""

    def initialize(self, page: Page) -> None:
        self._page = page

    def open(self, *args: str, **kwargs: str) -> None:
        self._picture = self._page.join(self)
        canvas = FigureCanvasWebAggCore(self._picture.figure)
        self._manager: Any = FigureManagerWebAgg(canvas, 0)
        self._manager.add_web_socket(self)

    def on_close(self) -> None:
        self._page.leave(self)

    def on_message(self, message: str | bytes) -> None:
        """Only what a picture needs: matplotlib's other messages would work its toolbar."""
        match _parsed(message):
            case {"type": "draw" | "refresh" as kind}:
                self._manager.handle_json({"type": kind})
            case {
                "type": "set_device_pixel_ratio" as kind,
                "device_pixel_ratio": int() | float() as ratio,
            }:
                ratio = min(max(ratio, RATIOS[0]), RATIOS[1])
                self._manager.handle_json({"type": kind, "device_pixel_ratio": ratio})

    def show(self, redraw: Redraw, clock: str) -> None:
        self._picture.show(redraw, clock)
        self._manager.canvas.draw_idle()

    def send_json(self, content: dict[str, object]) -> None:
        with contextlib.suppress(WebSocketClosedError):
            self.write_message(content)

    def send_binary(self, image: bytes) -> None:
        with contextlib.suppress(WebSocketClosedError):
            self.write_message(image, binary=True)


def listen(port: int | None) -> list[socket.socket]:
    """Listen on this port of loopback; None is the usual port, or a free one if it is taken."""
    try:
        return bind_sockets(PORT if port is None else port, ADDRESS)
    except OSError as error:
        if port is None and error.errno == errno.EADDRINUSE:
            return bind_sockets(0, ADDRESS)
        raise UserError(
            f"cannot serve the plot on port {port}: {error.strerror}; "
            "choose another with --web PORT, or --web for any free one"
        ) from error


def _parsed(message: str | bytes) -> object:
    try:
        return json.loads(message)
    except ValueError:
        return None
