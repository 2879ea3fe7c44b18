"""A role's place on the CAN bus: messages in and out through the port, each with its log line."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any

from rig.bus.logic.echoes import REMEMBERED
from rig.bus.logic.inbox import Inbox
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
from rig.bus.logic.messages import Codec, Frame, Message
from rig.bus.port import Port
from rig.role.log import Log

NodeEvent = Message | Sent | NotSent | Late | LinkUp | LinkDown


class Node:
    """Gives `on_event` the messages of the kinds that it listens to, and what became of its own,
    each with the time at which it arrived or happened (s of the event loop).

    Raises UserError on entering if the bus cannot be opened.
    """

    def __init__(
        self,
        config: dict[str, Any],
        codec: Codec,
        log: Log,
        on_event: Callable[[NodeEvent, float], None],
        listens_to: tuple[type[Message], ...],
    ) -> None:
        self._codec, self._log, self._on_event = codec, log, on_event
        self._listens_to = listens_to
        self._inbox = Inbox(codec)
        self._port = Port(config, codec.identifiers, self._receive)
        self._sending: dict[int, Frame] = {}
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
        self._log.info("can = closed; received frames lost: %s; bad: %s", lost, self._bad or "none")

    @property
    def _bad(self) -> str:
        return str(self._inbox.tally)

    @property
    def is_up(self) -> bool:
        """Whether the bus works now."""
        return self._port.is_up

    async def wait_until_up(self) -> None:
        """Return when the bus works."""
        await self._up.wait()

    def send(self, message: Message) -> int:
        """Send a message. Its token comes back as Sent or NotSent. Raises ValueError as encode."""
        frame = self._codec.encode(message)
        token = self._port.send(frame)
        self._sending[token] = frame
        self._sending.pop(token - REMEMBERED, None)
        return token

    def _receive(self, event: BusEvent) -> None:
        match event:
            case Received(frame, at=at):
                message, line = self._inbox.decode(frame)
                self._tell_bad(line)
                if message is not None and isinstance(message, self._listens_to):
                    self._log.info("can < %s", self._codec.describe(frame))
                    self._on_event(message, at)
            case Garbled(why):
                self._tell_bad(self._inbox.garbled(why))
            case Lost(frames):
                self._log.warning("can < %d frames lost: this role was too slow to read", frames)
            case Sent() | NotSent() | Late():
                self._tell_fate(event)
                self._on_event(event, self._loop.time())
            case LinkUp() | LinkDown():
                self._tell_link(event)
                self._on_event(event, self._loop.time())

    def _tell_bad(self, line: str | None) -> None:
        if line:
            self._log.warning("can < %s", line)

    def _tell_fate(self, event: Sent | NotSent | Late) -> None:
        line = self._line(event.token)
        match event:
            case Sent(token):
                self._log.info("can > %s", line)
                self._sending.pop(token, None)
            case NotSent(_, why):
                self._log.warning("can > NOT SENT %s: %s", line, why)
            case Late(token):
                self._log.warning("can > sent too late: %s", line)
                self._sending.pop(token, None)

    def _line(self, token: int) -> str:
        frame = self._sending.get(token)
        return "a frame" if frame is None else self._codec.describe(frame)

    def _tell_link(self, event: LinkUp | LinkDown) -> None:
        if isinstance(event, LinkUp):
            self._up.set()
            less = "" if self._port.echoes else "; 'sent' means that its driver took the frame"
            self._log.info("can = %s is up%s", self._port.name, less)
        else:
            self._up.clear()
            self._log.warning("can = %s; waiting for it to come back", event.why)
