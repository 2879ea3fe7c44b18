"""The shell of one charge point for one life: its buses, its connection, its disk, its timer.

What the bridge returns is done here: frames at once, all else after what had to be kept first.
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

from rig.closing import to_the_end
from rig.csms_link import CsmsLink
from rig.drive import Drive, wall_clock
from rig.durable import Durable
from rig.log import Named
from rig.logic.cp.bridge import Bridge
from rig.logic.cp.events import At, Event, Shutdown
from rig.logic.cp.kept import Keep
from rig.logic.cp.point import Output, Restart, Send, Settings
from rig.logic.exchange import Connected, Disconnected
from rig.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.logic.messages import Codec, Current, Stop
from rig.logic.patience import LOOKS
from rig.node import Node, NodeEvent
from rig.ocpp_link import OcppLink
from rig.peer import Peer
from rig.recording import OcppRecording
from rig.state import State

STOP_TIMEOUT = 0.5  # s that the way out waits for the echo of Stop
TELL_TIMEOUT = 1.0  # s that the way out waits for the CSMS
REMEMBERED = 1000  # frames whose key is known when their fate is told


@dataclass(frozen=True)
class Equipment:
    """What a charge point works with, over all its lives."""

    name: str
    settings: Settings
    codec: Codec
    buses: list[dict[str, Any]]  # of python-can, one for each connector
    state: State
    link: CsmsLink
    recording: OcppRecording | None
    log: logging.Logger


class ChargePoint:
    """One life, from power on to power off or Reset. `restart` is set by a Reset."""

    def __init__(self, equipment: Equipment) -> None:
        self._with, self._log = equipment, equipment.log
        self.restart: Reason | None = None
        self._over = asyncio.Event()
        settings = replace(equipment.settings, boot=secrets.token_hex(4))
        start, saved = asyncio.get_running_loop().time(), equipment.state.load()
        self._bridge = Bridge(settings, equipment.codec, wall_clock(), start, saved)
        self._durable = Durable(equipment.state)
        self._drive: Drive[Event, Output] = Drive(self._bridge, self._do)
        self._ocpp = OcppLink(self._log)
        self._keys: dict[tuple[int, int], int] = {}  # of the bridge, by connector and token
        self._fed = asyncio.Event()
        # Those that a broken bridge did not send, by connector and token, until they are seen.
        self._own_stops: set[tuple[int, int]] | None = None
        self._nodes = {
            number: self._node(number, config) for number, config in enumerate(equipment.buses, 1)
        }

    def _node(self, number: int, config: dict[str, Any]) -> Node:
        log = self._log if len(self._with.buses) == 1 else Named(self._log, f"connector {number}")
        on_bus = functools.partial(self._on_bus, number)
        return Node(config, self._with.codec, log, on_bus, listens_to=(Current,))

    async def __aenter__(self) -> "ChargePoint":
        self._stack = contextlib.AsyncExitStack()
        async with self._stack as opened:
            for node in self._nodes.values():
                await opened.enter_async_context(node)
            self._stack = opened.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await to_the_end(self._stack.aclose())

    async def wait_until_up(self) -> None:
        """Return when all buses work."""
        for node in self._nodes.values():
            await node.wait_until_up()

    async def live(self) -> None:
        """Stay connected until the life is over, which a Reset ends."""
        ping_every = self._bridge.point.configuration.integer("WebSocketPingInterval")
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
        """Give the bridge an event."""
        self._drive.feed(event)
        self._fed.set()

    def _on_bus(self, number: int, event: NodeEvent, _: float) -> None:
        match event:
            case Current() | LinkUp() | LinkDown():
                self.feed(At(number, event))
            case Sent(token) | NotSent(token) | Late(token) if (number, token) in self._keys:
                self.feed(At(number, replace(event, token=self._keys[number, token])))
            case Sent(token) | Late(token) if self._own_stops:
                self._own_stops.discard((number, token))
                self._fed.set()

    def _do(self, output: Output) -> None:
        match output:
            case Send(number, key, message):
                token = self._nodes[number].send(message)
                self._keys[number, token] = key
                self._keys.pop((number, token - REMEMBERED), None)
            case Keep():
                self._durable.keep(output)
            case Restart(reason):
                self._durable.then(functools.partial(self._begin_restart, reason))
            case _:
                # On this connection or on none: the next one has its own.
                self._durable.then(functools.partial(self._tell, self._ocpp.peer, output))

    def _tell(self, peer: Peer | None, output: Any) -> None:
        if peer is self._ocpp.peer:
            self._ocpp.do(output, self.feed)

    def _begin_restart(self, reason: Reason) -> None:
        self._log.warning("restarting (%s)", reason.value)
        self.restart = reason
        self._over.set()

    async def _serve(self, connection: ClientConnection) -> None:
        name, keep = self._with.name, self._keep if self._with.recording else None
        peer = Peer(name, connection, self.feed, self._log, keep, self._message_timeout)
        self._ocpp.peer = peer
        self.feed(Connected())
        why = "this charge point ended"
        try:
            why = await peer.run()
        finally:
            self._ocpp.peer = None
            self._log.warning("ocpp = disconnected: %s", why)
            self.feed(Disconnected(why))

    def _message_timeout(self) -> float:
        return self._bridge.point.configuration.integer("MessageTimeout")

    def _keep(self, direction: str, text: str) -> None:
        if self._with.recording:
            self._with.recording.keep(self._with.name, direction == ">", text)

    async def _end(self, connection: "asyncio.Task[None]") -> None:
        """The way out: Stop on the bus, then what the CSMS must know, then close."""
        self._order_stop()
        if not await self._until(lambda: self.is_stopped, STOP_TIMEOUT):
            self._log.error("can > Stop was NOT confirmed: the charger may still run")
        if self._ocpp.peer:
            await self._until(lambda: self._bridge.is_told, TELL_TIMEOUT)
        if not self._bridge.is_told:
            self._log.warning("ocpp > the CSMS was not told everything: what must be is kept")
        connection.cancel()
        await asyncio.wait([connection])
        self._drive.stop()
        with contextlib.suppress(TimeoutError):  # State.close says so of a disk that hangs
            async with asyncio.timeout(TELL_TIMEOUT):
                await self._durable.settled()
        if left_out := self._bridge.left_out:
            self._log.info("ocpp = %d MeterValues left out for newer ones", left_out)
        if not connection.cancelled():
            connection.result()

    def _order_stop(self) -> None:
        try:
            self.feed(Shutdown(self.restart or Reason.other))
        except Exception:  # a defect must not keep the Stop from the bus
            self._log.exception("the bridge is broken: Stop without it")
            self._own_stops = {(number, node.send(Stop())) for number, node in self._nodes.items()}

    @property
    def is_stopped(self) -> bool:
        """Whether the Stop that it sent last was seen on each bus."""
        return self._bridge.is_stopped if self._own_stops is None else not self._own_stops

    async def _until(self, condition: Callable[[], bool], within: float) -> bool:
        """Wait until a condition holds, `within` s at most; whether it does."""
        for _ in range(LOOKS):  # what came while this process stood still is read between two
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(within / LOOKS):
                    while not condition():
                        self._fed.clear()
                        await self._fed.wait()
        return condition()
