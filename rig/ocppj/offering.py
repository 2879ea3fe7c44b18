"""Offers what one end tells of OCPP to whoever reads at a Unix socket: plot, watch, `nc -U`.

A reader gets each line from its connection on. One that is too slow loses lines and is told how
many; it never holds up the role.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rig.ocppj.logic.told import Lines
from rig.role.closing import to_the_end
from rig.role.unix_socket import bound_socket

OPTION = "--offer-ocpp"
READERS = 8  # at once
BEHIND = 1 << 20  # bytes that may wait for a reader, and a line besides; beyond, lines are lost
GOODBYE = 0.5  # s that the end of a role waits for readers to take what is left


class _Reader(asyncio.Protocol):
    """One that reads. What it says is ignored, and it is gone when it says no more."""

    def __init__(self, offer: "OcppOffer", lines: Lines) -> None:
        self._offer, self._lines = offer, lines
        self._is_behind, self._lost, self._since = False, 0, 0.0
        self.gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=BEHIND)
        self._offer.came(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set()
        self._offer.left(self)

    def pause_writing(self) -> None:
        self._is_behind = True

    def resume_writing(self) -> None:
        self._is_behind = False
        self._tell_loss()

    def tell(self, line: bytes, now: float) -> None:
        """A line of `now` (s since 1970)."""
        if self._is_behind:
            self._since = self._since if self._lost else now
            self._lost += 1
        elif not self._transport.is_closing():
            self._transport.write(line)

    def end(self, line: bytes) -> None:
        """The last line, however slow it is."""
        self._tell_loss()
        self._transport.write(line)
        self._transport.close()

    def cut_off(self) -> None:
        """It has had its time."""
        if not self.gone.is_set():
            self._transport.abort()

    def _tell_loss(self) -> None:
        if self._lost:
            self._transport.write(self._lines.lost(time.time(), self._lost, self._since))
        self._lost = 0


class OcppOffer:
    """The readers at a socket."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._readers: set[_Reader] = set()

    @property
    def has_readers(self) -> bool:
        return bool(self._readers)

    def tell(self, line: bytes, now: float) -> None:
        """A line of `now` (s since 1970), for all of them."""
        for reader in self._readers:
            reader.tell(line, now)

    def reader(self) -> _Reader:
        """For a connection that comes."""
        return _Reader(self, self._lines)

    def came(self, reader: _Reader) -> None:
        """It connected: it is told so, or why it cannot be told anything."""
        now = time.time()
        if len(self._readers) < READERS:
            self._readers.add(reader)
            reader.tell(self._lines.offers(now), now)
        else:
            reader.end(self._lines.ended(now, f"it has {READERS} readers already"))

    def left(self, reader: _Reader) -> None:
        """It is gone."""
        self._readers.discard(reader)

    async def end(self, line: bytes) -> None:
        """Give all of them the last line; those that do not take it in time are cut off."""
        readers, self._readers = self._readers, set()
        for reader in readers:
            reader.end(line)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE):
                for reader in readers:
                    await reader.gone.wait()
        for reader in readers:
            reader.cut_off()


@asynccontextmanager
async def offered(path: str, lines: Lines, why_over: str) -> AsyncIterator[OcppOffer]:
    """An offer at this path; at its end readers are told why it is over.

    Raises UserError if the socket cannot be made.
    """
    offer = OcppOffer(lines)
    with bound_socket(path, OPTION) as bound:
        server = await asyncio.get_running_loop().create_unix_server(offer.reader, sock=bound)
        try:
            yield offer
        finally:
            server.close()
            await to_the_end(offer.end(lines.ended(time.time(), why_over)))
