"""The requests that are kept until they are answered: the oldest in memory, the rest on the disk.

A charge point may be away from its central system for months. At most PORTION requests and a few
more are in memory; before they run out the next ones are fetched. The ids of transactions need no
portions: each is kept from the answer to its start until that to its stop, one a connector.
"""

from collections import deque

from rig.cp.logic.events import Fetched
from rig.cp.logic.kept import Fetch
from rig.cp.logic.saved import QueuedRequest, Saved

PORTION = 100  # requests that are read at once
FEW = 20  # with fewer in memory the next ones are fetched


class RequestQueue:
    """The queue of one life; `saved` has its first portion. `near`: what is in memory, the oldest
    first; it may be empty while the next ones are read.
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
