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
from rig.bus.logic.messages import Bad, Burst, Codec, Frame, Message, Report
from rig.bus.port import Port
from rig.role.log import Lazy, Log
from rig.role.logic.tally import Tally
from rig.role.timer import Timer

REMEMBERED = 1000  # frames whose key is known when their fate is told
TOO_FAST = 0.005  # s from the report that was told last to one that is not told at once
SHORT, LONG = 0.005, 0.1  # s of a burst; LONG after one of more than FEW
FEW = 3

NodeEvent = Message | Burst | Sent | NotSent | Late | LinkUp | LinkDown


class Node:
    """Gives `on_event` the messages of the kinds that it listens to, and what became of its own,
    each with the time at which it arrived or happened (s of the event loop). The token of Sent,
    NotSent and Late is the key under which the message was sent.

    Messages of a kind in `bursts_of` that come too fast are told as a Burst, with one line of the
    log, and after what became of its own: on a full bus nothing else would be done.

    Raises UserError on entering if the bus cannot be opened.
    """

    def __init__(
        self,
        config: dict[str, Any],
        codec: Codec,
        log: Log,
        on_event: Callable[[NodeEvent, float], None],
        listens_to: tuple[type[Message], ...],
        bursts_of: tuple[type[Report], ...] = (),
    ) -> None:
        self._codec, self._log, self._on_event = codec, log, on_event
        self._listens_to, self._bursts_of = listens_to, bursts_of
        self._burst: dict[type[Report], list[tuple[Report, Frame, float]]] = {}
        self._told_at = -math.inf  # a report of such a kind
        self._burst_ends, self._length = Timer(self._tell_burst), SHORT
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
        self._burst_ends.cancel()
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
                self._tell_burst()
                self._tell_link(event)
                self._on_event(event, self._loop.time())

    def _read(self, frame: Frame, at: float) -> None:
        found = self._codec.decode(frame)
        if isinstance(found, self._bursts_of) and self._is_too_fast():
            self._put_off(found, frame, at)
        elif isinstance(found, self._listens_to):
            self._tell(found, frame, at)
        elif isinstance(found, Bad):
            self._tell_bad(found.why, str(frame))

    def _is_too_fast(self) -> bool:
        now = self._loop.time()
        if now - self._told_at < TOO_FAST or self._burst:
            return True
        self._told_at, self._length = now, SHORT
        return False

    def _put_off(self, report: Report, frame: Frame, at: float) -> None:
        if not self._burst:
            self._burst_ends.set(self._told_at + self._length)
        self._burst.setdefault(type(report), []).append((report, frame, at))

    def _tell_burst(self) -> None:
        burst, self._burst = self._burst, {}
        for kind, reports in burst.items():
            if len(reports) == 1:
                self._tell(*reports[0])
            else:
                self._tell_together(kind.__name__, reports)
            self._told_at = self._loop.time()
            self._length = LONG if len(reports) > FEW else SHORT

    def _tell_together(self, name: str, reports: list[tuple[Report, Frame, float]]) -> None:
        _, frame, at = reports[-1]
        last = Lazy(self._codec.describe, frame)
        self._log.info("can < %d %ss, the last is %s", len(reports), name, last)
        self._on_event(Burst([(report, at) for report, _, at in reports]), at)

    def _tell(self, message: Message, frame: Frame, at: float) -> None:
        self._log.info("can < %s", Lazy(self._codec.describe, frame))
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
            self._log.warning("can = %s; waiting for it to come back", event.why)
