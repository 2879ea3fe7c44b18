"""The charging profiles of a charge point at work: what is in force, and what a new one changes.

A profile is installed, and answered as Accepted, when each connector whose limit it sets was told
on its bus. Times in s on the clock of `now`. Source: OCPP 1.6 edition 2, 3.13 and 5.16.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ocpp.v16 import call, call_result
from ocpp.v16.enums import (
    ChargingProfileStatus,
    ClearChargingProfileStatus,
    GetCompositeScheduleStatus,
)

from rig.bus.logic.messages import Codec
from rig.cp.logic.charging_profile import Profile, ProfileError, Purpose, Said
from rig.cp.logic.composite import composite_schedule
from rig.cp.logic.kept import Keep, Saved
from rig.cp.logic.profiles import Profiles, Running, running_at
from rig.cp.logic.saved_profile import restored, saved
from rig.cp.logic.smart_charging import CAPACITY, Policy, accept_profile, profile_of_start
from rig.ocppj.logic.exchange import Answer, Note
from rig.role.logic.supply import Supply

PROFILES = "profiles"  # section

Output = Answer | Keep | Note


@dataclass(eq=False, slots=True)
class Installing:
    """A SetChargingProfile whose connectors are being told their `limits` (A).

    `waits_for` are those of them that were not told yet; `before` are the profiles it came to, and
    `after` those with it.
    """

    unique_id: str
    profile: Profile
    before: Profiles
    after: Profiles
    limits: dict[int, float]
    waits_for: set[int]


@dataclass(frozen=True, slots=True)
class Rules:
    """What profiles are taken by. `limit` (A) is in force where no profile says one."""

    policy: Policy
    supply: Supply | None
    limit: float


@dataclass(frozen=True, slots=True)
class _Known:
    """What the profiles said for a connector at `since` (s since 1970), and what that came from."""

    profiles: Profiles
    running: list[Running]
    since: float
    said: Said

    def holds(self, profiles: Profiles, running: list[Running], wall: float) -> bool:
        """Whether they say the same at `wall`."""
        same = profiles is self.profiles and running == self.running
        return same and self.since <= wall < self.said.until


class Limits:
    """The profiles of one charge point. `running` gives its transactions as they are."""

    def __init__(
        self,
        rules: Rules,
        codec: Codec,
        running: Callable[[], list[Running]],
        saved_state: Saved,
        wall: Callable[[float], float],
    ) -> None:
        self._rules, self._codec, self._running, self._wall = rules, codec, running, wall
        kept = saved_state.get(PROFILES, {}).values()
        self.profiles = Profiles(tuple(restored(values) for values in kept))
        self._known: dict[int, _Known] = {}  # by connector: they are asked with each event
        self._installing: list[Installing] = []
        self._has_deviated = False

    def is_being_told(self, connector: int) -> bool:
        """Whether a connector was told the limit of a profile that is not installed yet."""
        return any(connector in installing.limits for installing in self._installing)

    def of(self, connector: int, now: float, starting: Profile | None = None) -> float | None:
        """The limit in force (A), with the profile of a transaction that starts; None: no limit."""
        if starting is None:
            return self._said(connector, now).limit
        profiles = self.profiles.with_one_more(starting)
        return profiles.limit_at(connector, self._wall(now), self._running())

    def next_change(self, now: float) -> float:
        """When a limit that was asked for may be another one because of the time alone."""
        wall = self._wall(now)
        later = [known.said.until for known in self._known.values() if known.said.until > wall]
        return now + min(later, default=math.inf) - wall

    def _said(self, connector: int, now: float) -> Said:
        wall, running = self._wall(now), self._running()
        known = self._known.get(connector)
        if known is None or not known.holds(self.profiles, running, wall):
            said = self.profiles.said(connector, wall, running)
            known = self._known[connector] = _Known(self.profiles, running, wall, said)
        return known.said

    def install(
        self,
        unique_id: str,
        request: call.SetChargingProfile,
        connectors: Iterable[int],
        now: float,
    ) -> tuple[Installing | None, list[Output]]:
        """Take a profile: with the limits that connectors must be told first, if there are any."""
        running = self._running()
        mine = running_at(request.connector_id, running)
        try:
            profile, deviation = accept_profile(
                request,
                self._rules.supply,
                self._codec,
                policy=self._rules.policy,
                charging=mine is not None and not mine.is_starting,
                transaction_id=mine.transaction_id if mine else None,
                installed=self.profiles,
            )
        except ProfileError as error:
            return None, _rejected(unique_id, str(error))
        notes: list[Output] = []
        if deviation:
            notes = [Note(deviation, is_warning=not self._has_deviated)]  # then it is known
            self._has_deviated = True
        after = self.profiles.with_one_more(profile)
        numbers = [profile.connector] if profile.connector else connectors
        limits = _limits_of(after, numbers, self._wall(now), running)
        installing = Installing(unique_id, profile, self.profiles, after, limits, set(limits))
        if not limits:
            return None, [*notes, *self._installed(installing)]
        self._installing.append(installing)
        return installing, notes

    def told(self, installing: Installing, connector: int, why: str | None) -> list[Output]:
        """A connector was told its limit, or was not, and why. Answers when all are settled."""
        if installing not in self._installing:  # it was rejected already
            return []
        if why is not None:
            return self._reject(installing, why)
        installing.waits_for.remove(connector)
        if installing.waits_for:
            return []
        self._installing.remove(installing)
        return self._installed(installing)

    def _reject(self, installing: Installing, why: str) -> list[Output]:
        self._installing.remove(installing)
        return _rejected(installing.unique_id, why)

    def _installed(self, installing: Installing) -> list[Output]:
        accepted = call_result.SetChargingProfile(ChargingProfileStatus.accepted)
        is_as_before = self.profiles is installing.before
        new = installing.after if is_as_before else self.profiles.with_one_more(installing.profile)
        kept = self._become(new)
        return [*kept, Answer(installing.unique_id, accepted)]

    def of_start(self, request: call.RemoteStartTransaction, connector: int) -> Profile | None:
        """The profile that a RemoteStartTransaction brings. Raises ProfileError."""
        return profile_of_start(
            request,
            self._rules.supply,
            self._codec,
            connector=connector,
            installed=self.profiles,
        )

    def began(self, profile: Profile | None) -> list[Output]:
        """A transaction began, with this profile."""
        return self._become(self.profiles.with_one_more(profile)) if profile else []

    def ended(self, connector: int) -> list[Output]:
        """The transaction of a connector ended, and its TxProfiles with it (3.13.1)."""
        late = [one for one in self._installing if _is_of_transaction(one.profile, connector)]
        rejected = [out for one in late for out in self._reject(one, "its transaction ended")]
        return [*self._become(self.profiles.without_transaction(connector)), *rejected]

    def clear(self, unique_id: str, request: call.ClearChargingProfile) -> list[Output]:
        """ClearChargingProfile (5.5)."""
        left, found = self.profiles.cleared(request)
        status = ClearChargingProfileStatus
        answer = call_result.ClearChargingProfile(status.accepted if found else status.unknown)
        return [*self._become(left), Answer(unique_id, answer)]

    def composite(
        self, unique_id: str, request: call.GetCompositeSchedule, connectors: int, now: float
    ) -> list[Output]:
        """GetCompositeSchedule (5.7)."""
        rejected = call_result.GetCompositeSchedule(GetCompositeScheduleStatus.rejected)
        if not 0 <= request.connector_id <= connectors:
            note = Note(f"GetCompositeSchedule Rejected: no connector {request.connector_id}", True)
            return [Answer(unique_id, rejected), note]
        try:
            answer = composite_schedule(
                request,
                self.profiles,
                self._wall(now),
                self._running(),
                connectors=connectors,
                supply=self._rules.supply,
                otherwise=self._rules.limit,
                most=CAPACITY.periods,
            )
        except ProfileError as error:
            return [
                Answer(unique_id, rejected),
                Note(f"GetCompositeSchedule Rejected: {error}", True),
            ]
        return [Answer(unique_id, answer)]

    def _become(self, profiles: Profiles) -> list[Output]:
        """Install these, and keep on the disk what is new and outlasts a reboot (errata 3.37)."""
        before, after = _lasting(self.profiles), _lasting(profiles)
        self.profiles = profiles
        gone: list[Output] = [Keep(PROFILES, str(key), None) for key in before if key not in after]
        new: list[Output] = [
            Keep(PROFILES, str(key), saved(one))
            for key, one in after.items()
            if before.get(key) != one
        ]
        return [*gone, *new]


def _limits_of(
    profiles: Profiles, connectors: Iterable[int], wall: float, running: Sequence[Running]
) -> dict[int, float]:
    """What these profiles say for connectors at a moment (s since 1970), where they say any."""
    limits = {}
    for number in connectors:
        limit = profiles.said(number, wall, running).limit
        if limit is not None:
            limits[number] = limit
    return limits


def _is_of_transaction(profile: Profile, connector: int) -> bool:
    return profile.purpose is Purpose.tx_profile and profile.connector == connector


def _lasting(profiles: Profiles) -> dict[int, Profile]:
    """By id, less the TxProfiles, which do not outlast their transaction (3.13.1)."""
    return {one.profile_id: one for one in profiles if one.purpose is not Purpose.tx_profile}


def _rejected(unique_id: str, why: str) -> list[Output]:
    rejected = call_result.SetChargingProfile(ChargingProfileStatus.rejected)
    note = Note(f"SetChargingProfile Rejected: {why}", is_warning=True)
    return [Answer(unique_id, rejected), note]
