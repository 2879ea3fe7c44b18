"""One connector of the charge point: its charger, its car, its transaction, its limits.

Sources: OCPP 1.6 edition 2 (clauses in the comments) with the errata 2025-04. Times in s on the
clock of `now`, currents in A.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import (
    AuthorizationStatus,
    ChargingProfileStatus,
    Reason,
    RemoteStartStopStatus,
)

from rig.logic.cp.actuator import Actuator, Carried, NotCarried, Result, Stopped, Transmit
from rig.logic.cp.meter import Meter
from rig.logic.cp.profiles import Profile, ProfileError, Profiles, Running, Supply
from rig.logic.cp.reports import Condition, meter_values
from rig.logic.cp.smart_charging import Policy, accept_profile, profile_of_start
from rig.logic.exchange import Answer, Note, Refuse
from rig.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.logic.messages import Codec, Current, SetLimit, Start
from rig.logic.moments import timestamp

SILENT_AFTER = 2.5  # periods of Current after which the charger counts as silent


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the central system this, in its turn."""

    request: Any


@dataclass(slots=True)
class Transaction:
    """A running transaction. `stand_in` is its negative id for the Outbox, which replaces it."""

    stand_in: int
    started: float
    transaction_id: int | None = None
    ending: Reason = Reason.other


@dataclass(frozen=True, slots=True)
class _StartOrder:
    unique_id: str
    id_tag: str
    profile: Profile | None


@dataclass(frozen=True, slots=True)
class _StopOrder:
    unique_id: str


@dataclass(frozen=True, slots=True)
class _LimitOrder:
    unique_id: str
    profile: Profile


Output = Answer | Refuse | Note | Transmit | Tell
BusEvent = Sent | NotSent | Late | LinkUp | LinkDown


class Connector:
    """One connector. `wall` turns a `now` into seconds since 1970."""

    def __init__(
        self,
        number: int,
        codec: Codec,
        wall: Callable[[float], float],
        *,
        policy: Policy,
        supply: Supply | None,
    ) -> None:
        self.number = number
        self.condition = Condition(plugged=True)
        self.transaction: Transaction | None = None
        self.current: float | None = None  # A, None while it is not known
        self._codec, self._wall = codec, wall
        self._policy, self._supply = policy, supply
        self._actuator, self._meter = Actuator(), Meter(supply)
        self._profiles = Profiles()
        self._stand_ins = 0
        self._is_starting = False
        self._silent_at = math.inf

    @property
    def wake_at(self) -> float:
        return min(self._actuator.wake_at, self._silent_at)

    @property
    def is_stopped(self) -> bool:
        """Whether the bus carried every Stop that is owed to the charger."""
        return not self._actuator.stop_owed

    def tick(self, now: float) -> list[Output]:
        outputs: list[Output] = []
        if self._actuator.wake_at <= now:
            outputs += self._follow(self._actuator.tick(now), now)
        if self._silent_at <= now:
            outputs += self._fell_silent()
        return outputs

    # the bus

    def bus(self, event: BusEvent, now: float) -> list[Output]:
        """Something happened to the bus or to a frame of ours."""
        if isinstance(event, LinkUp | LinkDown):
            self.condition.link_up = isinstance(event, LinkUp)
            self._forget_current()
        return self._follow(self._actuator.receive(event, now), now)

    def measured(self, event: Current, now: float) -> list[Output]:
        """The charger reported its current."""
        self.current, self.condition.silent = event.current, False
        self._silent_at = now + SILENT_AFTER * self._codec.current_period
        self._meter.measured(event.current, now)
        return [Tell(self.sample(event.current, now))]

    def sample(self, current: float, now: float, *, triggered: bool = False) -> call.MeterValues:
        """MeterValues of a current, for the transaction if one runs."""
        transaction_id = self.transaction.stand_in if self.transaction else None
        return meter_values(
            self.number, current, transaction_id, timestamp(self._wall(now)), triggered=triggered
        )

    def _fell_silent(self) -> list[Output]:
        self._forget_current()
        self.condition.silent = True
        return [Note(f"no Current for {SILENT_AFTER:g} periods: the charger is silent", True)]

    def _forget_current(self) -> None:
        self.current, self._silent_at = None, math.inf
        self._meter.lost()

    def _follow(self, results: list[Result], now: float) -> list[Output]:
        outputs: list[Output] = []
        for result in results:
            match result:
                case Transmit():
                    outputs.append(result)
                case Carried(tag):
                    outputs += self._carried(tag, now)
                case NotCarried(tag, why):
                    outputs += self._not_carried(tag, why, now)
                case Stopped():
                    outputs += self._stopped(now)
        self.condition.limit = self._actuator.limit
        return outputs

    def _carried(self, tag: Any, now: float) -> list[Output]:
        match tag:
            case _StartOrder():
                return self._started(tag, now)
            case _StopOrder(unique_id):
                accepted = call_result.RemoteStopTransaction(RemoteStartStopStatus.accepted)
                return [Answer(unique_id, accepted)]
            case _LimitOrder(unique_id, profile):
                return [self._accept_profile(unique_id, profile)]
        return []

    def _not_carried(self, tag: Any, why: str, now: float) -> list[Output]:
        match tag:
            case _StartOrder(unique_id):
                self._is_starting = False
                return [*_refused_start(unique_id, why), *self._restore_limit(now)]
            case _StopOrder(unique_id):
                return _refused_stop(unique_id, why)
            case _LimitOrder(unique_id):
                return _refused_profile(unique_id, why)
        return []

    # transactions

    def remote_start(
        self, unique_id: str, request: call.RemoteStartTransaction, now: float
    ) -> list[Output]:
        """Start if the bus carries it (5.11)."""
        if why := self._why_not_start():
            return _refused_start(unique_id, why)
        try:
            profile = profile_of_start(request, self._supply, self._codec)
        except ProfileError as error:
            return _refused_start(unique_id, str(error))
        self._is_starting = True
        limit = self._limit_with(profile, now) if profile else []
        order = _StartOrder(unique_id, request.id_tag, profile)
        return self._follow(self._actuator.order(order, *limit, Start()), now)

    def _why_not_start(self) -> str | None:
        reasons = {
            "the CAN link is down": not self.condition.link_up,
            "a transaction runs": self.transaction is not None or self._is_starting,
            "no car is plugged in": not self.condition.plugged,
            "a Stop is still owed to the charger": self._actuator.stop_owed,
        }
        return next((why for why, holds in reasons.items() if holds), None)

    def _started(self, order: _StartOrder, now: float) -> list[Output]:
        self._is_starting = False
        if order.profile:
            self._profiles = self._profiles.with_one_more(order.profile)
        self._stand_ins -= 1
        self.transaction = Transaction(self._stand_ins, now)
        self.condition.charging, self.condition.finishing = True, False
        request = call.StartTransaction(
            connector_id=self.number,
            id_tag=order.id_tag,
            meter_start=self._meter.reading,
            timestamp=timestamp(self._wall(now)),
        )
        accepted = call_result.RemoteStartTransaction(RemoteStartStopStatus.accepted)
        return [Answer(order.unique_id, accepted), Tell(request)]

    def named(
        self, stand_in: int, response: call_result.StartTransaction, now: float
    ) -> list[Output]:
        """The central system named a transaction of this connector, and accepted its tag or not."""
        current = self.transaction
        if current is None or current.stand_in != stand_in:
            return []
        current.transaction_id = response.transaction_id
        status = dict(response.id_tag_info)["status"]  # type: ignore[call-overload]
        if status == AuthorizationStatus.accepted:
            return []
        # As if StopTransactionOnInvalidId were true (errata 3.17).
        note = Note(f"the CSMS did not accept the id tag ({status}): Stop", is_warning=True)
        return [note, *self.stop(Reason.de_authorized, now)]

    def remote_stop(self, unique_id: str, now: float) -> list[Output]:
        """Stop the running transaction if the bus carries it (5.12)."""
        if self.transaction:
            self.transaction.ending = Reason.remote
        return self._follow(self._actuator.stop(_StopOrder(unique_id)), now)

    def stop(self, reason: Reason, now: float) -> list[Output]:
        """Stop the charger whatever it does, again and again until the bus carries it."""
        if self.transaction:
            self.transaction.ending = reason
        return self._follow(self._actuator.stop(), now)

    def unplugged(self, now: float) -> list[Output]:
        """The car is gone."""
        self.condition.plugged = self.condition.finishing = False
        return self.stop(Reason.ev_disconnected, now)

    def _stopped(self, now: float) -> list[Output]:
        ended, self.transaction = self.transaction, None
        if ended is None:
            return []
        self._profiles = self._profiles.without_transaction(self.number)
        self.condition.charging, self.condition.finishing = False, self.condition.plugged
        request = call.StopTransaction(
            meter_stop=self._meter.reading,
            timestamp=timestamp(self._wall(now)),
            transaction_id=ended.stand_in,
            reason=ended.ending,
        )
        return [Tell(request), *self._restore_limit(now)]

    # limits

    def set_profile(
        self, unique_id: str, request: call.SetChargingProfile, now: float
    ) -> list[Output]:
        """Take a profile, and bring the limit in force now to the charger (5.16)."""
        try:
            profile, deviation = accept_profile(
                request,
                self._supply,
                self._codec,
                policy=self._policy,
                charging=self.transaction is not None,
                transaction_id=self.transaction.transaction_id if self.transaction else None,
            )
        except ProfileError as error:
            return _refused_profile(unique_id, str(error))
        notes: list[Output] = [Note(deviation, is_warning=True)] if deviation else []
        limit = self._limit_with(profile, now)
        if not limit:
            return [*notes, self._accept_profile(unique_id, profile)]
        order = self._actuator.order(_LimitOrder(unique_id, profile), *limit)
        return [*notes, *self._follow(order, now)]

    def _accept_profile(self, unique_id: str, profile: Profile) -> Answer:
        self._profiles = self._profiles.with_one_more(profile)
        return Answer(unique_id, call_result.SetChargingProfile(ChargingProfileStatus.accepted))

    def _limit_with(self, profile: Profile, now: float) -> list[SetLimit]:
        """The limit in force now if this profile is added; none if none is."""
        return self._limit_of(self._profiles.with_one_more(profile), now)

    def _limit_of(self, profiles: Profiles, now: float) -> list[SetLimit]:
        limit = profiles.limit_at(self.number, self._wall(now), self._running())
        return [] if limit is None else [self._codec.carried(SetLimit(limit))]

    def _running(self) -> list[Running]:
        if self.transaction is None:
            return []
        started = self._wall(self.transaction.started)
        return [Running(self.number, self.transaction.transaction_id, started)]

    def _restore_limit(self, now: float) -> list[Output]:
        """A TxProfile ended with its transaction: what was in force before is again (3.13.1)."""
        outputs: list[Output] = []
        for message in self._limit_of(self._profiles, now):
            outputs += self._follow(self._actuator.restore(message.limit, now), now)
        return outputs


def _refused_start(unique_id: str, why: str) -> list[Output]:
    rejected = call_result.RemoteStartTransaction(RemoteStartStopStatus.rejected)
    return [Answer(unique_id, rejected), _note("RemoteStartTransaction", why)]


def _refused_stop(unique_id: str, why: str) -> list[Output]:
    rejected = call_result.RemoteStopTransaction(RemoteStartStopStatus.rejected)
    return [Answer(unique_id, rejected), _note("RemoteStopTransaction", why)]


def _refused_profile(unique_id: str, why: str) -> list[Output]:
    rejected = call_result.SetChargingProfile(ChargingProfileStatus.rejected)
    return [Answer(unique_id, rejected), _note("SetChargingProfile", why)]


def _note(action: str, why: str) -> Note:
    return Note(f"{action} Rejected: {why}", is_warning=True)
