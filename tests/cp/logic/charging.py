"""What the tests of smart charging share: profiles, and a slow reference for what is in force.

The reference knows only whole seconds from 0 and looks at each of them in turn.
"""

import math
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from rig.cp.logic.profile import Kind, Profile, Purpose
from rig.cp.logic.profiles import Profiles, RunningTransaction
from rig.role.logic.supply import Supply

TX, DEFAULT, MAX = Purpose.tx_profile, Purpose.tx_default_profile, Purpose.charge_point_max_profile
NOON = 1769860800.0  # 2026-01-31T12:00:00Z, by `date -d ... +%s`
THREE_PHASES = Supply(voltage=230, phases=3)
REACH = 70  # s that the reference is asked for
CONNECTORS = (1, 2)


def raw(**changes: Any) -> dict[str, Any]:
    """A valid profile as `ocpp.v16.call` carries it; `schedule` changes its schedule."""
    schedule: dict[str, Any] = {
        "charging_rate_unit": "A",
        "charging_schedule_period": [{"start_period": 0, "limit": 16}],
    }
    schedule |= changes.pop("schedule", {})
    return {
        "charging_profile_id": 7,
        "stack_level": 0,
        "charging_profile_purpose": "TxDefaultProfile",
        "charging_profile_kind": "Relative",
        "charging_schedule": schedule,
    } | changes


def one(limit: float, **changes: Any) -> Profile:
    """A Relative TxDefaultProfile of one period on connector 1."""
    profile = Profile(1, 7, 0, Purpose.tx_default_profile, Kind.relative, ((0.0, limit),))
    return profile._replace(**changes)


def cap(limit: float, **changes: Any) -> Profile:
    return one(limit, purpose=MAX, connector=0, **changes)


def all_of(*profiles: Profile) -> Profiles:
    """These, each with an id of its own."""
    found = Profiles()
    for number, profile in enumerate(profiles):
        found = found.with_one_more(profile._replace(profile_id=number))
    return found


# the reference


def walked(profile: Profile, begin: float, second: int) -> float | None:
    """The limit at a second of a run that began at `begin`: each second since then in turn."""
    starts = dict(profile.periods)
    limit = None
    for elapsed in range(int(second - begin) + 1):
        limit = starts.get(elapsed, limit)
        if elapsed >= profile.duration:
            return None
    return limit


def said(profile: Profile, second: int, began: float | None) -> float | None:
    if second < profile.valid_from or second >= profile.valid_to:
        return None
    if profile.kind is Kind.relative:
        return walked(profile, second if began is None else min(began, second), second)
    begin = profile.start
    assert begin is not None
    while profile.recurrence and begin + profile.recurrence <= second:
        begin += profile.recurrence
    return walked(profile, begin, second)


def prevailing(
    profiles: Sequence[Profile], purpose: Purpose, where: int, second: int, began: float | None
) -> float | None:
    """What the profiles of one purpose on one connector say: the highest level that does."""
    found: dict[int, float] = {}
    for profile in profiles:
        if (profile.purpose, profile.connector) == (purpose, where):
            limit = said(profile, second, began)
            if limit is not None:
                found[profile.stack_level] = limit
    return found[max(found)] if found else None


def in_force(
    profiles: Sequence[Profile], connector: int, second: int, running: Sequence[RunningTransaction]
) -> float | None:
    """3.13.1 to 3.13.3 in their order."""
    first = min([one.started for one in running], default=None)
    whole = prevailing(profiles, MAX, 0, second, first)
    if connector == 0:
        return whole
    mine = [one for one in running if one.connector == connector]
    began = mine[0].started if mine else None
    fitting = [
        profile
        for profile in profiles
        if profile.transaction_id is None
        or (mine and mine[0].transaction_id == profile.transaction_id)
    ]
    limit = prevailing(fitting, TX, connector, second, began)
    if limit is None:
        limit = prevailing(profiles, DEFAULT, connector, second, began)
    if limit is None:
        limit = prevailing(profiles, DEFAULT, 0, second, began)
    share = whole / len(running) if mine and whole is not None else whole
    return min([x for x in (limit, share) if x is not None], default=None)


# anything

seconds = st.integers(0, 40).map(float)
KINDS = [Kind.absolute, Kind.relative, Kind.recurring]


@st.composite
def any_profile(draw: st.DrawFn) -> Profile:
    """A profile that acceptance lets through, over small whole times."""
    starts = sorted({0, *draw(st.lists(st.integers(1, 30), max_size=3))})
    kind, purpose = draw(st.sampled_from(KINDS)), draw(st.sampled_from([TX, DEFAULT, MAX]))
    connectors = {TX: CONNECTORS, DEFAULT: (0, *CONNECTORS), MAX: (0,)}[purpose]
    return Profile(
        connector=draw(st.sampled_from(connectors)),
        profile_id=draw(st.integers(0, 9)),
        stack_level=draw(st.integers(0, 2)),
        purpose=purpose,
        kind=kind,
        periods=tuple((float(start), float(draw(st.integers(0, 9)))) for start in starts),
        duration=draw(st.just(math.inf) | st.integers(0, 40).map(float)),
        start=None if kind is Kind.relative else draw(seconds),
        recurrence=draw(st.sampled_from([7.0, 25.0])) if kind is Kind.recurring else None,
        valid_from=draw(st.just(-math.inf) | seconds),
        valid_to=draw(st.just(math.inf) | seconds),
        transaction_id=draw(st.none() | st.integers(1, 2)) if purpose is TX else None,
    )


def profiles_of(found: list[Profile]) -> Profiles:
    profiles = Profiles()
    for profile in found:
        profiles = profiles.with_one_more(profile)
    return profiles


any_profiles = st.lists(any_profile(), max_size=7).map(profiles_of)


@st.composite
def any_running(draw: st.DrawFn) -> list[RunningTransaction]:
    """The transactions of some connectors."""
    ids = st.none() | st.integers(1, 2)
    numbers = draw(st.sets(st.sampled_from(CONNECTORS)))
    return [RunningTransaction(number, draw(ids), draw(seconds)) for number in sorted(numbers)]
