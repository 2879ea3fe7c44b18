"""A role's place on the CAN bus: messages in and out through the port, each with its log line."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any

from rig.bus.logic.link import (
    BusEvent,
    Garbled,
    Late,
    LinkDown,
    LinkUp,
    Lost,
    NotSent,
    Received,
    Sent,
)
from rig.bus.logic.messages import Bad, Codec, Frame, Message
from rig.bus.port import Port
from rig.role.log import Lazy, Log
from rig.role.logic.tally import Tally

REMEMBERED = 1000  # frames whose key is known when their fate is told
TOGETHER = 0.005  # s

NodeEvent = Message | Sent | NotSent | Late | LinkUp | LinkDown


class Node:
    """Gives `on_event` the messages of the kinds that it listens to, and what became of its own,
    each with the time at which it arrived or happened (s of the event loop). The token of Sent,
    NotSent and Late is the key under which the message was sent.

    Of the messages of a kind in `newest_of` that come within TOGETHER of one that was told only the
    newest of a turn is, after what became of its own: on a full bus nothing else would be done.

    Raises UserError on entering if the bus cannot be opened.
    """

    def __init__(
        self,
        config: dict[str, Any],
        codec: Codec,
        log: Log,
        on_event: Callable[[NodeEvent, float], None],
        listens_to: tuple[type[Message], ...],
        newest_of: tuple[type[Message], ...] = (),
    ) -> None:
        self._codec, self._log, self._on_event = codec, log, on_event
        self._listens_to, self._newest_of = listens_to, newest_of
        self._newest: dict[type[Message], tuple[Message, Frame, float, int]] = {}  # and how many
        self._told_at = -math.inf  # one of these
        self._port = Port(config, codec.identifiers, self._receive)
        self._sending: dict[int, tuple[Frame, int]] = {}  # with its key, by the port's token
        self._bad = Tally()
        self._up, self._loop = asyncio.Event(), asyncio.get_running_loop()

    async def __aenter__(self) -> "Node":
        await self._port.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._port.__aexit__(kind, error, trace)
        dropped = self._port.dropped
        lost = "unknown" if dropped is None else dropped
        self._log.info(
            "can = closed; received frames lost: %s; bad: %s", lost, str(self._bad) or "none"
        )

    @property
    def is_up(self) -> bool:
        """Whether the bus works now."""
        return self._port.is_up

    @property
    def marks_own(self) -> bool:
        """Whether no frame of another sender can be taken for one of ours, nor the reverse."""
        return self._port.marks_own or not self._port.echoes

    async def wait_until_up(self) -> None:
        """Return when the bus works."""
        await self._up.wait()

    def send(self, message: Message, key: int = 0) -> None:
        """Send a message. Its key comes back as Sent or NotSent. Raises ValueError as encode."""
        self.send_frame(self._codec.encode(message), key)

    def send_frame(self, frame: Frame, key: int = 0) -> None:
        """Send any frame."""
        token = self._port.send(frame)
        self._sending[token] = (frame, key)
        self._sending.pop(token - REMEMBERED, None)

    def _receive(self, event: BusEvent) -> None:
        match event:
            case Received(frame, at=at):
                self._read(frame, at)
            case Garbled(why):
                self._tell_bad("garbled input", why)
            case Lost(frames):
                self._log.warning("can < %d frames lost: this role was too slow to read", frames)
            case Sent(token) | NotSent(token) | Late(token) if token in self._sending:
                self._tell_fate(event)
            case LinkUp() | LinkDown():
                self._tell_link(event)
                self._on_event(event, self._loop.time())

    def _read(self, frame: Frame, at: float) -> None:
        found = self._codec.decode(frame)
        if isinstance(found, self._newest_of) and self._comes_together():
            self._put_off(found, frame, at)
        elif isinstance(found, self._listens_to):
            self._log.info("can < %s", Lazy(self._codec.describe, frame))
            self._on_event(found, at)
        elif isinstance(found, Bad):
            self._tell_bad(found.why, str(frame))

    def _comes_together(self) -> bool:
        now = self._loop.time()
        if now - self._told_at < TOGETHER:
            return True
        self._told_at = now
        return False

    def _put_off(self, message: Message, frame: Frame, at: float) -> None:
        if not self._newest:
            self._loop.call_soon(self._tell_newest)
        *_, number = self._newest.get(type(message), (0,))
        self._newest[type(message)] = (message, frame, at, number + 1)

    def _tell_newest(self) -> None:
        newest, self._newest, self._told_at = self._newest, {}, self._loop.time()
        for message, frame, at, number in newest.values():
            many = f"{number} reports, the last is " if number > 1 else ""
            self._log.info("can < %s%s", many, Lazy(self._codec.describe, frame))
            self._on_event(message, at)

    def _tell_bad(self, kind: str, what: str) -> None:
        if self._bad.count(kind):
            counted = self._bad.counts[kind]
            self._log.warning("can < ignored %s (%s), %d so far", kind, what, counted)

    def _tell_fate(self, event: Sent | NotSent | Late) -> None:
        frame, key = self._sending.pop(event.token)
        line = Lazy(self._codec.describe, frame)
        match event:
            case Sent():
                self._log.info("can > %s", line)
            case NotSent(token, why):
                self._sending[token] = (frame, key)  # it may still come late
                self._log.warning("can > NOT SENT %s: %s", line, why)
            case Late():
                self._log.warning("can > sent too late: %s", line)
        self._on_event(replace(event, token=key), self._loop.time())

    def _tell_link(self, event: LinkUp | LinkDown) -> None:
        if isinstance(event, LinkUp):
            self._up.set()
            less = "" if self._port.echoes else "; 'sent' means that its driver took the frame"
            self._log.info("can = %s is up%s", self._port.name, less)
        else:
            self._up.clear()
            self._newest.clear()
            self._log.warning("can = %s; waiting for it to come back", event.why)
