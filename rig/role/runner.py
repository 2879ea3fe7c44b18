"""Runs one state machine of `logic/`: gives it events and the time, does what it returns."""

import asyncio
import math
import time
from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

from rig.role.timer import Timer

PAUSE = 0.1  # s from a failure to what is due, so that a machine that always fails starves nobody

EventT = TypeVar("EventT", contravariant=True)
OutputT = TypeVar("OutputT", covariant=True)
E = TypeVar("E")
O = TypeVar("O")  # noqa: E741


class Machine(Protocol[EventT, OutputT]):
    """The contract that `rig/__init__.py` states."""

    @property
    def wake_at(self) -> float: ...

    def receive(self, event: EventT, now: float) -> Iterable[OutputT]: ...

    def tick(self, now: float) -> Iterable[OutputT]: ...


class Runner(Generic[E, O]):
    """A machine, its timer, and what to do with its outputs. Due work goes before new events.

    What the machine or `do` raises is the caller's; what is due is done none the less, later.
    The machine's `wake_at` is asked for after each call of it, and changes by nothing else. The
    time that it is given never goes back.
    """

    def __init__(self, machine: Machine[E, O], do: Callable[[O], None]) -> None:
        self._machine, self._do = machine, do
        self._loop = asyncio.get_running_loop()
        # With when they happened. Seldom more than one; a deque would take 600 bytes.
        self._events: list[tuple[E, float]] = []
        self._busy = self._stopped = False
        self._wake_at, self._latest = machine.wake_at, -math.inf
        self._timer = Timer(self.feed)
        self._arm()

    def feed(self, *events: E, at: float = math.inf) -> None:
        """Give the machine events; from inside `do` they wait until its outputs are done.

        `at`: when they happened (s of the event loop), for a machine that watches and sends
        nothing; what is due later than that is left for others that happened before. Else now.
        """
        self._events.extend((event, at) for event in events)
        if self._busy or self._stopped:
            return
        self._busy = True
        try:
            self._work()
        except Exception:
            self._arm_again()
            raise
        finally:
            self._busy = False
        self._arm()

    def stop(self) -> None:
        """The machine gets nothing after."""
        self._stopped = True
        self._timer.cancel()

    def _work(self) -> None:
        if not self._events:
            self._tick(self._loop.time())
        while self._events:
            event, at = self._events[0]
            now = max(self._latest, min(at, self._loop.time()))
            self._tick(now)
            del self._events[0]
            self._carry_out(self._machine.receive(event, now))
            self._tick(now)

    def _tick(self, now: float) -> None:
        self._latest = now
        if self._wake_at <= now:
            self._carry_out(self._machine.tick(now))

    def _carry_out(self, outputs: Iterable[O]) -> None:
        for output in outputs:
            self._do(output)
        self._wake_at = self._machine.wake_at

    def _arm(self) -> None:
        if not self._stopped:
            self._timer.set(self._wake_at)

    def _arm_again(self) -> None:
        """After a failure: for what is due now, and for the events that waited behind it."""
        self._wake_at = self._machine.wake_at
        if not self._stopped:
            soon = self._loop.time() + PAUSE
            self._timer.set(soon if self._events else max(soon, self._wake_at))


def wall_clock() -> Callable[[float], float]:
    """Turns a time of the running event loop into seconds since 1970."""
    loop = asyncio.get_running_loop()
    return lambda now: time.time() - loop.time() + now
