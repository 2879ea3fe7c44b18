"""What flows now: each frame of each bus and each OCPP message, in the order of their stamps."""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

from rig.bus.logic.link import BusEvent, Garbled, LinkDown, LinkUp, Lost, Received
from rig.bus.logic.messages import Codec
from rig.bus.port import Port, catch_up
from rig.detect.events import Event, Heard, OnBus, heard
from rig.detect.hold import HOLD, Hold, Late
from rig.detect.watch import Watched
from rig.role.bench import Bench
from rig.role.closing import to_the_end
from rig.role.logic.tally import Tally
from rig.role.timer import Timer
from rig.watch.ocpp import OcppEnds

GRID = 0.05  # s between two looks at what is due, so that a flood does not make one a frame
READING = 0.1  # s; who read a frame so recently may have more to read, none of it older
SET = 1.0  # s by which the clock of the wall leaps: it was set, or the machine slept
CLOCK_SET = "the clock was set, or this machine slept"
CATCH_UP = 3.0  # s, at most, to read what arrived before the end; `rig up` kills after 5 s
OTHER_CLOCK = 60.0  # s; a stamp that is so far off is none of this clock

OutputT = TypeVar("OutputT", covariant=True)
O = TypeVar("O")  # noqa: E741


class Machine(Protocol[OutputT]):
    """What is given events in order, and each whole second; times in s since 1970."""

    def receive(self, event: Event, now: float) -> Iterable[OutputT]: ...

    def tick(self, now: float) -> Iterable[OutputT]: ...


def watched(bench: Bench, connectors: int, period: float) -> Watched:
    """What detectors need to know of a bench, whose Current has this period by the DBC (s)."""
    return Watched(bench.charge_point, bench.expect, connectors, period, bench.limit, bench.supply)


class Live(Generic[O]):
    """The buses of all connectors and OCPP, in order, for a machine; `do` gets its outputs.

    `ocpp`: the folder of the sockets of both ends. `on_late` gets each event that came too late for
    its place. Raises UserError on entering if a bus cannot be opened.
    """

    def __init__(
        self,
        configs: Sequence[dict[str, Any]],
        codec: Codec,
        log: logging.Logger,
        machine: Machine[O],
        do: Callable[[O], None],
        ocpp: str | None,
        on_late: Callable[[Late], None] = lambda late: None,
        start: float | None = None,
    ) -> None:
        self._codec, self._log, self._machine, self._do = codec, log, machine, do
        self._on_late = on_late
        self._hold = Hold(time.time() if start is None else start)
        self._ports = [
            Port(config, None, partial(self._on_bus, number))
            for number, config in enumerate(configs, 1)
        ]
        self._frames = [0] * len(configs)
        self._late = 0  # events
        self._up = {number: asyncio.Event() for number, _ in enumerate(configs, 1)}
        self._garbled = Tally()
        self._loop, self._timer = asyncio.get_running_loop(), Timer(self._work)
        self._ocpp = OcppEnds(ocpp, self.feed, log)
        self.ended_at = math.inf  # so far all was judged in the end (s since 1970)
        self._stack = AsyncExitStack()
        self._shift = time.time() - self._loop.time()
        self._newest, self._read_at = 0.0, 0.0  # the frame that was read last; s of the event loop

    async def __aenter__(self) -> "Live[O]":
        for port in self._ports:
            await self._stack.enter_async_context(port)
        self._ocpp.start()
        self._stack.push_async_callback(self._ocpp.close)
        self._work()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.ended_at = await to_the_end(self._judge_all())
        self._timer.cancel()
        await self._stack.aclose()
        for port, frames in zip(self._ports, self._frames, strict=True):
            lost = "unknown" if port.dropped is None else port.dropped
            self._log.info("can = closed; %s: %d frames, lost: %s", port.name, frames, lost)
            if port.unread:
                self._log.warning("can < %d frames came and were not looked at", port.unread)
        if self._late:
            self._log.warning("watch = %d events came too late for their place", self._late)

    async def wait_until_up(self) -> None:
        """Return when each bus works."""
        for up in self._up.values():
            await up.wait()

    async def _judge_all(self) -> float:
        """Judge what came before now; up to when that is (s since 1970)."""
        now = self._now()
        if not await catch_up(lambda: sum(self._frames), lambda: self._newest, CATCH_UP):
            self._log.warning("can < the last frames lost: not read within %.0f s", CATCH_UP)
        self._give(now + HOLD)
        return now

    def feed(self, event: Event, stamp: float) -> None:
        """An event with its stamp (s since 1970), such as an OCPP message."""
        if late := self._hold.add(event, stamp):
            self._late += 1
            self._on_late(late)
        self._arm()

    def _on_bus(self, connector: int, event: BusEvent) -> None:
        match event:
            case Received(frame, stamp, at, is_local):
                stamp = self._since_1970(stamp, at)
                self._frames[connector - 1] += 1
                self._newest, self._read_at = stamp, self._loop.time()
                self.feed(OnBus(connector, Heard(heard(frame, self._codec), is_local)), stamp)
            case LinkUp() | LinkDown() | Lost():
                self._tell(connector, event)
                self.feed(OnBus(connector, event), time.time())
            case Garbled(why):
                if self._garbled.count(why):
                    so_far = self._garbled.counts[why]
                    self._log.warning("can < ignored garbled input (%s), %d so far", why, so_far)

    def _since_1970(self, stamp: float, at: float) -> float:
        """The stamp of a frame, to 1 µs as a log has it; its arrival, where a backend has a clock
        of its own."""
        arrived = time.time() - self._loop.time() + at
        return round(stamp if abs(arrived - stamp) < OTHER_CLOCK else arrived, 6)

    def _tell(self, connector: int, event: LinkUp | LinkDown | Lost) -> None:
        name = self._ports[connector - 1].name
        match event:
            case LinkUp():
                self._up[connector].set()
                self._log.info("can = %s is up", name)
            case LinkDown(why):
                self._up[connector].clear()
                self._log.warning("can = %s; waiting for it to come back", why)
            case Lost(frames):
                self._log.warning("can < %d frames lost: this role was too slow to read", frames)

    def _work(self) -> None:
        now = self._now()
        if self._loop.time() - self._read_at < READING:
            now = min(now, self._newest + HOLD)
        self._give(now)
        self._arm()

    def _now(self) -> float:
        """The time (s since 1970). Where its clock leapt, all begins anew."""
        now = time.time()
        before, self._shift = self._shift, now - self._loop.time()
        if abs(self._shift - before) > SET:
            self._begin_anew(now)
        return now

    def _begin_anew(self, now: float) -> None:
        """No time from before the leap can be compared with one after it."""
        self._log.warning("watch = %s: what was before is unknown", CLOCK_SET)
        self._give(self._hold.until + 2 * HOLD)  # what is held
        self._hold = Hold(now)
        self._newest = now
        for number, port in enumerate(self._ports, 1):
            self.feed(OnBus(number, LinkDown(CLOCK_SET)), now)
            if port.is_up:
                self.feed(OnBus(number, LinkUp()), now)

    def _give(self, now: float) -> None:
        for stamp, event in self._hold.due(now):
            outputs = (
                self._machine.tick(stamp) if event is None else self._machine.receive(event, stamp)
            )
            for output in outputs:
                self._do(output)

    def _arm(self) -> None:
        """For what is due next, but not for each frame of a flood."""
        wait = max(GRID, self._hold.wake_at - time.time())
        self._timer.set(self._loop.time() + wait)
