"""Write-ahead: what must outlast a crash is on the disk before anybody hears of what follows."""

import asyncio
import functools
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from rig.cp.logic.kept import Keep
from rig.cp.state import State
from rig.role.timer import Timer

WAIT = 0.5  # s until what may wait is written; mostly with what may not

Action = Callable[[], None]
T = TypeVar("T")


class WriteAhead:
    """Does actions in order, each after everything that was to be kept before it is on the disk.

    What is kept in one turn of the event loop is written in one piece.
    """

    def __init__(self, state: State) -> None:
        self._state, self._loop = state, asyncio.get_running_loop()
        self._values: list[Keep[Any, Any]] = []  # of this turn of the event loop
        self._may_wait: dict[tuple[str, Any], Keep[Any, Any]] = {}
        self._timer = Timer(self._waited)
        self._batches = self._on_disk = 0
        self._later: deque[tuple[int, Action]] = deque()  # with the batch that each waits for
        self._settled = asyncio.Event()
        self._settled.set()

    def keep(self, value: Keep[Any, Any]) -> None:
        """Keep a value."""
        self._settled.clear()
        if value.section.may_wait and not self._values:
            self._may_wait[value.section.name, value.key] = value
            self._timer.set(self._loop.time() + WAIT)
            return
        if not self._values:
            self._begin_batch()
        self._values.append(value)

    def then(self, action: Action) -> None:
        """Do this when all that was kept so far is on the disk: at once, if it is."""
        if self._batches == self._on_disk:
            action()
        else:
            self._later.append((self._batches, action))

    def carry_out(self, outputs: Iterable[T | Keep[Any, Any]], do: Callable[[T], None]) -> None:
        """Keep what is to be kept, and do each other output after what was kept before it."""
        for output in outputs:
            if isinstance(output, Keep):
                self.keep(output)
            else:
                self.then(functools.partial(do, output))

    async def settled(self) -> None:
        """Wait until all is on the disk and done."""
        self._waited()
        await self._settled.wait()

    def _waited(self) -> None:
        if self._may_wait and not self._values:
            self._begin_batch()

    def _begin_batch(self) -> None:
        self._batches += 1
        self._loop.call_soon(self._write)

    def _write(self) -> None:
        values = [*self._may_wait.values(), *self._values]
        self._may_wait.clear()
        self._values = []
        self._state.keep(values, self._written)

    def _written(self) -> None:
        self._on_disk += 1
        while self._later and self._later[0][0] <= self._on_disk:
            self._later.popleft()[1]()
        if self._batches == self._on_disk and not self._may_wait:
            self._settled.set()
