"""One connector of the charge point: its car, its errors, and when its charger is told what.

Sources: OCPP 1.6 edition 2 (clauses in the comments) with the errata 2025-04. Times in s on the
clock of `now`, currents in A.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ocpp.v16.enums import ChargePointErrorCode as ErrorCode
from ocpp.v16.enums import Reason, RemoteStartStopStatus

from rig.bus.logic.messages import COMMANDS, Current
from rig.cp.logic.charger import Charger
from rig.cp.logic.condition import WARNINGS, Condition, is_faulted
from rig.cp.logic.events import BusEvent, Output, Then, rejected, resumed
from rig.cp.logic.foreign import ForeignCommand
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
from rig.ocppj.logic.exchange import Note

START = "RemoteStartTransaction"


class Connector:
    """One connector; what was kept of its last life is in `saved`."""

    def __init__(
        self, number: int, shared: Shared, charger: Charger, now: float, saved: Saved
    ) -> None:
        self.number, self.charger, self._shared = number, charger, shared
        self.metering = Metering(number, shared, charger, now)
        self.session = Session(number, shared, charger, self.metering)
        self._flow = Flow(shared.expect)
        self._supervision = Supervision(number, shared, charger, self.session)
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
        return min(self.charger.wake_at, self.metering.wake_at, self._supervision.wake_at, deadline)

    @property
    def transaction(self) -> Transaction | None:
        """The transaction that runs."""
        return self.session.transaction

    @property
    def condition(self) -> Condition:
        """All that its status follows from."""
        charger, running = self.charger, self.session.transaction
        return Condition(
            link_up=charger.is_up,
            # Without a transaction, one that was never there is missed by nobody but the log.
            silent=charger.is_silent and (charger.has_spoken or running is not None),
            error=self._error,
            info=self._info or None,
            start_failed=self._start_failed,
            over=self._flow.over,
            operative=self.operative,
            plugged=self.plugged,
            tagged=self.pending is not None,
            charging=running is not None,
            zero=charger.limit == 0,
            deauthorized=self._is_deauthorized,
            finishing=self._is_finishing,
            takes_nothing=self._flow.takes_nothing,
            held=running.held if running else None,
            others=self._supervision.told or self._flow.two,
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
        if self._supervision.tick(now):
            note = Note("no energy for too long: the transaction ends", is_warning=True)
            outputs += [note, *self.stop(Reason.other)]
            outputs += [] if self.charger.is_up else self._end(now)  # no bus carries the Stop
        self._supervision.watch(now)
        return outputs

    def bus(self, event: BusEvent | ForeignCommand, now: float) -> list[Output]:
        """Something happened to the bus or to a frame of ours, or another sender commands."""
        if isinstance(event, COMMANDS):
            outputs = self._supervision.foreign(event, now)
        else:
            outputs = [*self.charger.receive(event, now), *self._stopped(now)]
        outputs += self._resume(now)
        self._supervision.watch(now)
        return outputs

    def measured(self, reports: Sequence[tuple[Current, float]], now: float) -> list[Output]:
        """The charger reported its current; each with when. The newest is told."""
        flow, charger = self._flow, self.charger
        believed = [each for each in reports if flow.believes(each[0].current)]
        ignored = [] if len(believed) == len(reports) else self._supervision.ignored()
        if not believed:
            return ignored
        back = self._supervision.came_back() if charger.is_silent and charger.has_spoken else []
        if charger.current is None:
            flow.begin()
        limit = self._shared.limit if charger.limit is None else charger.limit
        flow.measured_each(believed, limit if charger.running else 0.0)
        running = self.session.transaction
        number = running.number if running else None
        outputs = [*ignored, *charger.measured(believed[-1][0], now), *back]
        outputs += self.metering.measured(number, now)
        if running and running.is_refused:
            outputs += self._refused()
        if flow.is_above and flow.over and self._supervision.is_stop_due(now):
            outputs += [*self._supervision.note(f"{flow.over}: Stop"), *self.stop(Reason.other)]
        return outputs

    def _stopped(self, now: float) -> list[Output]:
        """What follows once the bus has carried the Stop that was owed."""
        if self.charger.running or self.charger.stop_owed:
            return []
        self._start_failed = False
        transaction = self.transaction
        if transaction is None or (transaction.is_held_back and not self.session.ending):
            return []
        return self._end(now)

    def _end(self, now: float) -> list[Output]:
        self._is_finishing, self._is_deauthorized = True, False
        return self.session.end(now)

    def begin(self, order: StartOrder, now: float) -> list[Output]:
        """Begin a transaction: as soon as the car is plugged in, if it is not yet (4.8, 5.11)."""
        if why := self.why_not():
            return [*answer_to(order, RemoteStartStopStatus.rejected), rejected(START, why)]
        if self.plugged:
            self.session.prepare(order.profile, now)
            self.pending, self._is_finishing = PendingStart(order, "room"), False
            return []
        deadline = now + self._shared.configuration.integer("ConnectionTimeOut")
        self.pending = PendingStart(replace(order, unique_id=None), "car", deadline)
        return answer_to(order, RemoteStartStopStatus.accepted)

    def why_not(self) -> str | None:
        """Why no transaction can begin here; None if one can."""
        if self._shared.ends:
            return self._shared.ends
        reasons = {
            "the CAN link is down": not self.charger.is_up,
            "the connector is faulted": self._error not in WARNINGS,
            "the charger is silent": self.charger.is_silent and self.charger.has_spoken,
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
        limit, is_sure = self._limit(now), pending.order.profile is not None
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
            return [*answer_to(order, RemoteStartStopStatus.rejected), rejected(START, why)]
        self._start_failed = self.session.ending is None
        told = self.session.come_to_nothing(order, now)
        return [rejected(START, why), *told, *self.charger.stop()]

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

    def stop(self, reason: Reason, ended_by: str | None = None) -> list[Output]:
        """Stop the charger whatever it does, again and again until the bus carries it."""
        if self.pending and self.pending.waits_for == "car":
            self.pending = None
        return self.stop_for(Ending(reason, ended_by))

    def stop_for(self, ending: Ending, then: Then | None = None) -> list[Output]:
        """Stop the charger; what runs ends for this, and `then` when the bus carried it."""
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
        transaction = self.transaction
        if transaction is None or not self._supervision.may_resume(transaction):
            return []
        if not self.plugged or self._is_faulted or self.charger.stop_owed or self.session.ending:
            return []
        transaction.is_suspended, transaction.held = False, None
        return self.charger.start(self._limit(now), resumed)

    def raise_error(self, code: ErrorCode, info: str | None, now: float) -> list[Output]:
        """The connector has this error now; with most there is no charging (4.9)."""
        self._error, self._info = code, info or ""
        return self.stop(Reason.other) if self._is_faulted else self._resume(now)

    def let_go(self) -> bool:
        """Finishing is over where the car is gone, once it was told. Whether that is so now."""
        over = self._is_finishing and not self.plugged
        self._is_finishing = self._is_finishing and not over
        return over

    def order_limit(self, limit: float, then: Then) -> list[Output]:
        """Tell the charger a limit (A)."""
        return self.charger.set_limit(0.0 if self._is_deauthorized else limit, then)

    def hold_limit(self, now: float) -> list[Output]:
        """See to it that the charger is told the limit that is in force now.

        Without a transaction an old limit may stay: the next one sets its own before it starts.
        """
        said = self._shared.limits.of(self.number, now)
        if said is None and self.session.transaction is None:
            return []
        return self.charger.hold(self._in_force(said))

    def _limit(self, now: float) -> float:
        return self._in_force(self._shared.limits.of(self.number, now))

    def _in_force(self, said: float | None) -> float:
        """The limit that profiles say, or else that of the bench."""
        if self._is_deauthorized:
            return 0.0
        return self._shared.limit if said is None else said
