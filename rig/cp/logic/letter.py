"""One request to the central system on its way, and what of it outlasts a crash."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ocpp.v16 import call

from rig.cp.logic.kept import BEYOND, NAMES, QUEUE, RUNNING, Saved


@dataclass(frozen=True, slots=True)
class Letter:
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


def restored(number: str, saved: dict[str, Any]) -> Letter:
    """The letter that was kept under a number."""
    request = getattr(call, saved["action"])(**saved["payload"])
    return Letter(int(number), request, saved["transaction"], saved["id"], saved["attempts"])


def numbers(saved: Saved) -> Iterator[int]:
    """Those that no new letter or transaction may have. A transaction is older than its letters."""
    yield saved.get(BEYOND, {}).get("greatest", 0)
    yield from map(int, saved.get(QUEUE, {}))
    yield from map(int, saved.get(NAMES, {}))
    yield from (running["transaction"]["number"] for running in saved.get(RUNNING, {}).values())
