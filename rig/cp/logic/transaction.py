"""The transactions of one connector: what the disk keeps and the central system is told of them.

What the charger is told is the affair of the connector. Sources: OCPP 1.6 edition 2, 4.8, 4.10 and
7.36, with the errata 2025-04.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ocpp.v16 import call, call_result
from ocpp.v16.enums import AuthorizationStatus, Reason, RemoteStartStopStatus

from rig.cp.logic.authorization import Aftermath, aftermath
from rig.cp.logic.charger import Charger
from rig.cp.logic.delivery import Delivery
from rig.cp.logic.events import Output
from rig.cp.logic.kept import Keep
from rig.cp.logic.metering import Metering
from rig.cp.logic.profile import Profile
from rig.cp.logic.profiles import RunningTransaction
from rig.cp.logic.saved import RUNNING, Ending, Saved, Unfinished
from rig.cp.logic.shared import Shared
from rig.ocppj.logic.exchange import Answer, Note
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


@dataclass(eq=False, slots=True)
class PendingStart:
    """A transaction that is to begin: it waits for its car, until `deadline`; for room under the
    cap, which the `others` leave it; or for the bus, which must carry its Start.
    """

    order: StartOrder
    waits_for: Literal["car", "room", "bus"]
    deadline: float = math.inf
    others: set[int] = field(default_factory=set)


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
    held: str | None = None  # why its charger does not run though it has not ended
    is_refused: bool = False  # the central system did not accept its id tag

    @property
    def is_held_back(self) -> bool:
        """It goes on without its charger."""
        return self.is_suspended or self.held is not None

    def start_request(self) -> call.StartTransaction:
        """StartTransaction.req (6.45)."""
        return call.StartTransaction(
            connector_id=self.connector,
            id_tag=self.id_tag,
            meter_start=self.meter_start,
            timestamp=timestamp(self.started),
        )


class Session:
    """The transactions of one connector, one after the other."""

    def __init__(self, number: int, shared: Shared, charger: Charger, metering: Metering) -> None:
        self._number, self._shared, self._charger = number, shared, charger
        self._metering = metering
        self.transaction: Transaction | None = None
        self.ending: Ending | None = None  # of the one that runs, or is about to begin

    def tick(self, now: float) -> list[Output]:
        """Take the samples that are due."""
        if self.transaction is None:
            return self._metering.tick(None, now)
        samples = self._metering.tick(self.transaction.number, now)
        return [self._kept(self.transaction), *samples]

    def prepare(self, profile: Profile | None, now: float) -> None:
        """One is about to begin, with this profile."""
        self.ending = None
        self._shared.running[self._number] = RunningTransaction(
            self._number, None, self._shared.wall(now), is_starting=True, profile=profile
        )

    def begin(self, order: StartOrder, now: float) -> list[Output]:
        """It begins: the charger was told to start."""
        self.transaction = begun = self._new(order, now)
        self._shared.running[self._number] = RunningTransaction(self._number, None, begun.started)
        self._metering.begin(now)
        return [
            self._kept(begun),
            self._metering.keep_register(),
            *answer_to(order, RemoteStartStopStatus.accepted),
            *self._shared.delivery.tell_for_certain(begun.start_request(), begun.number),
            *self._shared.limits.began(order.profile),
        ]

    def give_up(self) -> None:
        """The one that was about to begin does not."""
        del self._shared.running[self._number]

    def come_to_nothing(self, order: StartOrder, now: float) -> list[Output]:
        """Whoever was told Accepted before must see that it ended as it began."""
        lost = self._new(order, now)
        told = self._shared.delivery.tell_for_certain(lost.start_request(), lost.number)
        return [*told, *self._tell_stop(lost, None, now)]

    def end_for(self, ending: Ending) -> list[Output]:
        """It ends as soon as the bus carried the Stop. The first reason counts."""
        if self.ending is not None:
            return []
        self.ending = ending
        return [self._kept(self.transaction)] if self.transaction else []

    def end(self, now: float) -> list[Output]:
        """It is over: the charger was told to stop."""
        ended, self.transaction = self.transaction, None
        assert ended is not None
        del self._shared.running[self._number]
        told = self._tell_stop(ended, self._metering.end(now), now)
        return [*told, *self._shared.limits.ended(self._number)]

    def named(self, transaction_id: int, info: Mapping[str, Any]) -> list[Output]:
        """The central system named it, and accepted its tag or not (4.8)."""
        assert self.transaction is not None
        self.transaction.transaction_id = transaction_id
        running = self._shared.running[self._number]
        self._shared.running[self._number] = running._replace(transaction_id=transaction_id)
        self.transaction.parent = info.get("parent_id_tag") or self.transaction.parent
        if info["status"] == AuthorizationStatus.accepted:
            return []
        self.transaction.is_refused = True
        return [Note(f"the CSMS did not accept the id tag ({info['status']})", is_warning=True)]

    @property
    def aftermath(self) -> Aftermath:
        """What follows while its tag is not accepted (errata 3.17)."""
        if self.transaction is None or not self.transaction.is_refused:
            return "go on"
        delivered = self._charger.meter.energy - self.transaction.meter_start
        return aftermath(self._shared.configuration, delivered)

    def triggered_values(self, now: float) -> call.MeterValues | None:
        """What TriggerMessage asks for; None if nothing is known now (5.17)."""
        values = self._metering.triggered(now)
        if values is None or self.transaction is None:
            return values
        return replace(values, transaction_id=self.transaction.transaction_id)

    def _new(self, order: StartOrder, now: float) -> Transaction:
        return Transaction(
            number=self._shared.delivery.new_number(),
            connector=self._number,
            id_tag=order.id_tag,
            parent=order.parent,
            started=self._shared.wall(now),
            meter_start=int(self._charger.meter.energy),
        )

    def _tell_stop(self, ended: Transaction, data: Data, now: float) -> list[Output]:
        ending, meter = self.ending or Ending(Reason.other), int(self._charger.meter.energy)
        request = stop_request(ending, meter, self._shared.wall(now), data)
        told = self._shared.delivery.tell_for_certain(request, ended.number)
        return [self._metering.keep_register(), Keep(RUNNING, self._number, None), *told]

    def _kept(self, one: Transaction) -> Keep[Any, Any]:
        begun = (one.number, one.id_tag, one.parent, one.started, one.meter_start)
        unfinished = Unfinished(*begun, self.ending, self._metering.samples)
        return Keep(RUNNING, self._number, unfinished)


def answer_to(order: StartOrder, status: RemoteStartStopStatus) -> list[Output]:
    """Answer the RemoteStartTransaction of an order, if it waits for an answer."""
    if order.unique_id is None:
        return []
    return [Answer(order.unique_id, call_result.RemoteStartTransaction(status))]


def left_running(saved: Saved, delivery: Delivery, now: float) -> list[Output]:
    """What ran when the last life ended, ended with it, at the latest by `now` (s since 1970).

    PowerLoss (7.36), unless it was about to end for another reason.
    """
    outputs: list[Output] = []
    for connector, left in saved.running.items():
        ending = left.ending or Ending(Reason.power_loss)
        data = left.samples.taken if left.samples else None
        request = stop_request(ending, int(saved.registers.get(connector, 0)), now, data)
        outputs += [
            Note(f"a transaction of {left.id_tag} ran when this charge point ended", True),
            Keep(RUNNING, connector, None),
            *delivery.tell_for_certain(request, left.number),
        ]
    return outputs


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
