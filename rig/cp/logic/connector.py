"""One connector of the charge point: its car, its errors, and when its charger is told what.

Sources: OCPP 1.6 edition 2 (clauses in the comments) with the errata 2025-04. Times in s on the
clock of `now`, currents in A.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ocpp.v16 import call_result
from ocpp.v16.enums import ChargePointErrorCode as ErrorCode
from ocpp.v16.enums import Reason, UnlockStatus
from ocpp.v16.enums import RemoteStartStopStatus as Remote

from rig.bus.logic.messages import Current
from rig.cp.logic.charger import BusEvent, Charger
from rig.cp.logic.condition import WARNINGS, Condition, is_faulted
from rig.cp.logic.events import Output, Then, answering, rejected, resumed
from rig.cp.logic.metering import Metering
from rig.cp.logic.saved import Ending, Saved
from rig.cp.logic.shared import Shared
from rig.cp.logic.supervision import Supervision
from rig.cp.logic.transaction import (
    PendingStart,
    Session,
    StartOrder,
    Transaction,
    answer_to,
)
from rig.detect.flow import Flow
from rig.ocppj.logic.exchange import Answer, Note

START = "RemoteStartTransaction"


class Connector:
    """One connector; what was kept of its last life is in `saved`."""

    def __init__(
        self, number: int, shared: Shared, charger: Charger, now: float, saved: Saved
    ) -> None:
        self.number, self.charger, self._shared = number, charger, shared
        self.metering = Metering(number, shared, charger, now)
        self.session = Session(number, shared, charger, self.metering)
        self._flow, self._supervision = Flow(shared.expect), Supervision()
        self.pending: PendingStart | None = None
        self.plugged = True
        self.operative = number not in saved.inoperative
        self._error, self._info = ErrorCode.no_error, ""  # raised from outside
        self._start_failed = False
        # What ran when the last life ended has ended with it, and the car is still there.
        self._is_finishing = number in saved.running
        self._is_deauthorized = False  # no energy, since the tag was not accepted

    @property
    def wake_at(self) -> float:
        deadline = self.pending.deadline if self.pending else math.inf
        return min(self.charger.wake_at, self.metering.wake_at, deadline)

    @property
    def transaction(self) -> Transaction | None:
        """The transaction that runs."""
        return self.session.transaction

    @property
    def condition(self) -> Condition:
        """All that its status follows from."""
        charger, runs = self.charger, self.transaction is not None
        return Condition(
            link_up=charger.is_up,
            # Without a transaction, one that was never there is missed by nobody but the log.
            silent=charger.is_silent and (charger.has_spoken or runs),
            error=self._error,
            info=self._info or None,
            start_failed=self._start_failed,
            over=self._flow.over,
            operative=self.operative,
            plugged=self.plugged,
            tagged=self.pending is not None,
            charging=runs,
            zero=charger.limit == 0,
            deauthorized=self._is_deauthorized,
            finishing=self._is_finishing,
            takes_nothing=self._flow.takes_nothing,
        )

    @property
    def _is_faulted(self) -> bool:
        return is_faulted(self.charger.is_up, self._start_failed, self._flow.over, self._error)

    def tick(self, now: float) -> list[Output]:
        outputs = self.charger.tick(now)
        if self.metering.wake_at <= now:
            outputs += self.session.tick(now)
        if self.pending and self.pending.deadline <= now:
            text = f"no car was plugged in for {self.pending.order.id_tag} (ConnectionTimeOut)"
            self.pending = None
            outputs.append(Note(text, is_warning=True))
        return outputs

    # the charger

    def bus(self, event: BusEvent, now: float) -> list[Output]:
        """Something happened to the bus or to a frame of ours."""
        outputs = [*self.charger.receive(event, now), *self._stopped(now)]
        return [*outputs, *self._resume(now)]

    def measured(self, event: Current, now: float) -> list[Output]:
        """The charger reported its current."""
        flow, charger = self._flow, self.charger
        if not flow.believes(event.current):
            return self._supervision.note("Current of more than a charger can deliver: ignored")
        if charger.current is None:
            flow.begin()
        limit = self._shared.limit if charger.limit is None else charger.limit
        flow.measured(event.current, limit if charger.running else 0.0, now)
        running = self.session.transaction
        number = running.number if running else None
        outputs = [*charger.measured(event, now), *self.metering.measured(number, now)]
        if running and running.is_refused:
            outputs += self._refused()
        return [*outputs, *self._stop_overflow(now)] if flow.is_above and flow.over else outputs

    def _stop_overflow(self, now: float) -> list[Output]:
        if not self._supervision.is_stop_due(now):
            return []
        return [*self._supervision.note(f"{self._flow.over}: Stop"), *self.stop(Reason.other)]

    def _stopped(self, now: float) -> list[Output]:
        """What follows once the bus has carried the Stop that was owed."""
        if self.charger.running or self.charger.stop_owed:
            return []
        self._start_failed = False
        transaction = self.transaction
        if transaction is None or (transaction.is_suspended and not self.session.ending):
            return []
        self._is_finishing, self._is_deauthorized = True, False
        return self.session.end(now)

    # beginning a transaction

    def begin(self, order: StartOrder, now: float) -> list[Output]:
        """Begin a transaction: as soon as the car is plugged in, if it is not yet (4.8, 5.11)."""
        if why := self.why_not():
            return [*answer_to(order, Remote.rejected), rejected(START, why)]
        if self.plugged:
            self.session.prepare(order.profile, now)
            self.pending, self._is_finishing = PendingStart(order, "room"), False
            return []
        deadline = now + self._shared.configuration.integer("ConnectionTimeOut")
        self.pending = PendingStart(replace(order, unique_id=None), "car", deadline)
        return answer_to(order, Remote.accepted)

    def why_not(self) -> str | None:
        """Why no transaction can begin here; None if one can."""
        if self._shared.ends:
            return self._shared.ends
        reasons = {
            "the CAN link is down": not self.charger.is_up,
            "the connector is faulted": self._error not in WARNINGS,
            "more flows than the charger may deliver": self._flow.over is not None,
            "the connector is out of service": not self.operative,
            "a transaction runs": self.transaction is not None,
            "one is about to begin": self.pending is not None,
            "a Stop is still owed to the charger": self.charger.stop_owed,
        }
        return next((why for why, holds in reasons.items() if holds), None)

    def go(self, now: float) -> list[Output]:
        """The other connectors left room under the cap: Start, unless a Stop came meanwhile."""
        pending = self.pending
        assert pending is not None
        pending.waits_for = "bus"
        if self.session.ending:
            return self.not_begun("a Stop came before its Start", now)
        # A RemoteStartTransaction answers for the limit that it brings.
        limit, is_sure = self._limit_in_force(now, is_busy=True), pending.order.profile is not None
        return self.charger.start(limit, self._started, tells_again=is_sure)

    def _started(self, why: str | None, now: float) -> list[Output]:
        assert self.pending is not None
        if why is not None:
            return self.not_begun(why, now)
        order, self.pending = self.pending.order, None
        return self.session.begin(order, now)

    def not_begun(self, why: str, now: float) -> list[Output]:
        """Whoever was told Accepted before must see that it came to nothing: Faulted, and ended."""
        assert self.pending is not None
        order, self.pending = self.pending.order, None
        self.session.give_up()
        if order.unique_id is not None:
            return [*answer_to(order, Remote.rejected), rejected(START, why)]
        self._start_failed = self.session.ending is None
        told = self.session.come_to_nothing(order, now)
        return [rejected(START, why), *told, *self.charger.stop()]

    # while it runs, and its end

    def named(self, transaction_id: int, info: Mapping[str, Any]) -> list[Output]:
        """The central system named the transaction, and accepted its tag or not (4.8)."""
        return [*self.session.named(transaction_id, info), *self._refused()]

    def _refused(self) -> list[Output]:
        """What follows while the tag of the transaction is not accepted (errata 3.17)."""
        if self.session.ending:
            return []
        match self.session.aftermath:
            case "stop":
                return self.stop(Reason.de_authorized)
            case "suspend":
                self._is_deauthorized = True
        return []

    def remote_stop(self, unique_id: str) -> list[Output]:
        """Stop the running transaction if the bus carries it (5.12)."""
        accepted = call_result.RemoteStopTransaction(Remote.accepted)
        refused = call_result.RemoteStopTransaction(Remote.rejected)
        return self._stop_for(Ending(Reason.remote), answering(unique_id, accepted, refused))

    def unlock(self, unique_id: str) -> list[Output]:
        """Unlock the cable, after the transaction that runs has been stopped (5.18)."""
        unlocked = call_result.UnlockConnector(UnlockStatus.unlocked)
        failed = call_result.UnlockConnector(UnlockStatus.unlock_failed)
        if self.number not in self._shared.running:
            return [Answer(unique_id, unlocked)]
        return self._stop_for(Ending(Reason.unlock_command), answering(unique_id, unlocked, failed))

    def stop(self, reason: Reason, ended_by: str | None = None) -> list[Output]:
        """Stop the charger whatever it does, again and again until the bus carries it."""
        if self.pending and self.pending.waits_for == "car":
            self.pending = None
        return self._stop_for(Ending(reason, ended_by))

    def _stop_for(self, ending: Ending, then: Then | None = None) -> list[Output]:
        kept = self.session.end_for(ending)
        return [*self.charger.stop(then), *kept]

    def plug(self, now: float) -> list[Output]:
        """A car is plugged in; whoever waited for it may charge."""
        self.plugged = True
        outputs: list[Output] = []
        if self.pending and self.pending.waits_for == "car":
            expected, self.pending = self.pending.order, None
            outputs = self.begin(expected, now)
        return [*outputs, *self._resume(now)]

    def unplug(self) -> list[Output]:
        """The car is gone: Stop, and the end of the transaction unless it may come back."""
        self.plugged = self._is_finishing = False
        ends = self._shared.configuration.boolean("StopTransactionOnEVSideDisconnect")
        if self.transaction is None or ends:
            return self.stop(Reason.ev_disconnected)
        self.transaction.is_suspended = True
        return self.charger.stop()

    def _resume(self, now: float) -> list[Output]:
        """The car that was gone is back: Start, once the Stop for it was carried (9.1.25)."""
        if self.transaction is None or not self.transaction.is_suspended:
            return []
        if not self.plugged or self._is_faulted or self.charger.stop_owed:
            return []
        self.transaction.is_suspended = False
        return self.charger.start(self._limit_in_force(now, is_busy=True), resumed)

    def raise_error(self, code: ErrorCode, info: str | None, now: float) -> list[Output]:
        """The connector has this error now; with most there is no charging (4.9)."""
        self._error, self._info = code, info or ""
        return self.stop(Reason.other) if self._is_faulted else self._resume(now)

    def let_go(self) -> bool:
        """Finishing is over where the car is gone, once it was told. Whether that is so now."""
        over = self._is_finishing and not self.plugged
        self._is_finishing = self._is_finishing and not over
        return over

    # limits

    def order_limit(self, limit: float, then: Then) -> list[Output]:
        """Tell the charger a limit (A)."""
        return self.charger.set_limit(0.0 if self._is_deauthorized else limit, then)

    def hold_limit(self, now: float) -> list[Output]:
        """See to it that the charger is told the limit that is in force now.

        Without a transaction an old limit may stay: the next one sets its own before it starts.
        """
        limit = self._limit_in_force(now, is_busy=self.transaction is not None)
        return [] if limit is None else self.charger.hold(limit)

    def _limit_in_force(self, now: float, *, is_busy: bool) -> float | None:
        """None: no profile says any, and none was told that a transaction must not have."""
        limit = self._shared.limits.of(self.number, now)
        if self._is_deauthorized:
            return 0.0
        if limit is None and is_busy and self.charger.was_limited:
            return self._shared.limit
        return limit
