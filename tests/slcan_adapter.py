"""A serial USB-CAN adapter without the kernel's part: python-can's own slcan reads its port."""

import os
import pty
import tty
from select import select
from typing import Any

from tests.processes import PATIENCE


class SlcanAdapter:
    """The far end of a pseudo-terminal: what the adapter hears, and what it is sent."""

    def __enter__(self) -> "SlcanAdapter":
        self._far, self._near = pty.openpty()
        tty.setraw(self._near)
        self.channel = os.ttyname(self._near)
        self._sent = b""
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    @property
    def config(self) -> dict[str, Any]:
        """For python-can, which else waits 2 s for a slow adapter."""
        return {"interface": "slcan", "channel": self.channel, "sleep_after_open": 0.0}

    def unplug(self) -> None:
        """The adapter is pulled out."""
        for end in (self._near, self._far):
            if end >= 0:
                os.close(end)
        self._near = self._far = -1

    def hear(self, *lines: bytes) -> None:
        """There was a frame on its bus: `t30021400` (or what a bad cable makes of it)."""
        os.write(self._far, b"".join(line + b"\r" for line in lines))

    def until_sent(self, line: bytes) -> None:
        """Wait until the host has sent a line: `t2010`."""
        while line + b"\r" not in self._sent:
            assert select([self._far], [], [], PATIENCE)[0], f"only {self._sent!r} was sent"
            self._sent += os.read(self._far, 4096)
