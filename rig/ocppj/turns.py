"""When the texts of one connection are served: so that no peer has more than its share.

One text has each turn of the event loop. What is here in the same turn as the text before it was
sent without waiting for an answer, and who sends faster than logic/rate_limit.py allows is held up;
so is the next CALL of one that has had too many rows written.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from rig.ocppj.logic.rate_limit import LONG, Pace, Quota


class _LoopTurn:
    """Which turn of its event loop this is: one callback in each turn that is asked for, however
    many connections ask."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._ends = loop, False
        self.number = 0

    def end(self) -> int:
        """See to it that this turn ends; its number."""
        if not self._ends:
            self._ends = True
            self._loop.call_soon(self._next)
        return self.number

    def _next(self) -> None:
        self.number, self._ends = self.number + 1, False


_LOOP_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopTurn] = WeakKeyDictionary()


class Turns:
    """Of the texts of one connection. `on_held` is told why each that is held up is."""

    def __init__(
        self, connection: Any, on_held: Callable[[str], None], quota: Quota | None = None
    ) -> None:
        self._connection, self._on_held, self._quota = connection, on_held, quota
        self._loop = asyncio.get_running_loop()
        self._pace = Pace(self._loop.time())
        self._turn = _LOOP_TURNS.setdefault(self._loop, _LoopTurn(self._loop))
        self._last = -1  # the turn of the text before
        self._is_ahead = self._is_waiting = False
        self._owes = quota is not None  # perhaps, from the connection before

    def is_free(self, length: int) -> bool:
        """Whether a text of so many bytes may be served now; else it has to wait for its turn."""
        is_over = self._last != self._turn.number
        if is_over and not self._is_waiting and length < LONG and not self._owes:
            return True
        self._is_ahead |= not is_over
        return False

    async def wait(self, length: int, *, is_call: bool) -> None:
        """Wait for the turn of a text of so many characters; until `begin`, none is free.

        Raises ConnectionAbortedError if the connection is closed meanwhile.
        """
        self._is_waiting = True
        if is_call and self._owes:
            await self._pay()
        is_ahead = self._is_ahead or self._last == self._turn.number
        if not is_ahead and length < LONG:
            return
        held = self._pace.wait(length, self._loop.time(), ahead=is_call and is_ahead)
        if held == 0:
            await asyncio.sleep(0)
        else:
            self._on_held("it sends faster than it may")
            await self._hold(held)

    def begin(self) -> None:
        """The turn of a text begins."""
        self._is_ahead = self._is_waiting = False
        self._last = self._turn.end()

    def charge(self, request: Any, length: int) -> None:
        """The rows of this request, whose text has so many characters, will be written."""
        if self._quota:
            self._owes = self._quota.charge(request, length, self._loop.time()) > 0.0

    async def _pay(self) -> None:
        assert self._quota
        owed = self._quota.owed(self._loop.time())
        if owed > 0.0:
            self._on_held("it has the database written faster than it may")
            await self._hold(owed)
        self._owes = False

    async def _hold(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._connection.wait_closed()
                raise ConnectionAbortedError("it closed the connection")
