"""Smart charging (OCPP 1.6 edition 2, 3.13 and 5.16, errata 2025-04). Expected values by hand."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16.enums import ChargingProfileKindType as Kind
from ocpp.v16.enums import ChargingProfilePurposeType as Purpose

from rig.logic.cp.profiles import DAY, Profile, ProfileError, Profiles, Supply, read_profile

NOON = 1769860800.0  # 2026-01-31T12:00:00Z, by `date -d ... +%s`
THREE_PHASES = Supply(voltage=230, phases=3)


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
    return replace(profile, **changes)


def limits(*profiles: Profile, at: float = 0.0, connector: int = 1) -> float | None:
    found = Profiles()
    for number, profile in enumerate(profiles):
        found = found.with_one_more(replace(profile, profile_id=number))
    return found.limit_at(connector, at, None)


# reading


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (
            {"schedule": {"charging_schedule_period": [{"start_period": 1, "limit": 5}]}},
            "begin at 0",
        ),
        (
            {
                "schedule": {
                    "charging_schedule_period": [{"start_period": n, "limit": 5} for n in (0, 9, 5)]
                }
            },
            "rise",
        ),
        (
            {"schedule": {"charging_schedule_period": [{"start_period": 0, "limit": 5}] * 2}},
            "rise",
        ),
        ({"schedule": {"charging_schedule_period": [{"start_period": 0, "limit": -1}]}}, "below 0"),
        ({"charging_profile_kind": "Absolute"}, "startSchedule"),
        ({"charging_profile_kind": "Recurring"}, "startSchedule"),
        (
            {
                "charging_profile_kind": "Recurring",
                "schedule": {"start_schedule": "2026-01-31T12:00:00Z"},
            },
            "recurrencyKind",
        ),
        ({"valid_from": "yesterday"}, "is no date"),
        ({"valid_to": "2026-06-30T23:59:60Z"}, "is no date"),  # RFC 3339 knows leap seconds
    ],
)
def test_a_profile_that_the_standard_does_not_allow_is_rejected(
    changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(ProfileError, match=why):
        read_profile(1, raw(**changes), None)


def watts(limit: float, **period: Any) -> dict[str, Any]:
    periods = [{"start_period": 0, "limit": limit} | period]
    return raw(schedule={"charging_rate_unit": "W", "charging_schedule_period": periods})


@pytest.mark.parametrize(
    ("profile", "supply", "amperes"),
    [
        (watts(11040), THREE_PHASES, 16.0),  # 11040 W / (230 V * 3), numberPhases defaults to 3
        (watts(3680, number_phases=1), THREE_PHASES, 16.0),  # 3680 W / 230 V
        (watts(7360, number_phases=2), THREE_PHASES, 16.0),
        (watts(3680), Supply(230, 1), 16.0),  # the bench has one phase, whatever is asked
        (watts(0), THREE_PHASES, 0.0),
    ],
)
def test_watts_become_amperes_per_phase(
    profile: dict[str, Any], supply: Supply, amperes: float
) -> None:
    assert read_profile(1, profile, supply).periods == ((0.0, amperes),)


def test_watts_without_a_voltage_are_rejected() -> None:
    with pytest.raises(ProfileError, match="voltage and phases"):
        read_profile(1, watts(11040), None)


@pytest.mark.parametrize("phases", [0, -1, 4])
def test_a_number_of_phases_that_does_not_exist_is_rejected(phases: int) -> None:
    with pytest.raises(ProfileError, match="numberPhases"):
        read_profile(1, watts(11040, number_phases=phases), THREE_PHASES)


def test_everything_of_a_profile_is_read() -> None:
    profile = raw(
        charging_profile_kind="Recurring",
        recurrency_kind="Weekly",
        stack_level=3,
        valid_from="2026-01-31T12:00:00Z",
        valid_to="2026-01-31T14:00:00+01:00",
        transaction_id=4,
        schedule={"start_schedule": "2026-01-31T12:00:00.000Z", "duration": 60},
    )
    assert read_profile(2, profile, None) == Profile(
        connector=2,
        profile_id=7,
        stack_level=3,
        purpose=Purpose.tx_default_profile,
        kind=Kind.recurring,
        periods=((0.0, 16.0),),
        duration=60,
        start=NOON,
        recurrence=604800.0,
        valid_from=NOON,
        valid_to=NOON + 3600,
        transaction_id=4,
    )


def test_a_date_without_a_zone_is_utc() -> None:
    profile = raw(valid_from="2026-01-31T12:00:00")
    assert read_profile(1, profile, None).valid_from == NOON


# one profile


def test_each_period_holds_until_the_next_and_the_last_until_the_duration() -> None:
    profile = one(0, periods=((0.0, 10.0), (60.0, 20.0)), duration=100)
    said = [profile.limit_at(second, 0) for second in (0, 59.9, 60, 99.9, 100)]
    assert said == [10.0, 10.0, 20.0, 20.0, None]


def test_a_relative_profile_counts_from_the_start_of_the_transaction() -> None:
    profile = one(0, periods=((0.0, 10.0), (60.0, 20.0)))
    assert profile.limit_at(NOON + 61, NOON) == 20.0
    assert profile.limit_at(NOON + 61, NOON + 2) == 10.0


def test_without_a_transaction_a_relative_profile_is_at_its_beginning() -> None:
    profile = one(0, periods=((0.0, 10.0), (60.0, 20.0)))
    assert profile.limit_at(NOON, None) == 10.0


def test_an_absolute_profile_says_nothing_before_its_start() -> None:
    profile = one(10, kind=Kind.absolute, start=NOON)
    assert profile.limit_at(NOON - 1, None) is None
    assert profile.limit_at(NOON, None) == 10


def test_a_daily_profile_begins_again_each_day_but_not_before_its_first() -> None:
    profile = one(10, kind=Kind.recurring, start=NOON, recurrence=DAY, duration=3600)
    said = [profile.limit_at(NOON + hours * 3600, None) for hours in (-24, 0, 1, 24, 25, 240)]
    assert said == [None, 10, None, 10, None, 10]


def test_a_profile_says_nothing_outside_its_validity() -> None:
    profile = one(10, valid_from=NOON, valid_to=NOON + 60)
    said = [profile.limit_at(NOON + second, None) for second in (-1, 0, 59, 60)]
    assert said == [None, 10, 10, None]


# all profiles


def test_without_a_profile_there_is_no_limit() -> None:
    assert Profiles().limit_at(1, NOON, None) is None


TX, DEFAULT, MAX = Purpose.tx_profile, Purpose.tx_default_profile, Purpose.charge_point_max_profile


@pytest.mark.parametrize(
    ("clause", "profiles", "limit"),
    [
        ("3.13.1 TxProfile overrules", [one(32, purpose=TX), one(16)], 32),
        ("3.13.1 own connector overrules 0", [one(16), one(10, connector=0)], 16),
        ("3.13.1 connector 0 is for all", [one(10, connector=0)], 10),
        ("3.13.1 another connector is another", [one(10, connector=2)], None),
        ("3.13.2 the highest stack level", [one(20, stack_level=2), one(5, stack_level=1)], 20),
        (
            "3.13.2 a lower level where the higher is silent",
            [one(20, stack_level=2, valid_to=-1.0), one(5, stack_level=1)],
            5,
        ),
        ("3.13.3 capped", [one(32, purpose=TX), one(20, purpose=MAX, connector=0)], 20),
        ("3.13.3 a higher cap does nothing", [one(16), one(20, purpose=MAX, connector=0)], 16),
        ("3.13.3 the cap alone", [one(20, purpose=MAX, connector=0)], 20),
    ],
)
def test_the_limit_in_force_follows_the_clause(
    clause: str, profiles: list[Profile], limit: float | None
) -> None:
    assert limits(*profiles) == limit, clause


def test_a_profile_with_the_same_id_replaces_the_old_one() -> None:
    profiles = Profiles([one(32, stack_level=5)]).with_one_more(one(16, purpose=TX))
    assert [profile.periods for profile in profiles] == [((0.0, 16),)]


def test_a_profile_with_the_same_purpose_and_level_replaces_the_old_one() -> None:
    profiles = Profiles([one(32, profile_id=1)]).with_one_more(one(16, profile_id=2))
    assert [profile.profile_id for profile in profiles] == [2]


def test_the_same_level_on_another_connector_replaces_nothing() -> None:
    profiles = Profiles([one(32, profile_id=1)]).with_one_more(one(16, profile_id=2, connector=2))
    assert len(list(profiles)) == 2


def test_only_the_tx_profiles_end_with_the_transaction() -> None:
    profiles = Profiles([one(32, profile_id=1, purpose=TX), one(16, profile_id=2)])
    assert [profile.profile_id for profile in profiles.without_transaction()] == [2]


# against a slow reference: every profile as a list of (from, until, limit), looked up one by one

REACH = 400  # s; the reference knows nothing after it


def spans(profile: Profile, started: int | None, now: int) -> Iterator[tuple[float, float, float]]:
    origins: list[float]
    cut = math.inf
    if profile.kind is Kind.relative:
        origins = [now if started is None else started]
    elif profile.kind is Kind.absolute:
        origins = [profile.start or 0]
    else:
        cut = profile.recurrence or 0
        origins = [(profile.start or 0) + number * cut for number in range(int(REACH / cut) + 1)]
    ends = [start for start, _ in profile.periods[1:]] + [math.inf]
    for origin in origins:
        for (start, limit), end in zip(profile.periods, ends, strict=True):
            begin = max(origin + start, profile.valid_from)
            until = min(origin + min(end, profile.duration, cut), profile.valid_to)
            yield begin, until, limit


def reference(
    profiles: list[Profile], connector: int, now: int, started: int | None
) -> float | None:
    said: dict[tuple[Purpose, int], tuple[int, float]] = {}
    for profile in profiles:
        for begin, until, limit in spans(profile, started, now):
            where = (profile.purpose, profile.connector)
            if begin <= now < until and (where not in said or said[where][0] < profile.stack_level):
                said[where] = (profile.stack_level, limit)
    found = None
    for where in ((TX, connector), (DEFAULT, connector), (DEFAULT, 0)):
        if found is None and where in said:
            found = said[where][1]
    cap = said.get((MAX, 0))
    if cap is None:
        return found
    return cap[1] if found is None or cap[1] < found else found


seconds = st.integers(0, 200)


@st.composite
def any_profile(draw: st.DrawFn) -> Profile:
    starts = sorted({0, *draw(st.lists(st.integers(1, 120), max_size=3))})
    return Profile(
        connector=draw(st.integers(0, 2)),
        profile_id=draw(st.integers(0, 9)),
        stack_level=draw(st.integers(0, 2)),
        purpose=draw(st.sampled_from([TX, DEFAULT, MAX])),
        kind=draw(st.sampled_from(list(Kind))),
        periods=tuple((float(start), float(draw(st.integers(0, 63)))) for start in starts),
        duration=draw(st.just(math.inf) | st.integers(0, 150)),
        start=draw(seconds),
        recurrence=draw(st.sampled_from([40.0, 100.0])),
        valid_from=draw(st.just(-math.inf) | seconds),
        valid_to=draw(st.just(math.inf) | seconds),
    )


@given(
    st.lists(any_profile(), max_size=6),
    st.integers(0, REACH),
    st.none() | seconds,
    st.integers(1, 2),
)
def test_the_limit_in_force_is_that_of_the_slow_reference(
    given_profiles: list[Profile], now: int, started: int | None, connector: int
) -> None:
    profiles = Profiles()
    for profile in given_profiles:
        kind_fits = profile.kind is Kind.recurring
        profiles = profiles.with_one_more(
            profile if kind_fits else replace(profile, recurrence=None)
        )
    expected = reference(list(profiles), connector, now, started)
    assert profiles.limit_at(connector, now, started) == expected
