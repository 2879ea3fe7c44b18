"""A running transaction, what began it and what ends it."""

from dataclasses import dataclass
from typing import Any

from ocpp.v16 import call
from ocpp.v16.enums import Reason

from rig.cp.logic.charging_profile import Profile
from rig.ocppj.logic.moments import timestamp

Data = list[dict[str, Any]] | None  # transactionData


@dataclass(frozen=True, slots=True)
class StartOrder:
    """What a transaction is to begin for.

    `unique_id` is that of the RemoteStartTransaction which is answered when the bus carried the
    Start; None where nobody waits for that, or Accepted was answered before.
    """

    id_tag: str
    parent: str | None = None
    unique_id: str | None = None
    profile: Profile | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a transaction ends. `id_tag` is the one that was presented to stop it."""

    reason: Reason
    id_tag: str | None = None


@dataclass(slots=True)
class Transaction:
    """One transaction of a connector. `number` is our own, `started` in s since 1970, Wh."""

    number: int
    connector: int
    id_tag: str
    parent: str | None
    started: float
    meter_start: int
    transaction_id: int | None = None  # what the central system calls it
    is_suspended: bool = False  # the car is gone, and may come back (9.1.25)
    is_refused: bool = False  # the central system did not accept its id tag

    def start_request(self) -> call.StartTransaction:
        """StartTransaction.req (6.45)."""
        return call.StartTransaction(
            connector_id=self.connector,
            id_tag=self.id_tag,
            meter_start=self.meter_start,
            timestamp=timestamp(self.started),
        )

    def saved(self) -> dict[str, Any]:
        """What a new life needs to end it, as JSON; `restored` is the way back."""
        return {
            "number": self.number,
            "id_tag": self.id_tag,
            "parent": self.parent,
            "started": self.started,
            "meter_start": self.meter_start,
        }


def restored(connector: int, saved: dict[str, Any]) -> Transaction:
    """The transaction that ran on a connector when the last life ended."""
    return Transaction(connector=connector, **saved)


def stop_request(ending: Ending, meter: int, now: float, data: Data) -> call.StopTransaction:
    """StopTransaction.req (6.49) at `now` (s since 1970); the id is filled in on its way."""
    return call.StopTransaction(
        meter_stop=meter,
        timestamp=timestamp(now),
        transaction_id=0,
        reason=ending.reason,
        id_tag=ending.id_tag,
        transaction_data=data or None,
    )
