"""The buses of one charge point, one for each connector."""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Any

from rig.bus.logic.link import Late, Sent
from rig.bus.logic.messages import KINDS, REPORTS, Codec, Stop
from rig.bus.node import Node, NodeEvent
from rig.role.closing import to_the_end
from rig.role.log import Log, Named

UNMARKED = "own frames are not marked: an equal one of another sender counts as ours"
OWN_STOP = 0  # the key of a Stop that no machine asked for; theirs begin at 1


class Buses:
    """The `nodes` by connector. `hears` is told what happens at which connector, and when.

    Raises UserError on entering if a bus cannot be opened.
    """

    def __init__(
        self,
        configs: list[dict[str, Any]],
        codec: Codec,
        log: logging.Logger,
        hears: Callable[[int, NodeEvent, float], None],
    ) -> None:
        self._log = log
        self._unseen: set[int] = set()  # connectors where a Stop of `stop_all` was not seen yet
        self.nodes: dict[int, Node] = {}
        for number, config in enumerate(configs, 1):
            named: Log = log if len(configs) == 1 else Named(log, f"connector {number}")
            on_bus = functools.partial(hears, number)
            self.nodes[number] = Node(config, codec, named, on_bus, KINDS, bursts_of=REPORTS)

    async def __aenter__(self) -> "Buses":
        async with contextlib.AsyncExitStack() as opened:
            for node in self.nodes.values():
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
        await asyncio.gather(*(node.__aexit__(None, None, None) for node in self.nodes.values()))

    async def wait_until_up(self) -> None:
        """Return when all buses work."""
        for node in self.nodes.values():
            await node.wait_until_up()
        if not all(node.marks_own for node in self.nodes.values()):
            self._log.info("can = %s", UNMARKED)

    def stop_all(self) -> None:
        """Send Stop on each, which no machine asked for."""
        self._unseen = set(self.nodes)
        for node in self.nodes.values():
            node.send(Stop(), OWN_STOP)

    def look_for_stop(self, number: int, event: NodeEvent) -> None:
        """After `stop_all`: what happened at a connector may be that its Stop was seen."""
        if event in (Sent(OWN_STOP), Late(OWN_STOP)):
            self._unseen.discard(number)

    @property
    def are_all_stopped(self) -> bool:
        """Whether each Stop of `stop_all` was seen."""
        return not self._unseen
