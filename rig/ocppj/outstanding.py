"""The CALLs of ours that wait for an answer: what each comes to, and until when."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from rig.ocppj.logic.exchange import Answered, Failed, Incoming
from rig.ocppj.logic.framing import CallError, CallResult
from rig.ocppj.schemas import response_of, violation
from rig.role.logic.secrets import hide_reason
from rig.role.logic.timeout import Timeout
from rig.role.timer import Timer

CALL_TIMEOUT = 30.0  # s to the answer of a CALL, where nothing else is configured


Feed = Callable[[Incoming], None]


class _Waiting(NamedTuple):
    request: Any
    within: float  # s to the answer
    patience: Timeout


class Outstanding:
    """Finds the CALL that an answer belongs to. `feed` gets those that fail without one; once
    closed, nothing any more.

    `timeout` gives the time to an answer (s), as it is configured when a CALL leaves.
    """

    def __init__(self, feed: Feed, timeout: Callable[[], float] = lambda: CALL_TIMEOUT) -> None:
        self._feed, self._timeout = feed, timeout
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[str, _Waiting] = {}
        self._timer = Timer(self._look)  # for those that are overdue
        self.is_closed = False

    def add(self, unique_id: str, request: Any) -> None:
        """A CALL is on its way. An older one of the same id has failed."""
        if self.is_closed:
            return
        self.fail(unique_id, "sent again")
        within = self._timeout()
        patience = Timeout(within, self._loop.time())
        self._waiting[unique_id] = _Waiting(request, within, patience)
        self._timer.set(patience.wake_at)

    def take(self, answer: CallResult | CallError) -> Answered | Failed:
        """What an answer says. Raises LookupError where nothing waits for it."""
        return _outcome(self._waiting.pop(answer.unique_id).request, answer)

    def close(self) -> None:
        """Nothing will be answered any more."""
        self.is_closed = True
        self._timer.cancel()
        self._waiting.clear()

    def fail(self, unique_id: str, why: str, *, in_time: bool = True) -> None:
        """Give up a CALL."""
        if waiting := self._waiting.pop(unique_id, None):
            self._feed(Failed(waiting.request, why, in_time=in_time))

    def _look(self) -> None:
        """Give up what is overdue."""
        now = self._loop.time()
        for unique_id, waiting in list(self._waiting.items()):
            if waiting.patience.is_over(now):
                self.fail(unique_id, f"no answer within {waiting.within:g} s", in_time=False)
        if self._waiting:
            self._timer.set(min(waiting.patience.wake_at for waiting in self._waiting.values()))


def _outcome(request: Any, answer: CallResult | CallError) -> Answered | Failed:
    action = type(request).__name__
    if isinstance(answer, CallError):
        text = hide_reason(f"CALLERROR {answer.code}: {answer.description}", request)
        return Failed(request, text, answer.code)
    if code := violation(action, answer.payload, response=True):
        return Failed(request, f"its response breaks the schema ({code})")
    return Answered(request, response_of(action, answer.payload))
