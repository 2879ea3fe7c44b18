"""The shell of one charge point for one life: its buses, its connection, its disk, its timer.

What its machine returns is done here: frames at once, all else after what had to be kept first.
"""

import asyncio
import contextlib
import functools
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

from ocpp.v16.enums import Reason
from websockets.asyncio.client import ClientConnection

from rig.bus.logic.link import LinkUp
from rig.bus.logic.messages import Codec
from rig.bus.node import NodeEvent
from rig.cp.buses import Buses
from rig.cp.csms_link import CsmsLink
from rig.cp.logic.charge_point import ChargePoint
from rig.cp.logic.events import At, Damaged, Event, Fetched, Output, Restart, Send, Shutdown
from rig.cp.logic.first_stop import FirstStop
from rig.cp.logic.kept import Fetch, RefusedRow, Rows
from rig.cp.logic.saved import QUEUE, read
from rig.cp.logic.shared import Settings
from rig.cp.state import State
from rig.cp.state_rows import Portion
from rig.cp.write_ahead import WriteAhead
from rig.ocppj.logic.exchange import Answer, Ask, Connected, Disconnected, Note, Refuse
from rig.ocppj.logic.told import Change
from rig.ocppj.peer import Peer
from rig.ocppj.telling import Teller
from rig.role.closing import to_the_end
from rig.role.logic.timeout import LOOKS
from rig.role.runner import Runner, wall_clock

STOP_TIMEOUT = 0.5  # s that the way out waits for the echo of Stop
TELL_TIMEOUT = 1.0  # s that the way out waits for the CSMS


@dataclass(frozen=True)
class Equipment:
    """What a charge point works with, over all its lives."""

    name: str
    settings: Settings
    codec: Codec
    buses: list[dict[str, Any]]  # of python-can, one for each connector
    state: State
    link: CsmsLink
    teller: Teller | None
    log: logging.Logger


class Life:
    """One life, from power on to power off or Reset. `restart` is set by a Reset.

    On entering it opens its buses and sends Stop on each; only then it asks for the state, which
    may be damaged, or on a disk that hangs. Raises UserError for one that is none.
    """

    def __init__(self, equipment: Equipment) -> None:
        self._with, self._log = equipment, equipment.log
        self.restart: Reason | None = None
        self._over, self._fed = asyncio.Event(), asyncio.Event()
        self._write_ahead = WriteAhead(equipment.state)
        self._peer: Peer | None = None
        settings = equipment.settings
        self._first = FirstStop(settings.connectors, equipment.codec, settings.supply)
        self._is_broken = False
        self._buses = Buses(equipment.buses, equipment.codec, self._log, self._on_bus)
        self._machine: FirstStop | ChargePoint = self._first
        self._runner: Runner[Any, Any] = Runner(self._first, self._send)

    async def __aenter__(self) -> "Life":
        async with contextlib.AsyncExitStack() as opened:
            await opened.enter_async_context(self._buses)
            await self._until(self._is_stop_settled, STOP_TIMEOUT)
            self._begin(await self._with.state.load())
            self._stack = opened.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await to_the_end(self._stack.aclose())

    def _is_stop_settled(self) -> bool:
        """Whether no bus that works owes its charger the Stop."""
        chargers = self._first.chargers.items()
        return not any(
            one.stop_owed and self._buses.nodes[number].is_up for number, one in chargers
        )

    def _begin(self, rows: Rows) -> None:
        """Go on with what was kept of the last life."""
        saved = read(rows, self._with.codec)
        settings = replace(self._with.settings, boot=secrets.token_hex(4))
        start, chargers = asyncio.get_running_loop().time(), self._first.chargers
        self._point = ChargePoint(settings, self._with.codec, wall_clock(), start, saved, chargers)
        self._runner.stop()
        self._machine, self._runner = self._point, Runner(self._point, self._do)
        for number, charger in chargers.items():
            if charger.is_up:  # its silence counts anew: nobody was there to be told of it
                self.feed(At(number, LinkUp()))
        for one in saved.refused:
            self._set_aside(one)
        self._with.state.tell(self.feed)

    def _set_aside(self, one: RefusedRow) -> None:
        """Keep a value that cannot be used where nobody reads it, and tell."""
        what = f"{one.section.name}/{one.key} in the state is damaged ({one.why}): set aside"
        self._log.error("state = %s", what)
        for keep in one.kept:
            self._write_ahead.keep(keep)
        self.feed(Damaged(what))

    async def wait_until_up(self) -> None:
        """Return when all buses work."""
        await self._buses.wait_until_up()

    async def live(self) -> None:
        """Stay connected until the life is over, which a Reset ends."""
        ping_every = self._point.integer("WebSocketPingInterval")
        connection = asyncio.create_task(self._with.link.stay(self._serve, ping_every))
        over = asyncio.create_task(self._over.wait())
        try:
            await asyncio.wait([connection, over], return_when=asyncio.FIRST_COMPLETED)
            if connection.done():
                connection.result()
        finally:
            over.cancel()
            await to_the_end(self._end(connection))

    def feed(self, event: Event) -> None:
        """Give the charge point an event."""
        self._runner.feed(event)
        self._fed.set()

    def _on_bus(self, number: int, event: NodeEvent, _: float) -> None:
        if self._is_broken:
            self._buses.look_for_stop(number, event)
            self._fed.set()
        else:
            self.feed(At(number, event))

    def _send(self, output: Send) -> None:
        self._buses.nodes[output.connector].send(output.message, output.key)

    def _do(self, batch: list[Output]) -> None:
        for output in batch:
            if isinstance(output, Send):
                self._send(output)
        others = [output for output in batch if not isinstance(output, Send)]
        # On this connection or on none: the next one has its own.
        self._write_ahead.carry_out(others, functools.partial(self._do_now, self._peer))

    def _do_now(self, peer: Peer | None, output: Output) -> None:
        match output:
            case Fetch(after):
                self._with.state.read_on(after, self._fetched)
            case Restart(reason):
                self._begin_restart(reason)
            case Note(text, is_warning):
                self._log.log(logging.WARNING if is_warning else logging.INFO, "%s", text)
            case Answer() | Refuse() | Ask() if peer and peer is self._peer:
                peer.do(output)

    def _fetched(self, portion: Portion) -> None:
        saved = read({QUEUE.name: portion.requests}, self._with.codec)
        for one in saved.refused:
            self._set_aside(one)
        self.feed(Fetched(saved.queue, len(portion.requests), portion.last))

    def _begin_restart(self, reason: Reason) -> None:
        self._log.warning("restarting (%s)", reason.value)
        self.restart = reason
        self._over.set()

    async def _serve(self, connection: ClientConnection) -> None:
        keep = self._keep if self._with.teller else None
        within = functools.partial(self._point.integer, "MessageTimeout")
        peer = Peer(connection, self.feed, self._log, keep, within)
        self._peer = peer
        self._tell("connected")
        self.feed(Connected())
        why = "this charge point ended"
        try:
            why = await peer.run()
        finally:
            self._peer = None
            self._log.warning("ocpp = disconnected: %s", why)
            self._tell("closed", why)
            self.feed(Disconnected(why))

    def _keep(self, direction: str, text: str) -> None:
        if self._with.teller:
            self._with.teller.message(self._with.name, text, by_charge_point=direction == ">")

    def _tell(self, change: Change, why: str = "") -> None:
        if self._with.teller:
            self._with.teller.connection(self._with.name, change, why)

    async def _end(self, connection: "asyncio.Task[None]") -> None:
        """The way out: Stop on the bus, then what the CSMS must know, then close."""
        self._order_stop()
        if not await self._until(lambda: self.is_stopped, STOP_TIMEOUT):
            self._log.error("can > Stop was NOT confirmed: the charger may still run")
        if self._peer:
            await self._until(lambda: self._point.is_told, TELL_TIMEOUT)
        if not self._point.is_told:
            self._log.warning("ocpp > the CSMS was not told everything: what must be is kept")
        connection.cancel()
        await asyncio.wait([connection])
        self._runner.stop()
        with contextlib.suppress(TimeoutError):  # State.close says so of a disk that hangs
            async with asyncio.timeout(TELL_TIMEOUT):
                await self._write_ahead.settled()
        if left_out := self._point.left_out:
            self._log.info("ocpp = %d MeterValues left out for newer ones", left_out)
        if not connection.cancelled():
            connection.result()

    def _order_stop(self) -> None:
        try:
            self.feed(Shutdown(self.restart or Reason.other))
        except Exception:  # a defect must not keep the Stop from the bus
            self._log.exception("the charge point is broken: Stop without it")
            self._is_broken = True
            self._buses.stop_all()

    @property
    def is_stopped(self) -> bool:
        """Whether the Stop that it sent last was seen on each bus."""
        if self._is_broken:
            return self._buses.are_all_stopped
        return self._machine.is_stopped

    async def _until(self, condition: Callable[[], bool], within: float) -> bool:
        """Wait until a condition holds, `within` s at most; whether it does."""
        for _ in range(LOOKS):  # what came while this process stood still is read between two
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(within / LOOKS):
                    while not condition():
                        self._fed.clear()
                        await self._fed.wait()
        return condition()
