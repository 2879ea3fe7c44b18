"""The CALLs of ours that wait for an answer: whom to tell what each comes to, and until when."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from rig.ocppj.logic.framing import CallError, CallResult
from rig.ocppj.schemas import response_of, violation
from rig.role.logic.secrets import hide_reason
from rig.role.logic.timeout import Timeout
from rig.role.timer import Timer

CALL_TIMEOUT = 30.0  # s to the answer of a CALL, where nothing else is configured


class CallFailed(Exception):
    """A CALL got a CALLERROR, of this code, or an invalid response; the text says which."""

    def __init__(self, text: str, code: str | None = None) -> None:
        super().__init__(text)
        self.code = code


class NoAnswer(CallFailed):
    """A CALL got no answer in time."""


Settle = Callable[[Any], None]  # gets the typed response, or CallFailed


class _Waiting(NamedTuple):
    request: Any
    settle: Settle
    within: float  # s to the answer
    timeout: Timeout


class Outstanding:
    """Finds the CALL that an answer belongs to. Once closed, nobody is told anything any more.

    `timeout` gives the time to an answer (s), as it is configured when a CALL leaves.
    """

    def __init__(self, timeout: Callable[[], float] = lambda: CALL_TIMEOUT) -> None:
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[str, _Waiting] = {}
        self._timer = Timer(self._look)  # for those that are overdue
        self.is_closed = False

    def add(self, unique_id: str, request: Any, settle: Settle) -> None:
        """A CALL is on its way. An older one of the same id has failed."""
        if self.is_closed:
            return
        self.fail(unique_id, CallFailed("sent again"))
        within = self._timeout()
        timeout = Timeout(within, self._loop.time())
        self._waiting[unique_id] = _Waiting(request, settle, within, timeout)
        self._timer.set(timeout.wake_at)

    def take(self, answer: CallResult | CallError) -> tuple[Any, Settle]:
        """What an answer says, and whom to tell. Raises LookupError where nobody waits for it."""
        waiting = self._waiting.pop(answer.unique_id)
        return _outcome(waiting.request, answer), waiting.settle

    def close(self) -> None:
        """Nothing will be answered any more."""
        self.is_closed = True
        self._timer.cancel()
        self._waiting.clear()

    def fail(self, unique_id: str, error: CallFailed) -> None:
        """Give up a CALL."""
        if waiting := self._waiting.pop(unique_id, None):
            waiting.settle(error)

    def _look(self) -> None:
        """Give up what is overdue."""
        now = self._loop.time()
        for unique_id, waiting in list(self._waiting.items()):
            if waiting.timeout.is_over(now):
                self.fail(unique_id, NoAnswer(f"no answer within {waiting.within:g} s"))
        if self._waiting:
            self._timer.set(min(waiting.timeout.wake_at for waiting in self._waiting.values()))


def _outcome(request: Any, answer: CallResult | CallError) -> Any:
    action = type(request).__name__
    if isinstance(answer, CallError):
        text = hide_reason(f"CALLERROR {answer.code}: {answer.description}", request)
        return CallFailed(text, answer.code)
    if code := violation(action, answer.payload, response=True):
        return CallFailed(f"its response breaks the schema ({code})")
    return response_of(action, answer.payload)
