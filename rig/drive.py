"""Runs one state machine of `logic/`: gives it events and the time, does what it returns."""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

EventT = TypeVar("EventT", contravariant=True)
OutputT = TypeVar("OutputT", covariant=True)
E = TypeVar("E")
O = TypeVar("O")  # noqa: E741


class Machine(Protocol[EventT, OutputT]):
    """The contract that `rig/logic/__init__.py` states."""

    @property
    def wake_at(self) -> float: ...

    def receive(self, event: EventT, now: float) -> Sequence[OutputT]: ...

    def tick(self, now: float) -> Sequence[OutputT]: ...


class Drive(Generic[E, O]):
    """A machine, its timer, and what to do with its outputs. Due work goes before new events."""

    def __init__(self, machine: Machine[E, O], do: Callable[[O], None]) -> None:
        self._machine, self._do = machine, do
        self._loop = asyncio.get_running_loop()
        self._events: list[E] = []  # seldom more than one; a deque would take 600 bytes
        self._busy = self._stopped = False
        self._timer: asyncio.TimerHandle | None = None
        self._arm()

    def feed(self, *events: E) -> None:
        """Give the machine events; from inside `do` they wait until its outputs are done."""
        self._events.extend(events)
        if self._busy or self._stopped:
            return
        self._busy = True
        try:
            self._work()
        finally:
            self._busy = False
        self._arm()

    def stop(self) -> None:
        """The machine gets nothing after."""
        self._stopped = True
        self._disarm()

    def _work(self) -> None:
        self._tick()
        while self._events:
            for output in self._machine.receive(self._events.pop(0), self._loop.time()):
                self._do(output)
            self._tick()

    def _tick(self) -> None:
        now = self._loop.time()
        if self._machine.wake_at <= now:
            for output in self._machine.tick(now):
                self._do(output)

    def _arm(self) -> None:
        self._disarm()
        if self._machine.wake_at < math.inf and not self._stopped:
            self._timer = self._loop.call_at(self._machine.wake_at, self.feed)

    def _disarm(self) -> None:
        if self._timer:
            self._timer.cancel()


def wall(now: float) -> float:
    """A time of the event loop as seconds since 1970."""
    return time.time() - asyncio.get_running_loop().time() + now
