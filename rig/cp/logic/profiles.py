"""Smart charging: which limit is in force at a moment.

Times are seconds since 1970, limits A per phase. Source: OCPP 1.6 edition 2, 3.13, 5.5 and 5.16,
with the errata 2025-04.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ocpp.v16 import call

from rig.cp.logic.events import Output
from rig.cp.logic.kept import Keep
from rig.cp.logic.profile import Profile, Purpose, Said
from rig.cp.logic.saved import PROFILES, Saved


class RunningTransaction(NamedTuple):
    """A running transaction; its id is None until the central system named it.

    One that `is_starting` is about to begin, with the `profile` that it brings.
    """

    connector: int
    transaction_id: int | None
    started: float
    is_starting: bool = False
    profile: Profile | None = None


@dataclass(frozen=True)
class Profiles:
    """The profiles of one charge point. Connector 0 stands for all its connectors together.

    What is in force (3.13): of the profiles that say something now that of the highest stack level
    prevails; a TxProfile overrules TxDefaultProfiles, one of the connector those of connector 0.
    ChargePointMaxProfile caps the sum: the connectors in a transaction share it equally, whether
    they use their share or not. A connector without a transaction draws nothing, so it is held to
    the whole cap: ask with the transaction that is about to start before it starts, and lower the
    others first. Relative schedules count from the start of charging: that of the connector's
    transaction, or for the cap that of the first transaction. (7.9, 7.13)
    """

    profiles: tuple[Profile, ...] = ()

    def __iter__(self) -> Iterator[Profile]:
        return iter(self.profiles)

    def __len__(self) -> int:
        return len(self.profiles)

    def with_one_more(self, new: Profile) -> "Profiles":
        """These and a new one, which replaces its like (5.16.3, 5.16.4).

        Its like has the same id, or the same connector, purpose and stack level (3.13.2).
        """
        left = [old for old in self.profiles if not _replaces(new, old)]
        return Profiles((*left, new))

    def without_transaction(self, connector: int) -> "Profiles":
        """These less the TxProfiles of a connector, which end with its transaction (3.13.1)."""
        return self._less(
            lambda old: old.purpose is Purpose.tx_profile and old.connector == connector
        )

    def cleared(self, request: call.ClearChargingProfile) -> tuple["Profiles", bool]:
        """These less what the request names, and whether there was any (5.5, errata 3.25, 3.26).

        An id alone decides; else all fields that are given must fit; no field means all profiles.
        """
        left = self._less(lambda old: _is_named(request, old))
        return left, len(left) < len(self)

    def limit_at(
        self, connector: int, now: float, running: Sequence[RunningTransaction]
    ) -> float | None:
        """The limit in force (A); None if no profile says anything."""
        return self.said(connector, now, running).limit

    def said(self, connector: int, now: float, running: Sequence[RunningTransaction]) -> Said:
        """The limit in force, and until when at least while the same transactions run.

        For connector 0 it is the cap of all connectors together.
        """
        caps, stack = self._stacks(connector)
        if not connector:
            return _cap(caps, now, running)
        mine = running_at(connector, running)
        own = _prevailing(stack, now, mine)
        if not caps:
            return own
        cap = _cap(caps, now, running)
        if mine and cap.limit is not None:
            cap = Said(cap.limit / len(running), cap.until)
        return _least(own, cap)

    def _stacks(self, connector: int) -> tuple[list[Profile], list[Profile]]:
        """The caps, and the profiles for one connector: the first that says something prevails."""
        caps: list[Profile] = []
        stack: list[Profile] = []
        for one in self.profiles:
            if one.purpose is Purpose.charge_point_max_profile:
                caps.append(one)
            elif one.connector == connector or one.connector == 0:
                stack.append(one)
        if len(self.profiles) > 1:
            caps.sort(key=_rank)
            stack.sort(key=_rank)
        return caps, stack

    def _less(self, goes: Callable[[Profile], bool]) -> "Profiles":
        return Profiles(tuple(old for old in self.profiles if not goes(old)))


def _replaces(new: Profile, old: Profile) -> bool:
    return new.profile_id == old.profile_id or _place(new) == _place(old)


def _place(profile: Profile) -> tuple[int, Purpose, int]:
    return profile.connector, profile.purpose, profile.stack_level


def _is_named(request: call.ClearChargingProfile, old: Profile) -> bool:
    if request.id is not None:
        return bool(old.profile_id == request.id)
    asked = (request.connector_id, request.charging_profile_purpose, request.stack_level)
    pairs = zip(asked, _place(old), strict=True)
    return all(field is None or field == held for field, held in pairs)


def _rank(profile: Profile) -> tuple[bool, bool, int]:
    """A TxProfile comes first, then what is for the connector alone, then the higher level."""
    is_default = profile.purpose is not Purpose.tx_profile
    return is_default, profile.connector == 0, -profile.stack_level


def running_at(connector: int, running: Iterable[RunningTransaction]) -> RunningTransaction | None:
    """The transaction of a connector, if one runs there."""
    for one in running:
        if one.connector == connector:
            return one
    return None


def _cap(caps: Iterable[Profile], now: float, running: Sequence[RunningTransaction]) -> Said:
    return _prevailing(caps, now, min(running, key=_started, default=None))


def _started(running: RunningTransaction) -> float:
    return running.started


def _prevailing(stack: Iterable[Profile], now: float, mine: RunningTransaction | None) -> Said:
    """What the first says that says something; the silent ones before it may speak up.

    One that is bound to another transaction than `mine` says nothing.
    """
    until, began = math.inf, mine.started if mine else None
    for profile in stack:
        if profile.transaction_id is not None and _is_bound_elsewhere(profile, mine):
            continue
        said = profile.said(now, began)
        if said.limit is not None:
            return said if said.until <= until else Said(said.limit, until)
        until = min(until, said.until)
    return Said(None, until)


def _is_bound_elsewhere(profile: Profile, mine: RunningTransaction | None) -> bool:
    """Whether it is bound to another transaction than this one: only a TxProfile can be (7.8)."""
    is_mine = mine is not None and profile.transaction_id == mine.transaction_id
    return not is_mine and profile.purpose is Purpose.tx_profile


def _least(one: Said, other: Said) -> Said:
    limits = [said.limit for said in (one, other) if said.limit is not None]
    return Said(min(limits, default=None), min(one.until, other.until))


class Limits:
    """The profiles of one charge point, whose transactions are `running`, by connector."""

    def __init__(
        self,
        running: Mapping[int, RunningTransaction],
        saved: Saved,
        wall: Callable[[float], float],
    ) -> None:
        self._running, self._wall = running, wall
        self.profiles = Profiles(saved.profiles)
        self._changes: dict[int, float] = {}  # when time alone may change a limit, by connector

    @property
    def wake_at(self) -> float:
        """When a limit that was asked for may be another one because of the time alone."""
        return min(self._changes.values(), default=math.inf)

    def of(self, connector: int, now: float) -> float | None:
        """The limit in force, with the profile of a transaction that starts; None: no limit."""
        wall, mine = self._wall(now), self._running.get(connector)
        profiles = self.profiles
        if mine and mine.profile:
            profiles = profiles.with_one_more(mine.profile)
        said = profiles.said(connector, wall, list(self._running.values()))
        self._changes[connector] = now + said.until - wall
        return said.limit

    def has_cap(self, now: float) -> bool:
        """Whether all connectors together are held to a limit."""
        return self.profiles.limit_at(0, self._wall(now), list(self._running.values())) is not None

    def forget_change(self, connector: int) -> None:
        """Its limit is not asked for now, whatever the time."""
        self._changes.pop(connector, None)

    def began(self, profile: Profile | None) -> list[Output]:
        """A transaction began, with this profile."""
        return self.become(self.profiles.with_one_more(profile)) if profile else []

    def ended(self, connector: int) -> list[Output]:
        """The transaction of a connector ended, and its TxProfiles with it (3.13.1)."""
        return self.become(self.profiles.without_transaction(connector))

    def become(self, profiles: Profiles) -> list[Output]:
        """Install these, and keep on the disk what is new and outlasts a reboot (errata 3.37)."""
        before, after = _lasting(self.profiles), _lasting(profiles)
        self.profiles = profiles
        gone: list[Output] = [Keep(PROFILES, key, None) for key in before if key not in after]
        new: list[Output] = [
            Keep(PROFILES, key, one) for key, one in after.items() if before.get(key) != one
        ]
        return [*gone, *new]


def _lasting(profiles: Profiles) -> dict[int, Profile]:
    """By id, less the TxProfiles, which do not outlast their transaction (3.13.1)."""
    return {one.profile_id: one for one in profiles if one.purpose is not Purpose.tx_profile}
