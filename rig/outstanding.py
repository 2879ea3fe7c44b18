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
    timer: asyncio.TimerHandle


class Outstanding:
    """Finds the CALL that an answer belongs to. Once cancelled, it takes no more.

    `timeout` gives the time to an answer (s), as it is configured when a CALL leaves.
    """

    def __init__(self, timeout: Callable[[], float] = lambda: CALL_TIMEOUT) -> None:
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[str, _Waiting] = {}
        self._is_cancelled = False

    def add(self, unique_id: str, request: Any) -> "asyncio.Future[Any]":
        """A CALL is on its way; its typed response to be, or CallFailed."""
        response: asyncio.Future[Any] = self._loop.create_future()
        if self._is_cancelled:
            response.cancel()
            return response
        self.fail(unique_id, CallFailed("sent again"))
        within = self._timeout()
        timed_out = NoAnswer(f"no answer within {within:g} s")
        timer = self._loop.call_later(within, self.fail, unique_id, timed_out)
        self._waiting[unique_id] = _Waiting(request, response, timer)
        return response

    def resolve(self, answer: CallResult | CallError) -> Any:
        """Give an answer to whom it belongs; the typed response, for the log.

        None if it is no valid one. Raises LookupError where nobody waits for it.
        """
        waiting = self._waiting.pop(answer.unique_id)
        waiting.timer.cancel()
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
        for waiting in self._waiting.values():
            waiting.timer.cancel()
            waiting.response.cancel()

    def fail(self, unique_id: str, error: CallFailed) -> None:
        """Give up a CALL."""
        waiting = self._waiting.pop(unique_id, None)
        if waiting and not waiting.response.done():
            waiting.timer.cancel()
            waiting.response.set_exception(error)


def _response(request: Any, answer: CallResult | CallError) -> Any:
    action = type(request).__name__
    if isinstance(answer, CallError):
        text = hide_reason(f"CALLERROR {answer.code}: {answer.description}", request)
        raise CallFailed(text, answer.code)
    if code := violation(action, answer.payload, response=True):
        raise CallFailed(f"its response breaks the schema ({code})")
    return response_of(action, answer.payload)
