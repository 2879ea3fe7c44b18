"""Keeps on the disk what must outlast a crash, before anybody hears of what follows from it."""

import asyncio
from collections import deque
from collections.abc import Callable

from rig.logic.cp.kept import Keep
from rig.state import State

Action = Callable[[], None]


class Durable:
    """Does actions in order, each after everything that was to be kept before it is on the disk.

    What is kept in one turn of the event loop is written in one piece.
    """

    def __init__(self, state: State) -> None:
        self._state, self._loop = state, asyncio.get_running_loop()
        self._values: list[Keep] = []  # of this turn of the event loop
        self._batches = self._on_disk = 0
        self._later: deque[tuple[int, Action]] = deque()  # with the batch that each waits for
        self._settled = asyncio.Event()
        self._settled.set()

    def keep(self, value: Keep) -> None:
        """Keep a value."""
        if not self._values:
            self._batches += 1
            self._settled.clear()
            self._loop.call_soon(self._write)
        self._values.append(value)

    def then(self, action: Action) -> None:
        """Do this when all that was kept so far is on the disk: at once, if it is."""
        if self._batches == self._on_disk:
            action()
        else:
            self._later.append((self._batches, action))

    async def settled(self) -> None:
        """Wait until all is on the disk and done."""
        await self._settled.wait()

    def _write(self) -> None:
        values, self._values = self._values, []
        self._state.keep(values, self._written)

    def _written(self) -> None:
        self._on_disk += 1
        while self._later and self._later[0][0] <= self._on_disk:
            self._later.popleft()[1]()
        if self._batches == self._on_disk:
            self._settled.set()
