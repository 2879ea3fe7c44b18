"""The buses of one charge point, on python-can's virtual bus."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import can
import pytest

from rig.bus.dbc import read_codec
from rig.bus.logic.link import LinkUp, Sent
from rig.bus.logic.messages import Current, Start
from rig.bus.node import Node, NodeEvent
from rig.cp.buses import Buses
from rig.role.bench import Bench
from rig.role.errors import UserError
from tests.event_loop import turn
from tests.processes import PATIENCE

LOG = logging.getLogger("rig.test")


class Two:
    """Two buses, another sender on each, and what is told."""

    def __init__(self, name: str) -> None:
        self.configs: list[dict[str, Any]] = [
            {"interface": "virtual", "channel": f"{name}-{number}", "ignore_config": True}
            for number in (1, 2)
        ]
        self.events: list[tuple[int, NodeEvent]] = []
        self._came = asyncio.Event()
        self.buses = Buses(self.configs, read_codec(Bench()), LOG, self._hear)

    def _hear(self, number: int, event: NodeEvent, _: float) -> None:
        self.events.append((number, event))
        self.buses.look_for_stop(number, event)
        self._came.set()

    async def until(self, *event: Any) -> None:
        while event not in self.events:
            self._came.clear()
            await asyncio.wait_for(self._came.wait(), PATIENCE)


@asynccontextmanager
async def two(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Two, list[can.BusABC]]]:
    built = Two(request.node.name)
    others = [can.Bus(**config) for config in built.configs]
    try:
        async with built.buses:
            await asyncio.wait_for(built.buses.wait_until_up(), PATIENCE)
            yield built, others
    finally:
        for other in others:
            other.shutdown()


async def test_each_event_comes_with_the_number_of_its_connector(
    request: pytest.FixtureRequest,
) -> None:
    async with two(request) as (built, others):
        await built.until(1, LinkUp())
        await built.until(2, LinkUp())
        assert [node.is_up for node in built.buses.nodes.values()] == [True, True]
        others[1].send(can.Message(arbitration_id=0x300, data=[20, 0], is_extended_id=False))
        await built.until(2, Current(20))


async def test_what_becomes_of_a_frame_comes_back_under_the_key_of_its_sender(
    request: pytest.FixtureRequest,
) -> None:
    async with two(request) as (built, others):
        built.buses.nodes[2].send(Start(), 77)
        await built.until(2, Sent(77))
        frame = await asyncio.to_thread(others[1].recv, PATIENCE)
        assert frame is not None
        assert frame.arbitration_id == 0x200
        assert others[0].recv(0) is None


async def test_a_stop_that_no_machine_asked_for_is_waited_for_on_each_bus(
    request: pytest.FixtureRequest,
) -> None:
    async with two(request) as (built, others):
        built.buses.stop_all()
        assert not built.buses.are_all_stopped
        await built.until(1, Sent(0))
        await built.until(2, Sent(0))
        assert built.buses.are_all_stopped
        frames = [await asyncio.to_thread(other.recv, PATIENCE) for other in others]
        assert [frame and frame.arbitration_id for frame in frames] == [0x201, 0x201]


async def test_where_one_does_not_open_none_stays_open() -> None:
    built = Two("one of them")
    built.configs[1] = {"interface": "nonsense", "channel": "x"}
    buses = Buses(built.configs, read_codec(Bench()), LOG, built._hear)
    with pytest.raises(UserError):
        async with buses:
            pytest.fail("it opened")
    assert not buses.nodes[1].is_up


async def test_all_are_closed_at_once(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backend takes 0.2 s to close, a charge point has 64 of them, and `rig up` waits 5 s."""
    closing, close = list[Node](), Node.__aexit__

    async def together(node: Node, *error: Any) -> None:
        closing.append(node)
        while len(closing) < 2:
            await turn()
        await close(node, *error)

    monkeypatch.setattr(Node, "__aexit__", together)
    async with asyncio.timeout(PATIENCE), two(request):
        pass
