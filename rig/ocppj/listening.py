"""Listens to what one end tells of OCPP, at the socket where it offers it (offering.py)."""

import asyncio
import contextlib
from collections.abc import Callable

AGAIN = 0.5  # s from one attempt to connect to the next
LONGEST = 1 << 23  # bytes of a line: a message has 1 MiB, of which JSON makes six at most (\u001b)


class OcppListener:
    """Gives each line in its order, of one connection after the other.

    `on_lost` is told why nothing is heard, once until it is heard again: there is no socket, or the
    role that had it is gone.
    """

    def __init__(
        self, path: str, on_line: Callable[[bytes], None], on_lost: Callable[[str], None]
    ) -> None:
        self._path, self._on_line, self._on_lost = path, on_line, on_lost
        self._is_lost = False

    async def listen(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._listen_once()
                self._lose(f"{self._path} was closed")
            except (OSError, ValueError) as error:  # ValueError: a line without an end
                why = error.strerror if isinstance(error, OSError) else None
                self._lose(f"cannot read {self._path}: {why or error}")
            await asyncio.sleep(AGAIN)

    async def _listen_once(self) -> None:
        """Raises OSError where there is no socket, ValueError for a line that is too long."""
        reader, writer = await asyncio.open_unix_connection(self._path, limit=LONGEST)
        try:
            while (line := await reader.readline()).endswith(b"\n"):
                self._is_lost = False
                self._on_line(line)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _lose(self, why: str) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._on_lost(why)
