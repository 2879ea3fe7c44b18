"""A charge point in this process: virtual buses, a bare central system, a real disk."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import can
import pytest

from rig.bus.dbc import read_codec
from rig.cp.csms_link import CsmsLink
from rig.cp.life import Equipment, Life
from rig.cp.logic.shared import Identity, Settings
from rig.cp.state import State
from rig.role.bench import Bench
from tests.cp.disks import LOG
from tests.peers import CentralSystem, End
from tests.processes import PATIENCE

ACCEPTED = {"status": "Accepted"}


class GatedState(State):
    """A disk that may take its time."""

    def __init__(self, path: str) -> None:
        super().__init__(path, LOG)
        self.is_slow = False
        self._late: list[tuple[Any, Callable[[], None]]] = []

    def keep(self, values: Any, done: Callable[[], None]) -> None:
        if self.is_slow:
            self._late.append((values, done))
        else:
            super().keep(values, done)

    def go_on(self) -> None:
        """Write what waits."""
        self.is_slow, late, self._late = False, self._late, []
        for values, done in late:
            super().keep(values, done)


class Site:
    """A charge point with its buses and its state, and the lives that it has."""

    def __init__(self, folder: Path, name: str, csms: CentralSystem, connectors: int) -> None:
        self.configs: list[dict[str, Any]] = [
            {"interface": "virtual", "channel": f"{name}-{number}", "ignore_config": True}
            for number in range(1, connectors + 1)
        ]
        self.others = [can.Bus(**config) for config in self.configs]
        self.state = GatedState(str(folder / "state.db"))
        self.equipment = Equipment(
            "CP_1",
            Settings(Identity("v", "m", "1"), connectors=connectors),
            read_codec(Bench()),
            self.configs,
            self.state,
            CsmsLink(csms.url, "CP_1", LOG),
            None,
            LOG,
        )
        self.csms = csms

    @asynccontextmanager
    async def life(self) -> AsyncIterator[tuple[Life, End, "asyncio.Task[None]"]]:
        """One life, its connection once it has booted, and what it lives in."""
        async with Life(self.equipment) as point:
            await asyncio.wait_for(point.wait_until_up(), PATIENCE)
            living = asyncio.create_task(point.live())
            try:
                end = await asyncio.to_thread(self.csms.connected)
                await heard(end, "StatusNotification", connectorId=len(self.configs))
                # Its first Stop has come back from the bus: no Start is accepted before.
                assert await point._until(lambda: point.is_stopped, PATIENCE)
                yield point, end, living
            finally:
                self.state.go_on()
                living.cancel()
                await asyncio.gather(living, return_exceptions=True)

    async def frames(self, connector: int, until: str) -> list[str]:
        """What the bus of a connector carries next, up to this frame."""
        seen: list[str] = []
        while until not in seen:
            message = await asyncio.to_thread(self.others[connector - 1].recv, PATIENCE)
            assert message is not None, f"{until} never came after {seen}"
            seen.append(f"{message.arbitration_id:03X}#{message.data.hex().upper()}")
        return seen

    def close(self) -> None:
        for other in self.others:
            other.shutdown()
        self.state.close()


async def heard(end: End, action: str, **fields: Any) -> Any:
    return await asyncio.to_thread(end.until, action, **fields)


async def asked(end: End, action: str, **payload: Any) -> Any:
    return await asyncio.to_thread(end.ask, action, payload)


@asynccontextmanager
async def site(
    folder: Path, name: str, connectors: int = 1, script: dict[str, Any] | None = None
) -> AsyncIterator[Site]:
    with CentralSystem(script) as csms:
        built = Site(folder, name, csms, connectors)
        try:
            yield built
        finally:
            built.close()


@pytest.fixture
async def built(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    """With one connector, or what a test says."""
    async with site(tmp_path, request.node.name, **getattr(request, "param", {})) as made:
        yield made


TWO = pytest.mark.parametrize("built", [{"connectors": 2}], indirect=True, ids=["two connectors"])
