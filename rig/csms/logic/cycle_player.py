"""The cycle on one charge point: its steps as requests, adapted to what that charge point takes.

Sources: OCPP 1.6 edition 2 with the errata 2025-04. Times in s on the clock of `now`.
"""

import math
from typing import Any

from ocpp.v16 import call

from rig.csms.logic.capabilities import Capabilities
from rig.csms.logic.cycle import Cycle, Step
from rig.csms.logic.limits import CONNECTOR, profiles, purpose_of
from rig.csms.logic.running import RunningTransactions
from rig.ocppj.logic.exchange import Failed, Note
from rig.role.logic.supply import Supply

ID_TAG = "RIG"
LATENESS = 1.0  # s that an answer may hold up the next step before it is left out
START_PATIENCE = 5.0  # s from accepting RemoteStartTransaction to the StartTransaction

Played = Note | call.SetChargingProfile | call.RemoteStartTransaction | call.RemoteStopTransaction


class CyclePlayer:
    """One charge point's cycle, from its boot to its next. What is returned is to be asked."""

    __slots__ = (
        "_capabilities",
        "_next_profiles",
        "_position",
        "_running",
        "_start_by",
        "_step",
        "_strict",
        "_supply",
        "_told_round",
    )

    def __init__(
        self,
        cycle: Cycle,
        start: float,
        capabilities: Capabilities,
        running: RunningTransactions,
        supply: Supply | None,
    ) -> None:
        self._position = CyclePosition(cycle, start)
        self._capabilities, self._running, self._supply = capabilities, running, supply
        self._strict = False  # whether it has rejected a TxProfile that is against 3.13.1
        self._step: Step | None = None
        self._next_profiles: list[call.SetChargingProfile] = []
        self._start_by = -math.inf
        self._told_round = 0

    @property
    def wake_at(self) -> float:
        """When the next step is due. A Stop waits for the StartTransaction, which has the id."""
        at, step = self._position.wake_at, self._position.next_step
        if step and step.command == "Stop" and self._transaction is None:
            return max(at, self._start_by)
        return at

    def take(self) -> list[Played]:
        """Take the step that is due."""
        step = self._step = self._position.take()
        match step.command:
            case "SetLimit":
                return self._set_limit(step)
            case "Start":
                self._start_by = -math.inf
                start = call.RemoteStartTransaction(id_tag=ID_TAG, connector_id=CONNECTOR)
                return [Note(f"cycle: {step}"), start]
            case "Stop":
                return self._stop(step)

    def resume(self, now: float) -> list[Played]:
        """Go on after an interruption."""
        self._start_by = -math.inf
        return self._catch_up(now)

    def stay_on_grid(self, now: float) -> list[Played]:
        """After a very late answer, the steps that it held up do not follow in a burst."""
        if now - self.wake_at <= LATENESS:
            return []
        slow = Note("cycle: it was slow to answer; what was due meanwhile is not caught up", True)
        return [slow, *self._catch_up(now)]

    def answered(self, request: Any, response: Any, now: float) -> list[Played]:
        """What it answered to a request of this cycle."""
        status = str(response.status)
        if status != "Accepted":
            self._learn(request)
            return self._not_taken(request, f"rejected {type(request).__name__}: {status}")
        if isinstance(request, call.RemoteStartTransaction) and self._transaction is None:
            self._start_by = now + START_PATIENCE
        return []

    def failed(self, event: Failed) -> list[Played]:
        """It answered with a CALLERROR, wrongly, or not at all."""
        name = type(event.request).__name__
        if event.code is None:
            return self._not_taken(event.request, f"{name} failed: {event.why}")
        self._learn(event.request)
        return self._not_taken(event.request, f"rejected {name}: {event.why}")

    @property
    def _transaction(self) -> int | None:
        return self._running.on(CONNECTOR)

    def _catch_up(self, now: float) -> list[Played]:
        """Leave out what is late, but no Stop: nothing charges on for want of it."""
        stops = [step for step in self._position.resume(now) if step.command == "Stop"]
        if not stops or self._transaction is None:
            return []
        self._step = stops[-1]
        return self._stop(self._step)

    def _set_limit(self, step: Step) -> list[Played]:
        supply = None if self._capabilities.takes_amps else self._supply
        if not self._capabilities.smart_charging:
            return self._cannot("it has no SmartCharging: no SetChargingProfile")
        if not self._capabilities.takes_amps and supply is None:
            return self._cannot("it takes limits in W only: put voltage and phases into --bench")
        first, *self._next_profiles = profiles(
            step.limit or 0.0, self._transaction, supply, strict=self._strict
        )
        return [Note(f"cycle: {step}"), first]

    def _cannot(self, why: str) -> list[Played]:
        """Say it once a round."""
        if self._told_round == self._position.round:
            return []
        self._told_round = self._position.round
        return [Note(f"cycle: {why}", is_warning=True)]

    def _stop(self, step: Step) -> list[Played]:
        began, self._start_by = self._start_by, -math.inf
        if self._transaction is not None:
            return [Note(f"cycle: {step}"), call.RemoteStopTransaction(self._transaction)]
        why = "no transaction runs"
        if began > -math.inf:
            why = f"no StartTransaction within {START_PATIENCE:g} s of RemoteStartTransaction"
        return [Note(f"cycle: {step}: {why}", is_warning=True)]

    def _learn(self, request: Any) -> None:
        """From a rejection: it keeps to 3.13.1, or to 5.11 (that transaction does not run)."""
        match request:
            case call.SetChargingProfile() if purpose_of(request) == "TxProfile":
                self._strict = True
            case call.RemoteStopTransaction(transaction_id=unknown):
                self._running.forget(unknown)

    def _not_taken(self, request: Any, what: str) -> list[Played]:
        note = Note(f"{what} (cycle: {self._step})", is_warning=True)
        if not isinstance(request, call.SetChargingProfile) or not self._next_profiles:
            return [note]
        following = self._next_profiles.pop(0)
        return [note, Note(f"cycle: {self._step} again, as {purpose_of(following)}"), following]


class CyclePosition:
    """Where a cycle is. `start` is the time of its first step."""

    __slots__ = ("_cycle", "_next", "_start", "round")

    def __init__(self, cycle: Cycle, start: float) -> None:
        self._cycle, self._start = cycle, start
        self._next = 0
        self.round = 0  # of the step that was taken last, from 1 on

    @property
    def wake_at(self) -> float:
        """When the next step is due; inf when there is none."""
        step = self.next_step
        return math.inf if step is None else self._start + step.at

    @property
    def next_step(self) -> Step | None:
        """The step that comes next; None after the last."""
        steps = self._cycle.steps
        return steps[self._next] if self._next < len(steps) else None

    def take(self) -> Step:
        """The step that is due."""
        step = self._cycle.steps[self._next]
        self.round += self._next == 0
        self._next += 1
        if self._next == len(self._cycle.steps) and self._cycle.repeat:
            self._next, self._start = 0, self._start + self._cycle.period
        return step

    def resume(self, now: float) -> tuple[Step, ...]:
        """Go on after an interruption. Steps that are late are never caught up in a burst.

        A cycle that repeats begins its next round on the grid; any other shifts, so that a Stop
        still follows its Start. Returns what is left out of the round that it was in.
        """
        late = now - self.wake_at
        if late <= 0:
            return ()
        if not self._cycle.repeat:
            self._start += late
            return ()
        left_out = self._cycle.steps[self._next :]
        rounds = math.ceil((now - self._start) / self._cycle.period)
        self._next, self._start = 0, self._start + rounds * self._cycle.period
        return left_out
