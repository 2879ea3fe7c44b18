"""The plot as a page in the browser, on loopback only: matplotlib's WebAgg without its toolbar.

Each browser has a figure of its own, in its own resolution; while none looks nothing is drawn, and
nothing is drawn for one that has not taken the last picture yet. What browsers do, or how they end,
is no event of the role.
"""

import errno
import gc
import json
import logging
import socket
from asyncio import Future
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_webagg_core import FigureCanvasWebAggCore, FigureManagerWebAgg
from matplotlib.figure import Figure
from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler
from websockets.frames import CloseCode

from rig.plot_current.figure import DPI, SIZE, Picture
from rig.plot_current.logic.plotter import Redraw
from rig.role.errors import UserError
from rig.role.logic.connection_limit import ConnectionLimit, source_of

ADDRESS = "127.0.0.1"
PORT = 8988  # matplotlib's own default for WebAgg
# Any page in the user's browser can call loopback, also under a name of its own that resolves to
# 127.0.0.1. So requests to any other host are not found, and a WebSocket is refused unless its
# Origin is the host that was asked (tornado's own check, which trusts Host).
HOSTS = r"(127\.0\.0\.1|localhost)$"
RATIOS = (0.25, 4.0)  # of the figure's resolution, so that no browser can ask for gigabytes
TABS = 8  # that see the plot; each costs a drawing a second, and up to 250 MB at the ratio of 4
REQUESTS = 64  # connections that have asked for something, or are about to
REQUEST_WITHIN = 10.0  # s; a request that takes longer is cut off
LONGEST = 4096  # bytes of a message; mpl.js sends some 60
FULL = f"{TABS} tabs show this plot already; close one"


class Page:
    """Serves the plot of `bus` at `name`; port None is the usual one, or a free one if taken.

    Raises UserError if a port that was asked for cannot be had.
    """

    def __init__(self, port: int | None, bus: str) -> None:
        self._bus = bus
        logging.getLogger("tornado.access").disabled = True  # any page can ask for what is not here
        logging.getLogger("tornado.general").setLevel(logging.ERROR)
        self._latest: tuple[Redraw, str] | None = None
        self._browsers: set[_Browser] = set()
        application = Application(websocket_max_message_size=LONGEST)
        application.add_handlers(
            HOSTS, [("/", _Index, {"bus": bus}), ("/socket", _Browser, {"page": self})]
        )
        sockets = listen(port)
        self.name = f"http://{ADDRESS}:{sockets[0].getsockname()[1]}/"
        self._server = _Server(
            application, idle_connection_timeout=REQUEST_WITHIN, body_timeout=REQUEST_WITHIN
        )
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

    def join(self, browser: "_Browser") -> Picture | None:
        """A browser has come. Returns the picture for it, or None if there are too many."""
        if len(self._browsers) >= TABS:
            return None
        self._browsers.add(browser)
        picture = Picture(Figure(SIZE, DPI), self._bus)
        if self._latest:
            picture.show(*self._latest)
        return picture

    def leave(self, browser: "_Browser") -> None:
        self._browsers.discard(browser)


class _Server(HTTPServer):
    """One that takes so many connections, of which the oldest goes for a new one; a browser's
    leaves this count when it has joined."""

    def initialize(self, *args: Any, **options: Any) -> None:
        self._limit: ConnectionLimit[IOStream] = ConnectionLimit(REQUESTS)
        super().initialize(*args, **options)

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        if first := self._limit.came(stream, source_of(address[0])):
            first.close()
        super().handle_stream(stream, address)

    def on_close(self, server_conn: Any) -> None:
        self._limit.left(server_conn.stream)
        super().on_close(server_conn)


class _Index(RequestHandler):
    def initialize(self, bus: str) -> None:
        self._bus = bus

    def get(self) -> None:
        self.render(str(Path(__file__).with_name("page.html")), bus=self._bus)


class _Browser(WebSocketHandler):
    """One browser, as matplotlib's figure manager wants it."""

    def initialize(self, page: Page) -> None:
        self._page = page
        self._unsent = 0  # messages
        self._owed: dict[str, Callable[[], None]] = {}  # when it has taken what is unsent
        self._picture: Picture | None = None  # none of a browser too many
        self._manager: Any = None

    def open(self, *args: str, **kwargs: str) -> None:
        self._picture = self._page.join(self)
        if self._picture is None:
            self.close(CloseCode.TRY_AGAIN_LATER, FULL)
            return
        canvas = FigureCanvasWebAggCore(self._picture.figure)
        self._manager = FigureManagerWebAgg(canvas, 0)
        self._manager.add_web_socket(self)

    def on_close(self) -> None:
        self._page.leave(self)
        self._owed.clear()
        self._picture = self._manager = None
        gc.collect()  # a figure is full of cycles, and has up to 180 MB that nobody else counts

    def on_message(self, message: str | bytes) -> None:
        """Only what a picture needs: matplotlib's other messages would work its toolbar."""
        if self._manager is None:
            return
        match _parsed(message):
            case {"type": "draw" | "refresh" as kind}:
                self._handle({"type": kind})
            case {
                "type": "set_device_pixel_ratio" as kind,
                "device_pixel_ratio": int() | float() as ratio,
            }:
                ratio = min(max(ratio, RATIOS[0]), RATIOS[1])
                self._handle({"type": kind, "device_pixel_ratio": ratio})

    def show(self, redraw: Redraw, clock: str) -> None:
        if self._picture:
            self._picture.show(redraw, clock)
            self._do("announce", self._manager.canvas.draw_idle)

    def _handle(self, message: dict[str, object]) -> None:
        self._do(str(message["type"]), partial(self._manager.handle_json, message))

    def send_json(self, content: dict[str, object]) -> None:
        self._send(json.dumps(content), binary=False)

    def send_binary(self, image: bytes) -> None:
        self._send(image, binary=True)

    def _do(self, kind: str, action: Callable[[], None]) -> None:
        """Now, or once when the browser has taken what is unsent: one that reads nothing, or asks
        for more than it reads, must not fill the memory.
        """
        if self._unsent:
            self._owed[kind] = action
        else:
            action()

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
            self._pay()
        elif not isinstance(error, WebSocketClosedError):
            raise error

    def _pay(self) -> None:
        while self._owed and not self._unsent:
            self._owed.pop(next(iter(self._owed)))()


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
