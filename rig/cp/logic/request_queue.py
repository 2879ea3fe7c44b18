"""The requests that are kept until they are answered: the oldest in memory, the rest on the disk.

A charge point may be away from its central system for months. At most PORTION requests and a few
more are in memory; before they run out the next ones are fetched. The ids of transactions need no
portions: each is kept from the answer to its start until that to its stop, one a connector.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ocpp.v16 import call

from rig.cp.logic.events import Fetched
from rig.cp.logic.kept import BEYOND, NAMES, QUEUE, RUNNING, Fetch, Saved


@dataclass(frozen=True, slots=True)
class QueuedRequest:
    """One request on its way. `transaction` is our own number of the one that it belongs to."""

    number: int
    request: Any
    transaction: int | None = None
    unique_id: str | None = None  # of one that is kept
    attempts: int = 0
    is_live: bool = False

    def saved(self) -> dict[str, Any]:
        """As JSON; `restored` is the way back."""
        return {
            "id": self.unique_id,
            "action": type(self.request).__name__,
            "payload": asdict(self.request),
            "transaction": self.transaction,
            "attempts": self.attempts,
        }


def restored(number: str, saved: dict[str, Any]) -> QueuedRequest:
    """The request that was kept under a number."""
    request = getattr(call, saved["action"])(**saved["payload"])
    return QueuedRequest(int(number), request, saved["transaction"], saved["id"], saved["attempts"])


def numbers(saved: Saved) -> Iterator[int]:
    """Those that nothing new may have. A transaction is older than its requests."""
    yield saved.get(BEYOND, {}).get("greatest", 0)
    yield from map(int, saved.get(QUEUE, {}))
    yield from map(int, saved.get(NAMES, {}))
    yield from (running["transaction"]["number"] for running in saved.get(RUNNING, {}).values())


PORTION = 100  # requests that are read at once
FEW = 20  # with fewer in memory the next ones are fetched


class RequestQueue:
    """The queue of one life; `saved` has its first portion. `near`: what is in memory, the oldest
    first; it may be empty while the next ones are read.
    """

    def __init__(self, saved: Saved) -> None:
        kept = [restored(number, value) for number, value in saved.get(QUEUE, {}).items()]
        self.near = deque(sorted(kept, key=lambda queued: queued.number))
        beyond = saved.get(BEYOND, {"last": self.near[-1].number if self.near else 0})
        self._beyond: int = beyond.get(QUEUE, 0)  # requests
        self._last: int = beyond["last"]  # number of the last request that was in memory
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
        self.near.extend(restored(number, value) for number, value in portion.requests.items())
        self._beyond = max(0, self._beyond - portion.found) if portion.found else self._since
