"""The watcher's ear on an embedded bus, where the clock of the wall leaps."""

import asyncio
import logging
import time

import pytest

from rig.bus.dbc import read_codec
from rig.bus.logic.link import LinkDown, LinkUp
from rig.detect.events import Event, OnBus
from rig.role.bench import Bench
from rig.watch.live import Live
from tests.processes import PATIENCE


class Heard:
    """A machine that keeps what it was given, and each whole second."""

    def __init__(self) -> None:
        self.events: list[tuple[float, object]] = []
        self.seconds: list[float] = []
        self.changed = asyncio.Event()

    def receive(self, event: Event, now: float) -> list[None]:
        self.events.append((now, event.event if isinstance(event, OnBus) else event))
        self.changed.set()
        return []

    def tick(self, now: float) -> list[None]:
        self.seconds.append(now)
        self.changed.set()
        return []

    async def until(self, events: int, seconds: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self.events) < events or len(self.seconds) < seconds:
                self.changed.clear()
                await self.changed.wait()


@pytest.mark.parametrize("leap", [-3600.0, 3600.0])
async def test_where_the_clock_leaps_all_begins_anew_and_no_second_is_made_up(
    leap: float, bus: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = {"interface": "remote", "channel": bus[3]}
    heard, true = Heard(), time.time
    live = Live(
        [config], read_codec(Bench()), logging.getLogger("test"), heard, lambda _: None, None
    )
    async with live:
        await heard.until(events=1, seconds=1)
        before = true()
        monkeypatch.setattr(time, "time", lambda: true() + leap)
        await heard.until(events=3, seconds=3)
        monkeypatch.undo()
    (_, up), (down_at, down), (up_at, again) = heard.events[:3]
    assert [up, down, again] == [
        LinkUp(), LinkDown("the clock was set, or this machine slept"), LinkUp(),
    ]  # fmt: skip
    assert down_at == up_at == pytest.approx(before + leap, abs=PATIENCE)
    assert len(heard.seconds) < 2 * PATIENCE
    assert any(second - before == pytest.approx(leap, abs=PATIENCE) for second in heard.seconds)
