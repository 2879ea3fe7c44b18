"""Chromium without a screen, driven over its DevTools protocol."""

import base64
import io
import itertools
import json
import shutil
import tempfile
from typing import Any

from PIL import Image
from websockets.sync.client import ClientConnection, connect

from tests.processes import PATIENCE, Program

CHROMIUM = "chromium-headless-shell"  # starts in a third of the time of the whole browser
OPTIONS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-breakpad "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--remote-debugging-port=0"
)


class Browser:
    """One page, of 1280 x 720 pixels at first."""

    def __enter__(self) -> "Browser":
        assert shutil.which(CHROMIUM), f"there is no browser: sudo apt-get install {CHROMIUM}"
        self._home = tempfile.TemporaryDirectory(prefix="rig-test-", ignore_cleanup_errors=True)
        self._program = Program(
            CHROMIUM, *OPTIONS.split(), f"--user-data-dir={self._home.name}", "about:blank"
        )
        try:
            address = self._program.until(r"DevTools listening on (ws://\S+)").group(1)
            self._connecting = connect(address, max_size=None)
            self._devtools: ClientConnection = self._connecting.__enter__()
            self._attach()
        except BaseException as error:
            self._program.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._call("Browser.close")
        self._connecting.__exit__(None, None, None)
        self._program.status()
        self._program.__exit__(None, None, None)
        self._home.cleanup()

    def be(self, width: int, height: int, *, ratio: float = 1, dark: bool = False) -> None:
        """Have a screen of so many pixels of CSS, and prefer this scheme."""
        size = {"width": width, "height": height, "deviceScaleFactor": ratio, "mobile": ratio > 1}
        self._call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, address: str) -> None:
        """Go there and wait until the page is loaded."""
        self._call("Page.navigate", url=address)
        while self._receive().get("method") != "Page.loadEventFired":
            pass

    def wait_until(self, condition: str) -> None:
        """Wait until a JavaScript expression holds."""
        look = f"const look = () => ({condition}) ? done() : setTimeout(look, 20); look()"
        self.evaluate(f"new Promise(done => {{ {look} }})")

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited if it is a promise."""
        answer = self._call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def screenshot(self) -> Image.Image:
        """What a person sees."""
        png = base64.b64decode(self._call("Page.captureScreenshot")["data"])
        return Image.open(io.BytesIO(png)).convert("RGB")

    def _attach(self) -> None:
        self._numbers = itertools.count(1)
        self._session: dict[str, str] = {}
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        answer = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": answer["sessionId"]}
        self._call("Page.enable")
        self.be(1280, 720)

    def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        number = next(self._numbers)
        request = {"id": number, "method": method, "params": parameters}
        self._devtools.send(json.dumps(request | self._session))
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def _receive(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._devtools.recv(timeout=PATIENCE))
        return answer
