"""What a wire calls back, for the tests of both kinds."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from rig.bus.logic.messages import Frame
from tests.processes import PATIENCE


@dataclass
class Heard:
    """What a wire called back, and a way to wait for it."""

    frames: list[tuple[Frame, bool, float]] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)  # s of the event loop
    failures: list[str] = field(default_factory=list)
    garbled: list[str] = field(default_factory=list)
    downs: list[int] = field(default_factory=list)  # frames before each
    done: list[str | None] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def on_frame(
        self, frame: Frame, own: bool, is_local: bool | None, stamp: float, at: float
    ) -> None:
        self.frames.append((frame, own, stamp))
        self.arrivals.append(at)
        self.changed.set()

    def on_failure(self, why: str) -> None:
        self.failures.append(why)
        self.changed.set()

    def on_garbled(self, why: str) -> None:
        self.garbled.append(why)
        self.changed.set()

    def on_down(self) -> None:
        self.downs.append(len(self.frames))
        self.changed.set()

    def on_done(self, why: str | None) -> None:
        self.done.append(why)
        self.changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self.changed.clear()
                await self.changed.wait()
