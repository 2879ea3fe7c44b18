"""One connector of the charge point: its car, its transaction, what its charger is told for them.

Sources: OCPP 1.6 edition 2 (clauses in the comments) with the errata 2025-04. Times in s on the
clock of `now`, currents in A.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import AuthorizationStatus, Reason, UnlockStatus
from ocpp.v16.enums import ChargePointErrorCode as Code
from ocpp.v16.enums import RemoteStartStopStatus as Remote

from rig.logic.cp import charger_link
from rig.logic.cp.authorization import aftermath
from rig.logic.cp.charger_link import (
    BusEvent,
    Carried,
    ChargerLink,
    NotCarried,
    Stopped,
)
from rig.logic.cp.condition import Condition
from rig.logic.cp.held_limit import HeldLimit
from rig.logic.cp.kept import Keep, Saved
from rig.logic.cp.metering import Metering, data_left
from rig.logic.cp.outcome import Began, Ended, Limited, Outcome, Record, answer_to, opposite
from rig.logic.cp.profiles import Running
from rig.logic.cp.surroundings import Surroundings
from rig.logic.cp.transaction import StartOrder, Transaction, restored
from rig.logic.exchange import Answer, Note
from rig.logic.messages import Current

RUNNING = "running"  # section; the key is the connector
NOT_STARTED = "Start was not seen on the bus"  # what a Faulted connector says


@dataclass(frozen=True, slots=True)
class _Limit:
    tag: Any


class Connector:
    """One connector; what was kept of its last life is in `saved`."""

    def __init__(self, number: int, around: Surroundings, now: float, saved: Saved) -> None:
        self.number, self._around = number, around
        self.condition = Condition(plugged=True)
        self.transaction: Transaction | None = None
        self.starting: StartOrder | None = None  # its frames are on their way
        self._starting_since = 0.0
        self._expected: StartOrder | None = None  # its car is not plugged in yet
        self._expected_until = math.inf
        self.charger = ChargerLink(number, around.codec, around.supply, saved)
        self.metering = Metering(number, around, self.charger, now)
        self._limit = HeldLimit(number, around, self.charger)
        self._left_running: dict[str, Any] | None = saved.get(RUNNING, {}).get(str(number))

    @property
    def wake_at(self) -> float:
        return min(self.charger.wake_at, self.metering.wake_at, self._expected_until)

    @property
    def running(self) -> Running | None:
        """The transaction that runs, or whose Start is on its way."""
        if self.transaction:
            return Running(self.number, self.transaction.transaction_id, self.transaction.started)
        return Running(self.number, None, self._starting_since) if self.starting else None

    def tick(self, now: float) -> list[Outcome]:
        outcomes: list[Outcome] = []
        if self.charger.wake_at <= now:
            outcomes += self._follow(self.charger.tick(now), now)
        if self.metering.wake_at <= now:
            outcomes += self._sample(now)
        if self._expected_until <= now:
            outcomes += self._not_plugged_in()
        return outcomes

    def _sample(self, now: float) -> list[Outcome]:
        if self.transaction is None:
            return self.metering.tick(None, now)
        samples = self.metering.tick(self.transaction.number, now)
        return [self._keep_running(self.transaction), *samples]

    def begin_life(self, now: float) -> list[Outcome]:
        """A transaction that ran when the last life ended, ended with it (7.36, PowerLoss)."""
        saved, self._left_running = self._left_running, None
        if saved is None:
            return []
        left = restored(self.number, saved["transaction"])
        left.ending = Reason.power_loss
        note = Note(f"a transaction of {left.id_tag} ran when this charge point ended", True)
        return [note, *self._record_stop(left, [*data_left(saved["data"])], now)]

    # the charger

    def bus(self, event: BusEvent, now: float) -> list[Outcome]:
        """Something happened to the bus or to a frame of ours."""
        return self._follow(self.charger.receive(event, now), now)

    def measured(self, event: Current, now: float) -> list[Outcome]:
        """The charger reported its current."""
        self.charger.measured(event, now)
        self._show()
        running = self.transaction.number if self.transaction else None
        return [*self.metering.live(running, now), *self._refused(now)]

    def _follow(self, outputs: list[charger_link.Output], now: float) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for output in outputs:
            match output:
                case Carried(tag):
                    outcomes += self._carried(tag, now)
                case NotCarried(tag, why):
                    outcomes += self._not_carried(tag, why, now)
                case Stopped():
                    outcomes += self._stopped(now)
                case _:
                    outcomes.append(output)
        self._show()
        return outcomes

    def _show(self) -> None:
        """Let the condition say what the charger and the transaction are."""
        condition, transaction = self.condition, self.transaction
        condition.link_up, condition.silent = self.charger.is_up, self.charger.is_silent
        condition.limit = self.charger.limit
        condition.tagged = self._expected is not None or self.starting is not None
        condition.charging = transaction is not None
        condition.deauthorized = condition.deauthorized and transaction is not None

    def _carried(self, tag: Any, now: float) -> list[Outcome]:
        match tag:
            case StartOrder():
                return self._started(tag, now)
            case _Limit(inner):
                return [Limited(inner, None)]
            case Answer():
                return [tag]
        return []

    def _not_carried(self, tag: Any, why: str, now: float) -> list[Outcome]:
        match tag:
            case StartOrder():
                return self._start_failed(tag, why, now)
            case _Limit(inner):
                return [Limited(inner, why)]
            case Answer():
                return [opposite(tag), _rejected(type(tag.response).__name__, why)]
        return []

    # beginning a transaction

    def begin(self, order: StartOrder, now: float) -> list[Outcome]:
        """Begin a transaction: as soon as the car is plugged in, if it is not yet (4.8, 5.11)."""
        if why := self.why_not():
            return [*answer_to(order, Remote.rejected), _rejected("RemoteStartTransaction", why)]
        if self.condition.plugged:
            return self._start(order, now)
        self._expected = replace(order, unique_id=None)
        self._expected_until = now + self._around.configuration.integer("ConnectionTimeOut")
        self._show()
        return answer_to(order, Remote.accepted)

    def why_not(self) -> str | None:
        """Why no transaction can begin here; None if one can."""
        busy = self.transaction is not None or self.starting is not None
        reasons = {
            "the CAN link is down": not self.charger.is_up,
            "the connector is faulted": self.condition.faulted,
            "the connector is out of service": not self.condition.operative,
            "a transaction runs": busy,
            "one is about to begin": self._expected is not None,
            "a Stop is still owed to the charger": self.charger.stop_owed,
        }
        return next((why for why, holds in reasons.items() if holds), None)

    def _start(self, order: StartOrder, now: float) -> list[Outcome]:
        self.starting, self.condition.finishing = order, False
        self._starting_since = self._around.wall(now)
        limit = self._limit.to_start_with(order.profile, now)
        return self._follow(self.charger.start(order, limit), now)

    def _started(self, order: StartOrder, now: float) -> list[Outcome]:
        self.starting = None
        self.transaction = begun = self._new_transaction(order, now)
        self.metering.begin(now)
        return [
            *answer_to(order, Remote.accepted),
            self._keep_running(begun),
            self.metering.keep_register(),
            Record(begun.start_request(), begun.number),
            Began(order.profile),
        ]

    def _new_transaction(self, order: StartOrder, now: float) -> Transaction:
        return Transaction(
            number=self._around.new_number(),
            connector=self.number,
            id_tag=order.id_tag,
            parent=order.parent,
            started=self._around.wall(now),
            meter_start=self.charger.meter.reading,
        )

    def _start_failed(self, order: StartOrder, why: str, now: float) -> list[Outcome]:
        """Whoever was told Accepted before must see that it came to nothing: Faulted, and ended."""
        self.starting = None
        rejected = _rejected("RemoteStartTransaction", why)
        if order.unique_id is not None:
            return [*answer_to(order, Remote.rejected), rejected]
        self.condition.error, self.condition.info = Code.other_error, NOT_STARTED
        lost = self._new_transaction(order, now)
        stop = self._record_stop(lost, [], now)
        return [rejected, Record(lost.start_request(), lost.number), *stop]

    def _not_plugged_in(self) -> list[Outcome]:
        tag = self._expected.id_tag if self._expected else ""
        self._expect_nobody()
        self._show()
        return [Note(f"no car was plugged in for {tag} (ConnectionTimeOut)", is_warning=True)]

    def _expect_nobody(self) -> None:
        self._expected, self._expected_until = None, math.inf

    # while it runs, and its end

    def named(self, transaction_id: int, info: Mapping[str, Any], now: float) -> list[Outcome]:
        """The central system named the transaction, and accepted its tag or not (4.8)."""
        if self.transaction is None:
            return []
        self.transaction.transaction_id = transaction_id
        self.transaction.parent = info.get("parent_id_tag") or self.transaction.parent
        if info["status"] == AuthorizationStatus.accepted:
            return []
        self.transaction.is_refused = True
        note = Note(f"the CSMS did not accept the id tag ({info['status']})", is_warning=True)
        return [note, *self._refused(now)]

    def _refused(self, now: float) -> list[Outcome]:
        """What follows while the tag of the transaction is not accepted (errata 3.17)."""
        if self.transaction is None or not self.transaction.is_refused:
            return []
        delivered = self.charger.meter.energy - self.transaction.meter_start
        match aftermath(self._around.configuration, delivered):
            case "stop":
                return self.stop(Reason.de_authorized, now)
            case "suspend" if not self.condition.deauthorized:
                self.condition.deauthorized = True
                return self._follow(self.charger.restore_limit(0.0, now), now)
        return []

    def remote_stop(self, unique_id: str, now: float) -> list[Outcome]:
        """Stop the running transaction if the bus carries it (5.12)."""
        self._end_for(Reason.remote)
        accepted = call_result.RemoteStopTransaction(Remote.accepted)
        return self._follow(self.charger.stop(Answer(unique_id, accepted)), now)

    def unlock(self, unique_id: str, now: float) -> list[Outcome]:
        """Unlock the cable, after the transaction that runs has been stopped (5.18)."""
        unlocked = Answer(unique_id, call_result.UnlockConnector(UnlockStatus.unlocked))
        if self.transaction is None and self.starting is None:
            return [unlocked]
        self._end_for(Reason.unlock_command)
        return self._follow(self.charger.stop(unlocked), now)

    def stop(self, reason: Reason, now: float, ended_by: str | None = None) -> list[Outcome]:
        """Stop the charger whatever it does, again and again until the bus carries it."""
        self._expect_nobody()
        self._end_for(reason, ended_by)
        return self._follow(self.charger.stop(), now)

    def _end_for(self, reason: Reason, ended_by: str | None = None) -> None:
        if self.transaction:
            self.transaction.ending, self.transaction.ended_by = reason, ended_by
            self.transaction.is_suspended = False

    def plug(self, now: float) -> list[Outcome]:
        """A car is plugged in; whoever waited for it may charge."""
        self.condition.plugged = True
        expected = self._expected
        self._expect_nobody()
        if self.transaction and self.transaction.is_suspended:
            self.transaction.is_suspended = False
            return self._follow(self.charger.start(None), now)
        self._show()
        return self.begin(expected, now) if expected else []

    def unplug(self, now: float) -> list[Outcome]:
        """The car is gone: Stop, and the end of the transaction unless it may come back."""
        self.condition.plugged = self.condition.finishing = False
        ends = self._around.configuration.boolean("StopTransactionOnEVSideDisconnect")
        if self.transaction is None or ends:
            return self.stop(Reason.ev_disconnected, now)
        self.transaction.is_suspended = True
        return self._follow(self.charger.stop(), now)

    def _stopped(self, now: float) -> list[Outcome]:
        if self.condition.info == NOT_STARTED:
            self.condition.error, self.condition.info = Code.no_error, None
        ended = self.transaction
        if ended is None or ended.is_suspended:
            return []
        self.transaction, self.condition.finishing = None, self.condition.plugged
        data = self.metering.end(now) or []
        return [*self._record_stop(ended, data, now), Ended()]

    def _record_stop(self, ended: Transaction, data: list[Any], now: float) -> list[Outcome]:
        meter = self.charger.meter.reading
        request = ended.stop_request(meter, self._around.wall(now), data)
        kept = self.metering.keep_register(), Keep(RUNNING, str(self.number), None)
        return [*kept, Record(request, ended.number)]

    def triggered_values(self, now: float) -> call.MeterValues | None:
        """What TriggerMessage asks for; None if nothing is known now (5.17)."""
        values = self.metering.triggered(now)
        if values is None or self.transaction is None:
            return values
        return replace(values, transaction_id=self.transaction.transaction_id)

    def raise_error(self, code: Code, info: str | None, now: float) -> list[Outcome]:
        """The connector has this error now; with most there is no charging (4.9)."""
        self.condition.error, self.condition.info = code, info
        return self.stop(Reason.other, now) if self.condition.faulted else []

    # limits

    def order_limit(self, tag: Any, limit: float, now: float) -> list[Outcome]:
        """Tell the charger a limit (A); Limited follows under the tag."""
        return self._follow(self.charger.set_limit(_Limit(tag), limit), now)

    def put_in_force(self, limit: float | None, now: float) -> list[Outcome]:
        """This limit (A) is in force from now on; None: no profile says any."""
        if self.condition.deauthorized:
            return []
        charging = self.transaction is not None
        return self._follow(self._limit.put_in_force(limit, charging=charging, now=now), now)

    def _keep_running(self, transaction: Transaction) -> Keep:
        value = {"transaction": transaction.saved(), "data": self.metering.saved}
        return Keep(RUNNING, str(self.number), value)


def _rejected(what: str, why: str) -> Note:
    return Note(f"{what} Rejected: {why}", is_warning=True)
