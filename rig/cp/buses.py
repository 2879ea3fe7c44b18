"""The buses of one charge point, one for each connector."""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any

from rig.bus.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.bus.logic.messages import REPORTS, Codec, Stop
from rig.bus.node import Node, NodeEvent
from rig.cp.logic.events import At, Send
from rig.role.closing import to_the_end
from rig.role.log import Log, Named

REMEMBERED = 1000  # frames whose key is known when their fate is told


class Buses:
    """Sends under the keys of a machine, and tells `hears` what happens, with those keys.

    `seen` is called with each Stop of `stop_all` that was seen on its bus.
    Raises UserError on entering if a bus cannot be opened.
    """

    def __init__(
        self,
        configs: list[dict[str, Any]],
        codec: Codec,
        log: logging.Logger,
        hears: Callable[[At], None],
        seen: Callable[[], None],
    ) -> None:
        self._hears, self._seen = hears, seen
        self._keys: dict[tuple[int, int], int] = {}  # of the machine, by connector and token
        # Those that no machine asked for, by connector and token, until they are seen.
        self._own_stops: set[tuple[int, int]] = set()
        self._nodes: dict[int, Node] = {}
        for number, config in enumerate(configs, 1):
            named: Log = log if len(configs) == 1 else Named(log, f"connector {number}")
            on_bus = functools.partial(self._on_bus, number)
            self._nodes[number] = Node(config, codec, named, on_bus, listens_to=REPORTS)

    async def __aenter__(self) -> "Buses":
        async with contextlib.AsyncExitStack() as opened:
            for node in self._nodes.values():
                await opened.enter_async_context(node)
            opened.pop_all()  # all are open: __aexit__ closes them
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await to_the_end(self._close())

    async def _close(self) -> None:
        """All at once, since one may take long."""
        await asyncio.gather(*(node.__aexit__(None, None, None) for node in self._nodes.values()))

    async def wait_until_up(self) -> None:
        """Return when all buses work."""
        for node in self._nodes.values():
            await node.wait_until_up()

    def is_up(self, number: int) -> bool:
        """Whether the bus of a connector works now."""
        return self._nodes[number].is_up

    def send(self, output: Send) -> None:
        """Send a message."""
        number, key, message = output
        token = self._nodes[number].send(message)
        self._keys[number, token] = key
        self._keys.pop((number, token - REMEMBERED), None)

    def stop_all(self) -> None:
        """Send Stop on each, which no machine asked for."""
        self._own_stops = {(number, node.send(Stop())) for number, node in self._nodes.items()}

    @property
    def has_own_stops(self) -> bool:
        """Whether one of these was not seen yet."""
        return bool(self._own_stops)

    def _on_bus(self, number: int, event: NodeEvent, _: float) -> None:
        if isinstance(event, (*REPORTS, LinkUp, LinkDown)):
            self._hears(At(number, event))
        match event:
            case Sent(token) | NotSent(token) | Late(token) if (number, token) in self._keys:
                self._hears(At(number, replace(event, token=self._keys[number, token])))
            case Sent(token) | Late(token) if (number, token) in self._own_stops:
                self._own_stops.discard((number, token))
                self._seen()
