"""The transaction of one connector: what the disk keeps and the central system is told of it.

What the charger is told is the affair of the connector. Sources: OCPP 1.6 edition 2, 4.8, 4.10 and
7.36, with the errata 2025-04.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ocpp.v16 import call
from ocpp.v16.enums import AuthorizationStatus, Reason, RemoteStartStopStatus

from rig.bus.logic.messages import Current
from rig.cp.logic.authorization import Aftermath, aftermath
from rig.cp.logic.charger_link import METER, ChargerLink
from rig.cp.logic.kept import Keep, Saved
from rig.cp.logic.metering import Metering, data_left
from rig.cp.logic.outcome import Began, Ended, Outcome, Record, answer_to
from rig.cp.logic.surroundings import Surroundings
from rig.cp.logic.transaction import (
    Data,
    Ending,
    StartOrder,
    Transaction,
    restored,
    stop_request,
)
from rig.ocppj.logic.exchange import Note

RUNNING = "running"  # section; the key is the connector


class Session:
    """The transactions of one connector, one after the other."""

    def __init__(self, number: int, around: Surroundings, charger: ChargerLink, now: float) -> None:
        self._number, self._around, self._charger = number, around, charger
        self.metering = Metering(number, around, charger, now)
        self.transaction: Transaction | None = None
        self.ending: Ending | None = None  # of the one that runs, or is about to begin

    @property
    def wake_at(self) -> float:
        return self.metering.wake_at

    def tick(self, now: float) -> list[Outcome]:
        """Take the samples that are due."""
        if self.transaction is None:
            return self.metering.tick(None, now)
        samples = self.metering.tick(self.transaction.number, now)
        return [self._kept(self.transaction), *samples]

    def measured(self, event: Current, now: float) -> list[Outcome]:
        """The charger reported its current."""
        return self.metering.measured(self.transaction.number if self.transaction else None, now)

    def prepare(self) -> None:
        """One is about to begin."""
        self.ending = None

    def begin(self, order: StartOrder, now: float) -> list[Outcome]:
        """It begins: the charger was told to start."""
        self.transaction = begun = self._new(order, now)
        self.metering.begin(now)
        return [
            self._kept(begun),
            self.metering.keep_register(),
            *answer_to(order, RemoteStartStopStatus.accepted),
            Record(begun.start_request(), begun.number),
            Began(order.profile),
        ]

    def come_to_nothing(self, order: StartOrder, now: float) -> list[Outcome]:
        """Whoever was told Accepted before must see that it ended as it began."""
        lost = self._new(order, now)
        return [Record(lost.start_request(), lost.number), *self._record_stop(lost, None, now)]

    def end_for(self, ending: Ending) -> list[Outcome]:
        """It ends as soon as the bus carried the Stop. The first reason counts."""
        if self.ending is not None:
            return []
        self.ending = ending
        return [self._kept(self.transaction)] if self.transaction else []

    def end(self, now: float) -> list[Outcome]:
        """It is over: the charger was told to stop."""
        ended, self.transaction = self.transaction, None
        assert ended is not None
        return [*self._record_stop(ended, self.metering.end(now), now), Ended()]

    def named(self, transaction_id: int, info: Mapping[str, Any]) -> list[Outcome]:
        """The central system named it, and accepted its tag or not (4.8)."""
        assert self.transaction is not None
        self.transaction.transaction_id = transaction_id
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
        return aftermath(self._around.configuration, delivered)

    def triggered_values(self, now: float) -> call.MeterValues | None:
        """What TriggerMessage asks for; None if nothing is known now (5.17)."""
        values = self.metering.triggered(now)
        if values is None or self.transaction is None:
            return values
        return replace(values, transaction_id=self.transaction.transaction_id)

    def _new(self, order: StartOrder, now: float) -> Transaction:
        return Transaction(
            number=self._around.new_number(),
            connector=self._number,
            id_tag=order.id_tag,
            parent=order.parent,
            started=self._around.wall(now),
            meter_start=self._charger.meter.reading,
        )

    def _record_stop(self, ended: Transaction, data: Data, now: float) -> list[Outcome]:
        ending, moment = self.ending or Ending(Reason.other), self._around.wall(now)
        return [
            self.metering.keep_register(),
            *_stop(ended, ending, self._charger.meter.reading, moment, data),
        ]

    def _kept(self, transaction: Transaction) -> Keep:
        ending = self.ending and (self.ending.reason.value, self.ending.id_tag)
        data = self.metering.saved
        value = {"transaction": transaction.saved(), "ending": ending, "data": data}
        return Keep(RUNNING, str(self._number), value)


def left_running(saved: Saved, now: float) -> list[Outcome]:
    """What ran when the last life ended, ended with it, at the latest by `now` (s since 1970).

    PowerLoss (7.36), unless it was about to end for another reason.
    """
    outcomes: list[Outcome] = []
    for key, kept in saved.get(RUNNING, {}).items():
        left = restored(int(key), kept["transaction"])
        reason, id_tag = kept["ending"] or (Reason.power_loss, None)
        meter, data = int(saved.get(METER, {}).get(key, 0)), data_left(kept["data"])
        outcomes += [
            Note(f"a transaction of {left.id_tag} ran when this charge point ended", True),
            *_stop(left, Ending(Reason(reason), id_tag), meter, now, data),
        ]
    return outcomes


def _stop(ended: Transaction, ending: Ending, meter: int, now: float, data: Data) -> list[Outcome]:
    request = stop_request(ending, meter, now, data)
    return [Keep(RUNNING, str(ended.connector), None), Record(request, ended.number)]
