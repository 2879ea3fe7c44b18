"""What the charge point tells the central system: in order, one outstanding at a time.

StartTransaction, StopTransaction and the meter values of a transaction are kept until they are
answered; the others may overtake them while they wait to be tried again, or for a disk that cannot
be read. Live values are never kept: the newest of a connector replaces one that waits. Sources:
OCPP 1.6 edition 2, 3.7 and 3.7.1 (queueing, retries), errata 3.18 (transaction -1), OCPP-J 1.6,
4.1.1 (one CALL outstanding).
"""

import math
from collections import deque
from dataclasses import replace
from typing import Any

from ocpp.v16 import call

from rig.cp.logic.events import Fetched, Output
from rig.cp.logic.kept import Fetch, Keep
from rig.cp.logic.saved import DISCARDED, NAMES, QUEUE, QueuedRequest, Saved
from rig.ocppj.logic.exchange import Ask, Note

UNKNOWN_TRANSACTION = -1  # the id of a transaction whose start was never answered, errata 3.18


PORTION = 100  # requests that are read at once
FEW = 20  # with fewer in memory the next ones are fetched


class RequestQueue:
    """What is kept until it is answered: the oldest in memory, the rest on the disk.

    A charge point may be away from its central system for months. At most PORTION requests and a
    few more are in memory (`near`, the oldest first); before they run out the next ones are
    fetched, and meanwhile it may be empty. `saved` has the first portion.
    """

    def __init__(self, saved: Saved) -> None:
        self.near = deque(saved.queue)
        self._beyond = saved.beyond.queue  # requests
        # number of the last request that was in memory
        self._last = max(saved.beyond.last, self.near[-1].number if self.near else 0)
        self._is_fetching = False
        self._since = 0  # requests that came since the last Fetch, and went beyond

    def __len__(self) -> int:
        return len(self.near) + self._beyond

    def append(self, queued: QueuedRequest) -> None:
        """A request that was just kept: it stays on the disk alone if older ones do."""
        if self._beyond or len(self.near) >= PORTION:
            self._beyond += 1
            self._since += 1
        else:
            self.near.append(queued)
            self._last = queued.number

    def replace_first(self, queued: QueuedRequest) -> None:
        """The oldest one was tried once more."""
        self.near[0] = queued

    def drop_first(self) -> None:
        """The oldest one is answered, or given up."""
        self.near.popleft()

    def fetch(self) -> list[Fetch]:
        """Ask for the next ones, if it is time."""
        if self._is_fetching or not self._beyond or len(self.near) >= FEW:
            return []
        self._is_fetching, self._since = True, 0
        return [Fetch(self._last)]

    def fetched(self, portion: Fetched) -> None:
        """The next ones. None at all: what lay there is lost, but not what came since."""
        self._is_fetching, self._last = False, portion.last
        self.near.extend(portion.requests)
        self._beyond = max(0, self._beyond - portion.found) if portion.found else self._since


class Delivery:
    """The requests of one charge point. `boot` makes the ids of this life unlike any other's."""

    def __init__(self, boot: str, saved: Saved) -> None:
        self._boot = boot
        self._kept = RequestQueue(saved)
        self._names = dict(saved.names)
        self.discarded = saved.beyond.discarded
        self._next_number = 1 + saved.last_number
        self._first: deque[QueuedRequest] = deque()  # that need not wait until it is open
        self._others: deque[QueuedRequest] = deque()
        self._outstanding: QueuedRequest | None = None
        self._sent: Any = None  # the request as it went out
        self._is_open = False
        self.wake_at = math.inf  # before, no kept request is tried again
        self.left_out = 0
        self.nameless: set[int] = set()  # our numbers of the transactions that will get no id

    def __len__(self) -> int:
        """Requests that the central system did not answer yet."""
        outstanding = self._outstanding is not None and self._outstanding.unique_id is None
        return len(self._kept) + len(self._first) + len(self._others) + outstanding

    @property
    def is_open(self) -> bool:
        """Whether the central system may be told things."""
        return self._is_open

    @property
    def is_idle(self) -> bool:
        """Whether a request told now would go out at once."""
        return self._is_open and self._outstanding is None

    def tick(self) -> list[Output]:
        """Try the oldest kept request again."""
        self.wake_at = math.inf
        return self._next()

    def open(self) -> list[Output]:
        """The central system accepts this charge point: it may be told things."""
        self._is_open = True
        return [*self._kept.fetch(), *self._next()]

    def fetched(self, portion: Fetched) -> list[Output]:
        """The next requests were read from the disk."""
        self._kept.fetched(portion)
        return [*self._kept.fetch(), *self._next()]

    def close(self) -> list[Any]:
        """The connection is gone, or not accepted any more. Returns what will never be asked.

        A request cut off goes out again on the next connection, and not as another attempt; what
        only made sense at its moment does not.
        """
        self._is_open = False
        if self._outstanding and self._outstanding.unique_id is None:
            self._others.appendleft(self._outstanding)
        self._others.extendleft(reversed(self._first))
        self._outstanding = self._sent = None
        self._first.clear()
        gone = [queued for queued in self._others if not _lasts(queued.request)]
        self._others = deque(queued for queued in self._others if _lasts(queued.request))
        self.left_out += sum(queued.is_live for queued in gone)
        return [queued.request for queued in gone]

    def tell(self, request: Any) -> list[Output]:
        """Tell this in its turn."""
        self._others.append(QueuedRequest(self.new_number(), request))
        return self._next()

    def tell_first(self, request: Any) -> list[Output]:
        """Tell this before all else, even before the delivery is open (BootNotification)."""
        self._first.append(QueuedRequest(self.new_number(), request))
        return self._next()

    def tell_live(self, request: call.MeterValues, transaction: int | None) -> list[Output]:
        """Tell what a connector measures now; an older value of it that waits is left out."""
        if older := [queued for queued in self._others if _is_older(queued, request)]:
            self.left_out += len(older)
            self._others = deque(queued for queued in self._others if queued not in older)
        self._others.append(QueuedRequest(self.new_number(), request, transaction, is_live=True))
        return self._next()

    def tell_for_certain(self, request: Any, transaction: int | None) -> list[Output]:
        """Keep this until it is answered. `transaction`: our own number of the one it is of."""
        number = self.new_number()
        queued = QueuedRequest(number, request, transaction, f"{self._boot}-{number}")
        self._kept.append(queued)
        return [Keep(QUEUE, number, queued), *self._next()]

    def name(self, transaction: int, transaction_id: int) -> list[Output]:
        """The central system gave a transaction its id."""
        self._names[transaction] = transaction_id
        return [Keep(NAMES, transaction, transaction_id)]

    def started(self, request: Any) -> int | None:
        """Our own number of the transaction that an outstanding StartTransaction began."""
        if self._outstanding is None or request is not self._sent:
            return None
        return self._outstanding.transaction

    def done(self, request: Any) -> list[Output]:
        """A request was answered."""
        queued = self._settle(request)
        if queued is None or queued.unique_id is None:
            return self._next()
        self._kept.drop_first()
        forgotten: list[Output] = [Keep(QUEUE, queued.number, None)]
        if isinstance(queued.request, call.StopTransaction):
            forgotten += self._forget_name(queued)
        return [*forgotten, *self._kept.fetch(), *self._next()]

    def failed(
        self, request: Any, why: str, now: float, *, attempts: int, interval: float
    ) -> list[Output]:
        """A request was refused or not answered; a kept one is tried `attempts` times in all.

        Before each further attempt it waits `interval` s times the number of those before (3.7.1).
        """
        queued = self._settle(request)
        if queued is None or queued.unique_id is None:
            return self._next()
        tried = replace(queued, attempts=queued.attempts + 1)
        if tried.attempts >= attempts:
            return [*self._discard(tried, why), *self._kept.fetch(), *self._next()]
        self._kept.replace_first(tried)
        self.wake_at = now + interval * tried.attempts
        return [Keep(QUEUE, tried.number, tried), *self._next()]

    def _settle(self, request: Any) -> QueuedRequest | None:
        if request is not self._sent:
            return None
        queued, self._outstanding, self._sent = self._outstanding, None, None
        return queued

    def _discard(self, queued: QueuedRequest, why: str) -> list[Output]:
        """Give a request up, as 3.7.1 demands; it stays on the disk for whoever wants to know."""
        self._kept.drop_first()
        self.discarded += 1
        number, name = queued.number, type(queued.request).__name__
        text = f"{name} discarded after {queued.attempts} attempts ({why}); {self.discarded} so far"
        gone: Keep[Any, Any] = Keep(QUEUE, number, None)
        kept = [gone, Keep(DISCARDED, number, (queued, why))]
        if isinstance(queued.request, call.StopTransaction):
            kept += self._forget_name(queued)
        elif isinstance(queued.request, call.StartTransaction) and queued.transaction is not None:
            self.nameless.add(queued.transaction)
        return [*kept, Note(text, is_warning=True)]

    def _forget_name(self, queued: QueuedRequest) -> list[Keep[int, int]]:
        self.nameless.discard(queued.transaction or 0)
        if queued.transaction is None or self._names.pop(queued.transaction, None) is None:
            return []
        return [Keep(NAMES, queued.transaction, None)]

    def new_number(self) -> int:
        """A number that no request and no transaction of this charge point has."""
        number, self._next_number = self._next_number, self._next_number + 1
        return number

    def _next(self) -> list[Output]:
        if self._outstanding is not None:
            return []
        if self._first:
            return self._send(self._first.popleft())
        if not self._is_open:
            return []
        kept = self._kept.near[0] if self._kept.near and self.wake_at == math.inf else None
        other = self._others[0] if self._others else None
        if other and (kept is None or other.number < kept.number):
            return self._send(self._others.popleft())
        return self._send(kept) if kept else []

    def _send(self, queued: QueuedRequest) -> list[Output]:
        self._outstanding, self._sent = queued, self._named(queued)
        return [Ask(self._sent, queued.unique_id)]

    def _named(self, queued: QueuedRequest) -> Any:
        """The request with the id of its transaction, as far as that is known by now."""
        request = queued.request
        if queued.transaction is None or isinstance(request, call.StartTransaction):
            return request
        known = self._names.get(queued.transaction)
        if known is None and isinstance(request, call.StopTransaction):
            known = UNKNOWN_TRANSACTION
        return replace(request, transaction_id=known)


def _lasts(request: Any) -> bool:
    """Whether this is still worth telling on another connection."""
    return isinstance(
        request, call.StatusNotification | call.DataTransfer | call.SecurityEventNotification
    )


def _is_older(queued: QueuedRequest, request: call.MeterValues) -> bool:
    return queued.is_live and queued.request.connector_id == request.connector_id
