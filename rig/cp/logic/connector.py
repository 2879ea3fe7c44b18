"""One connector of the charge point: its car, and what its charger is told.

Sources: OCPP 1.6 edition 2 (clauses in the comments) with the errata 2025-04. Times in s on the
clock of `now`, currents in A.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ocpp.v16 import call_result
from ocpp.v16.enums import ChargePointErrorCode as ErrorCode
from ocpp.v16.enums import Reason, UnlockStatus
from ocpp.v16.enums import RemoteStartStopStatus as Remote

from rig.bus.logic.messages import Current
from rig.cp.logic.actuator import Actuator, Carried, NotCarried, Stopped
from rig.cp.logic.beginning import Beginning
from rig.cp.logic.charger_link import BusEvent, ChargerLink, Output
from rig.cp.logic.condition import Condition
from rig.cp.logic.held_limit import HeldLimit
from rig.cp.logic.kept import Saved
from rig.cp.logic.outcome import Limited, Outcome, opposite, rejected
from rig.cp.logic.profiles import Running
from rig.cp.logic.session import Session
from rig.cp.logic.surroundings import Surroundings
from rig.cp.logic.transaction import Ending, StartOrder, Transaction
from rig.ocppj.logic.exchange import Answer, Note


class _Limit(NamedTuple):
    tag: Any


class _Resumed:
    """The tag of a Start for a car that is back."""


class Connector:
    """One connector; what was kept of its last life is in `saved`."""

    def __init__(
        self,
        number: int,
        around: Surroundings,
        now: float,
        saved: Saved,
        actuator: Actuator | None = None,
    ) -> None:
        self.number, self._around = number, around
        self.condition = Condition(plugged=True)
        self.charger = ChargerLink(number, around.codec, around.supply, saved, actuator)
        self.session = Session(number, around, self.charger, now)
        self._limit = HeldLimit(number, around, self.charger, self.condition)
        self.beginning = Beginning(around, self.charger, self.session, self._limit, self.condition)

    @property
    def wake_at(self) -> float:
        return min(self.charger.wake_at, self.session.wake_at, self.beginning.wake_at)

    @property
    def transaction(self) -> Transaction | None:
        """The transaction that runs."""
        return self.session.transaction

    @property
    def running(self) -> Running | None:
        """The transaction that runs, or whose Start is on its way."""
        if transaction := self.session.transaction:
            return Running(self.number, transaction.transaction_id, transaction.started)
        if self.beginning.order:
            return Running(self.number, None, self.beginning.since, is_starting=True)
        return None

    @property
    def is_steady(self) -> bool:
        """Whether the latest Current changed nothing but what was metered."""
        is_refused = self.transaction is not None and self.transaction.is_refused
        return self.charger.is_steady and not is_refused

    def tick(self, now: float) -> list[Outcome]:
        outcomes = self._follow(self.charger.tick(now), now)
        if self.session.wake_at <= now:
            outcomes += self.session.tick(now)
        if self.beginning.wake_at <= now:
            outcomes += self._follow(self.beginning.tick(now), now)
        return outcomes

    # the charger

    def bus(self, event: BusEvent, now: float) -> list[Outcome]:
        """Something happened to the bus or to a frame of ours."""
        return [*self._follow(self.charger.receive(event, now), now), *self._resume(now)]

    def measured(self, event: Current, now: float) -> list[Outcome]:
        """The charger reported its current."""
        outcomes = self._follow(self.charger.measured(event, now), now)
        return [*outcomes, *self.session.measured(event, now), *self._refused(now)]

    def _follow(self, outputs: Sequence[Output | Outcome], now: float) -> list[Outcome]:
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
        condition.link_up = self.charger.is_up
        # Without a transaction, one that was never there is missed by nobody but the log.
        is_missed = self.charger.has_spoken or transaction is not None
        condition.silent = self.charger.is_silent and is_missed
        condition.zero = self.charger.limit == 0
        condition.tagged = self.beginning.is_near
        condition.charging = transaction is not None
        condition.deauthorized = condition.deauthorized and transaction is not None

    def _carried(self, tag: Any, now: float) -> list[Outcome]:
        match tag:
            case StartOrder():
                return self.beginning.carried(tag, now)
            case _Limit(inner):
                return [Limited(inner, None)]
            case Answer():
                return [tag]
        return []

    def _not_carried(self, tag: Any, why: str, now: float) -> list[Outcome]:
        match tag:
            case StartOrder():
                return self._follow(self.beginning.not_carried(tag, why, now), now)
            case _Limit(inner):
                return [Limited(inner, why)]
            case Answer():
                return [opposite(tag), rejected(type(tag.response).__name__, why)]
            case _Resumed():  # the Stop that it leaves behind ends the transaction
                return [Note(f"the transaction does not go on: {why}", is_warning=True)]
        return []

    # beginning a transaction

    def begin(self, order: StartOrder, now: float) -> list[Outcome]:
        """Begin a transaction: as soon as the car is plugged in, if it is not yet (4.8, 5.11)."""
        return self._follow(self.beginning.begin(order, now), now)

    def go(self, now: float) -> list[Outcome]:
        """The other connectors left room under the cap for what is about to begin."""
        return self._follow(self.beginning.go(now), now)

    def no_room(self, why: str, now: float) -> list[Outcome]:
        """Another connector could not be told its smaller share of the cap."""
        assert self.beginning.order is not None
        return self._follow(self.beginning.not_carried(self.beginning.order, why, now), now)

    # while it runs, and its end

    def named(self, transaction_id: int, info: Mapping[str, Any], now: float) -> list[Outcome]:
        """The central system named the transaction, and accepted its tag or not (4.8)."""
        return [*self.session.named(transaction_id, info), *self._refused(now)]

    def _refused(self, now: float) -> list[Outcome]:
        """What follows while the tag of the transaction is not accepted (errata 3.17)."""
        if self.session.ending:
            return []
        match self.session.aftermath:
            case "stop":
                return self.stop(Reason.de_authorized, now)
            case "suspend":
                self.condition.deauthorized = True
        return []

    def remote_stop(self, unique_id: str, now: float) -> list[Outcome]:
        """Stop the running transaction if the bus carries it (5.12)."""
        accepted = call_result.RemoteStopTransaction(Remote.accepted)
        return self._stop_for(Ending(Reason.remote), now, Answer(unique_id, accepted))

    def unlock(self, unique_id: str, now: float) -> list[Outcome]:
        """Unlock the cable, after the transaction that runs has been stopped (5.18)."""
        unlocked = Answer(unique_id, call_result.UnlockConnector(UnlockStatus.unlocked))
        if self.running is None:
            return [unlocked]
        return self._stop_for(Ending(Reason.unlock_command), now, unlocked)

    def stop(self, reason: Reason, now: float, ended_by: str | None = None) -> list[Outcome]:
        """Stop the charger whatever it does, again and again until the bus carries it."""
        self.beginning.expect_nobody()
        return self._stop_for(Ending(reason, ended_by), now)

    def _stop_for(self, ending: Ending, now: float, tag: Answer | None = None) -> list[Outcome]:
        kept = self.session.end_for(ending)
        return [*self._follow(self.charger.stop(tag), now), *kept]

    def plug(self, now: float) -> list[Outcome]:
        """A car is plugged in; whoever waited for it may charge."""
        self.condition.plugged = True
        return [*self._follow(self.beginning.plugged(now), now), *self._resume(now)]

    def unplug(self, now: float) -> list[Outcome]:
        """The car is gone: Stop, and the end of the transaction unless it may come back."""
        self.condition.plugged = self.condition.finishing = False
        ends = self._around.configuration.boolean("StopTransactionOnEVSideDisconnect")
        if self.transaction is None or ends:
            return self.stop(Reason.ev_disconnected, now)
        self.transaction.is_suspended = True
        return self._follow(self.charger.stop(), now)

    def _resume(self, now: float) -> list[Outcome]:
        """The car that was gone is back: Start, once the Stop for it was carried (9.1.25)."""
        if self.transaction is None or not self.transaction.is_suspended:
            return []
        if not self.condition.plugged or self.condition.faulted or self.charger.stop_owed:
            return []
        self.transaction.is_suspended = False
        return self._follow(self.charger.start(_Resumed(), self._limit.to_start_with(now)), now)

    def _stopped(self, now: float) -> list[Outcome]:
        self.condition.start_failed = False
        if self.transaction is None or (self.transaction.is_suspended and not self.session.ending):
            return []
        self.condition.finishing = True
        return self.session.end(now)

    def raise_error(self, code: ErrorCode, info: str | None, now: float) -> list[Outcome]:
        """The connector has this error now; with most there is no charging (4.9)."""
        self.condition.error, self.condition.info = code, info
        return self.stop(Reason.other, now) if self.condition.faulted else self._resume(now)

    def let_go(self) -> bool:
        """Finishing is over where the car is gone, once it was told. Whether that is so now."""
        over = self.condition.finishing and not self.condition.plugged
        self.condition.finishing = self.condition.finishing and not over
        return over

    # limits

    def order_limit(self, tag: Any, limit: float, now: float) -> list[Outcome]:
        """Tell the charger a limit (A); Limited follows under the tag."""
        told = 0.0 if self.condition.deauthorized else limit
        return [*self.charger.set_limit(_Limit(tag), told)]

    def put_in_force(self, now: float) -> list[Outcome]:
        """See to it that the charger is told the limit that is in force now."""
        told = self._limit.put_in_force(now, is_busy=self.transaction is not None)
        return self._follow(told, now) if told else []
