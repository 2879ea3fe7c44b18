"""Smart charging at work: profiles that are being told, and room under the cap for one more.

A profile is installed, and answered as Accepted, when each connector whose limit it sets was told
on its bus. The connectors in a transaction share a ChargePointMaxProfile (3.13): before another one
begins, the others are told their smaller shares, so that the sum never exceeds the cap. Limits in
A, times in s on the clock of `now`. Source: OCPP 1.6 edition 2, 3.13 and 5.16.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import (
    ChargingProfileStatus,
    ClearChargingProfileStatus,
    GetCompositeScheduleStatus,
)

from rig.cp.logic.composite import composite_schedule
from rig.cp.logic.configuration import MAX_PERIODS
from rig.cp.logic.connector import Connector
from rig.cp.logic.events import Output, rejected
from rig.cp.logic.profile import Profile, ProfileError, Purpose
from rig.cp.logic.profile_reading import Policy, accept_profile, profile_of_start
from rig.cp.logic.shared import Shared
from rig.cp.logic.transaction import PendingStart
from rig.ocppj.logic.exchange import Answer, Note

TOO_LATE = "its transaction ended"


@dataclass(eq=False, slots=True)
class Installing:
    """A SetChargingProfile whose connectors are being told their limits; those of `waits_for` were
    not told yet. `for_transaction`: it is for one that runs."""

    unique_id: str
    profile: Profile
    connectors: set[int]
    waits_for: set[int]
    for_transaction: bool


class SmartCharging:
    """The profiles of one charge point on their way to its chargers."""

    def __init__(self, shared: Shared, policy: Policy, connectors: Mapping[int, Connector]) -> None:
        self._shared, self._policy, self._connectors = shared, policy, connectors
        self._installing: list[Installing] = []
        self._has_deviated = False

    def begin(self, numbers: Iterable[int], now: float) -> list[Output]:
        """The starts on these connectors that wait for room."""
        outputs: list[Output] = []
        for number in numbers:
            pending = self._connectors[number].pending
            if pending and pending.waits_for == "room" and not pending.others:
                outputs += self._make_room(self._connectors[number], pending, now)
        return outputs

    def hold(self, numbers: Iterable[int], now: float) -> list[Output]:
        """See to it that the chargers of these connectors are told the limits in force."""
        outputs = [out for each in self._too_late() for out in self._reject(each, TOO_LATE)]
        for number in numbers:
            if self._is_being_told(number):
                self._shared.limits.forget_change(number)
            else:
                outputs += self._connectors[number].hold_limit(now)
        return outputs

    # installing profiles

    def install(self, unique_id: str, request: call.SetChargingProfile, now: float) -> list[Output]:
        """SetChargingProfile (5.16)."""
        mine = self._shared.running.get(request.connector_id)
        try:
            profile, deviation = accept_profile(
                request,
                self._shared.supply,
                self._shared.codec,
                policy=self._policy,
                charging=mine is not None and not mine.is_starting,
                transaction_id=mine.transaction_id if mine else None,
                installed=self._shared.limits.profiles,
            )
        except ProfileError as error:
            return _rejected(unique_id, str(error))
        return [*self._noted(deviation), *self._tell(unique_id, profile, now)]

    def of_start(self, profile: dict[str, Any], connector: int) -> Profile:
        """The profile that a RemoteStartTransaction brings. Raises ProfileError."""
        return profile_of_start(
            profile,
            self._shared.supply,
            self._shared.codec,
            connector=connector,
            installed=self._shared.limits.profiles,
        )

    def _noted(self, deviation: str | None) -> list[Output]:
        if deviation is None:
            return []
        is_new, self._has_deviated = not self._has_deviated, True
        return [Note(deviation, is_warning=is_new)]

    def _tell(self, unique_id: str, profile: Profile, now: float) -> list[Output]:
        """Tell the connectors what they will be held to, where it says anything now."""
        after = self._shared.limits.profiles.with_one_more(profile)
        wall, running = self._shared.wall(now), list(self._shared.running.values())
        numbers = [profile.connector] if profile.connector else self._connectors
        said = {number: after.limit_at(number, wall, running) for number in numbers}
        limits = {number: limit for number, limit in said.items() if limit is not None}
        is_tx = profile.purpose is Purpose.tx_profile and profile.connector in self._shared.running
        installing = Installing(unique_id, profile, set(limits), set(limits), is_tx)
        if not limits:
            return self._install(installing)
        self._installing.append(installing)
        return [
            output
            for number, limit in limits.items()
            for output in self._connectors[number].order_limit(
                limit, partial(self._told, installing, number)
            )
        ]

    def _told(
        self, installing: Installing, number: int, why: str | None, now: float
    ) -> list[Output]:
        """A connector was told its limit, or was not, and why. Answers when all are settled."""
        if installing not in self._installing:  # it was rejected already
            return []
        if why is not None:
            return self._reject(installing, why)
        installing.waits_for.remove(number)
        if installing.waits_for:
            return []
        self._installing.remove(installing)
        return self._install(installing)

    def _install(self, installing: Installing) -> list[Output]:
        limits = self._shared.limits
        accepted = call_result.SetChargingProfile(ChargingProfileStatus.accepted)
        kept = limits.become(limits.profiles.with_one_more(installing.profile))
        return [*kept, Answer(installing.unique_id, accepted)]

    def _reject(self, installing: Installing, why: str) -> list[Output]:
        self._installing.remove(installing)
        return _rejected(installing.unique_id, why)

    def _too_late(self) -> list[Installing]:
        """TxProfiles whose transaction has ended meanwhile (3.13.1)."""
        return [
            one
            for one in self._installing
            if one.for_transaction and one.profile.connector not in self._shared.running
        ]

    def _is_being_told(self, number: int) -> bool:
        """Whether a connector was told the limit of a profile that is not installed yet."""
        return any(number in installing.connectors for installing in self._installing)

    # room under the cap

    def _make_room(self, starting: Connector, pending: PendingStart, now: float) -> list[Output]:
        """Start at once, where the others need not be told first."""
        lower = self._lower(starting.number, now)
        if not lower:
            return starting.go(now)
        pending.others = set(lower)
        return [
            output
            for number, limit in lower.items()
            for output in self._connectors[number].order_limit(
                limit, partial(self._left_room, starting, pending, number)
            )
        ]

    def _left_room(
        self,
        starting: Connector,
        pending: PendingStart,
        number: int,
        why: str | None,
        now: float,
    ) -> list[Output]:
        """One of the others was told its share, or was not (`why`): then nothing starts."""
        if starting.pending is not pending:
            return []
        if why is not None:
            reason = f"connector {number} could not be told to leave room: {why}"
            return starting.not_begun(reason, now)
        pending.others.remove(number)
        return [] if pending.others else starting.go(now)

    def _lower(self, starting: int, now: float) -> dict[int, float]:
        """The limits of the others that run, where they do not keep them for certain."""
        others = [number for number in self._shared.running if number != starting]
        if not others or not self._shared.limits.has_cap(now):
            return {}
        limits = {number: self._shared.limits.of(number, now) for number in sorted(others)}
        return {
            number: limit
            for number, limit in limits.items()
            if limit is not None and not self._connectors[number].charger.keeps(limit)
        }

    # what the central system asks besides

    def clear(self, unique_id: str, request: call.ClearChargingProfile, now: float) -> list[Output]:
        """ClearChargingProfile (5.5)."""
        left, found = self._shared.limits.profiles.cleared(request)
        status = ClearChargingProfileStatus
        answer = call_result.ClearChargingProfile(status.accepted if found else status.unknown)
        return [*self._shared.limits.become(left), Answer(unique_id, answer)]

    def composite(
        self, unique_id: str, request: call.GetCompositeSchedule, now: float
    ) -> list[Output]:
        """GetCompositeSchedule (5.7)."""
        count = len(self._connectors)
        try:
            if not 0 <= request.connector_id <= count:
                raise ProfileError(f"no connector {request.connector_id}")
            answer = composite_schedule(
                request,
                self._shared.limits.profiles,
                self._shared.wall(now),
                list(self._shared.running.values()),
                connectors=count,
                supply=self._shared.supply,
                otherwise=self._shared.limit,
                most=MAX_PERIODS,
            )
        except ProfileError as error:
            response = call_result.GetCompositeSchedule(GetCompositeScheduleStatus.rejected)
            return [Answer(unique_id, response), rejected("GetCompositeSchedule", str(error))]
        return [Answer(unique_id, answer)]


def _rejected(unique_id: str, why: str) -> list[Output]:
    response = call_result.SetChargingProfile(ChargingProfileStatus.rejected)
    return [Answer(unique_id, response), rejected("SetChargingProfile", why)]
