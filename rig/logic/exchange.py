"""What the OCPP side of a machine sees and does, and the queue that keeps one CALL outstanding.

Requests and responses are the typed classes of `ocpp.v16.call` and `ocpp.v16.call_result`.
"""

from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from ocpp.v16 import call


@dataclass(frozen=True, slots=True)
class Connected:
    """The WebSocket is open."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The WebSocket is gone; what was outstanding will not be answered."""

    why: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The peer's CALL, valid by its schema; to be answered with Answer or Refuse."""

    unique_id: str
    request: Any


@dataclass(frozen=True, slots=True)
class Answered:
    """The peer's response to our request."""

    request: Any
    response: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """Our request got a CALLERROR, which has a code, an invalid response, or none in time."""

    request: Any
    why: str
    code: str | None = None
    in_time: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """Send a CALLRESULT."""

    unique_id: str
    response: Any


@dataclass(frozen=True, slots=True)
class Refuse:
    """Send a CALLERROR."""

    unique_id: str
    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Send a CALL. Answered or Failed comes back, or Disconnected.

    `unique_id` only where it is sent again, or may have to be (errata OCPP-J 3.7); else a new one.
    """

    request: Any
    unique_id: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the log."""

    text: str
    is_warning: bool = False


Exchange = Connected | Disconnected | Asked | Answered | Failed
Output = Answer | Refuse | Ask | Note

UNKNOWN_TRANSACTION = -1  # id of a transaction whose start was never answered, errata 3.18


class Outbox:
    """Requests in order, one outstanding at a time (OCPP-J 1.6, 4.1.1).

    Only the newest waiting MeterValues of a transaction is kept: a slow peer gets fewer values,
    never older ones; what is left out is counted. A request cut off by a lost connection is sent
    again on the next one, except MeterValues of no transaction.

    Transactions have negative stand-ins here, each replaced by its id when it is sent.
    """

    def __init__(self) -> None:
        self._waiting: deque[Any] = deque()
        self._outstanding: Any = None  # as it was sent
        self._original: Any = None  # the same as it was put, with the stand-in
        self._is_open = False
        self._transactions: dict[int, int] = {}
        self.left_out = 0

    def __len__(self) -> int:
        return len(self._waiting) + (self._outstanding is not None)

    @property
    def is_idle(self) -> bool:
        """Whether a request put now would be sent at once."""
        return self._is_open and len(self) == 0

    def open(self) -> list[Ask]:
        """The peer may be asked from now on."""
        self._is_open = True
        return self._next()

    def close(self) -> None:
        """The connection is gone, and a BootNotification with it: each one has its own."""
        self._is_open = False
        if self._original is not None and not _is_idle_sample(self._original):
            self._waiting.appendleft(self._original)
        self._outstanding = self._original = None
        boots = [item for item in self._waiting if isinstance(item, call.BootNotification)]
        for boot in boots:
            self._waiting.remove(boot)

    def put(self, request: Any) -> list[Ask]:
        """Queue a request."""
        self._leave_out_older(request)
        self._waiting.append(request)
        return self._next()

    def put_first(self, request: Any) -> list[Ask]:
        """Ask this before everything that waits, even before the box is open (BootNotification)."""
        if self._outstanding is None:
            self._outstanding = self._original = request
            return [Ask(request)]
        self._waiting.appendleft(request)
        return []

    def done(self, request: Any) -> list[Ask]:
        """The outstanding request was answered or given up."""
        if request is self._outstanding:
            if isinstance(self._original, call.StopTransaction):
                self._transactions.pop(self._original.transaction_id, None)
            self._outstanding = self._original = None
        return self._next()

    def name_transaction(self, stand_in: int, transaction_id: int) -> None:
        """The id of a transaction is known now."""
        self._transactions[stand_in] = transaction_id

    def _next(self) -> list[Ask]:
        if not self._is_open or self._outstanding is not None or not self._waiting:
            return []
        self._original = self._waiting.popleft()
        self._outstanding = self._named(self._original)
        return [Ask(self._outstanding)]

    def _named(self, request: Any) -> Any:
        stand_in = getattr(request, "transaction_id", None)
        if stand_in is None or stand_in >= 0:
            return request
        known = self._transactions.get(stand_in)
        if known is None and isinstance(request, call.MeterValues):
            return replace(request, transaction_id=None)
        return replace(request, transaction_id=UNKNOWN_TRANSACTION if known is None else known)

    def _leave_out_older(self, request: Any) -> None:
        if not isinstance(request, call.MeterValues):
            return
        older = [item for item in self._waiting if _same_meter(item, request)]
        for item in older:
            self._waiting.remove(item)
        self.left_out += len(older)


def _same_meter(one: Any, other: call.MeterValues) -> bool:
    return (
        isinstance(one, call.MeterValues)
        and one.connector_id == other.connector_id
        and one.transaction_id == other.transaction_id
    )


def _is_idle_sample(request: Any) -> bool:
    return isinstance(request, call.MeterValues) and request.transaction_id is None
