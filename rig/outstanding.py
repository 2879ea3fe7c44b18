"""The CALLs of ours that wait for an answer, each with its future and its timeout."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rig.logic.ocppj import CallError, CallResult
from rig.logic.secrets import hide_reason
from rig.schemas import response_of, violation

CALL_TIMEOUT = 30.0  # s to the answer of a CALL, where nothing else is configured


class CallFailed(Exception):
    """A CALL got a CALLERROR, of this code, or an invalid response; the text says which."""

    def __init__(self, text: str, code: str | None = None) -> None:
        super().__init__(text)
        self.code = code


class NoAnswer(CallFailed):
    """A CALL got no answer in time."""


@dataclass(slots=True)
class _Waiting:
    request: Any
    response: "asyncio.Future[Any]"
    within: float  # s to the answer
    deadline: float  # of the event loop


class Outstanding:
    """Finds the CALL that an answer belongs to. Once cancelled, it takes no more.

    `timeout` gives the time to an answer (s), as it is configured when a CALL leaves.
    """

    def __init__(self, timeout: Callable[[], float] = lambda: CALL_TIMEOUT) -> None:
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[str, _Waiting] = {}
        self._timer: asyncio.TimerHandle | None = None  # when to look for those that are overdue
        self._is_cancelled = False

    def add(self, unique_id: str, request: Any) -> "asyncio.Future[Any]":
        """A CALL is on its way; its typed response to be, or CallFailed."""
        response: asyncio.Future[Any] = self._loop.create_future()
        if self._is_cancelled:
            response.cancel()
            return response
        self.fail(unique_id, CallFailed("sent again"))
        within = self._timeout()
        deadline = self._loop.time() + within
        self._waiting[unique_id] = _Waiting(request, response, within, deadline)
        self._look_at(deadline)
        return response

    def resolve(self, answer: CallResult | CallError) -> Any:
        """Give an answer to whom it belongs; the typed response, for the log.

        None if it is no valid one. Raises LookupError where nobody waits for it.
        """
        waiting = self._waiting.pop(answer.unique_id)
        if waiting.response.done():
            raise LookupError(answer.unique_id)
        try:
            response = _response(waiting.request, answer)
        except CallFailed as error:
            waiting.response.set_exception(error)
            return None
        waiting.response.set_result(response)
        return response

    def cancel(self) -> None:
        """Nothing will be answered any more."""
        self._is_cancelled = True
        if self._timer:
            self._timer.cancel()
        for waiting in self._waiting.values():
            waiting.response.cancel()

    def fail(self, unique_id: str, error: CallFailed) -> None:
        """Give up a CALL."""
        waiting = self._waiting.pop(unique_id, None)
        if waiting and not waiting.response.done():
            waiting.response.set_exception(error)

    def _look_at(self, moment: float) -> None:
        """A timer that is too early stays: most CALLs are answered long before it matters."""
        if self._timer and self._timer.when() <= moment:
            return
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_at(moment, self._look)

    def _look(self) -> None:
        """Give up what is overdue."""
        self._timer, now = None, self._loop.time()
        for unique_id, waiting in list(self._waiting.items()):
            if waiting.deadline <= now:
                self.fail(unique_id, NoAnswer(f"no answer within {waiting.within:g} s"))
        if self._waiting:
            self._look_at(min(waiting.deadline for waiting in self._waiting.values()))


def _response(request: Any, answer: CallResult | CallError) -> Any:
    action = type(request).__name__
    if isinstance(answer, CallError):
        text = hide_reason(f"CALLERROR {answer.code}: {answer.description}", request)
        raise CallFailed(text, answer.code)
    if code := violation(action, answer.payload, response=True):
        raise CallFailed(f"its response breaks the schema ({code})")
    return response_of(action, answer.payload)
