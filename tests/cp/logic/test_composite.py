"""GetCompositeSchedule (OCPP 1.6 edition 2, 5.7 and 6.22, errata). Expected values by hand."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16 import call
from ocpp.v16.enums import ChargingRateUnitType as Unit

from rig.cp.logic.composite import composite_schedule
from rig.cp.logic.profile import Kind, Profile, ProfileError
from rig.cp.logic.profile_reading import DAY
from rig.cp.logic.profiles import Profiles, RunningTransaction
from rig.role.logic.supply import Supply
from tests.cp.logic.charging import (
    CONNECTORS,
    NOON,
    REACH,
    THREE_PHASES,
    TX,
    all_of,
    any_profiles,
    any_running,
    cap,
    in_force,
    one,
)

OTHERWISE = 63.0  # A


def schedule(
    profiles: Profiles,
    connector: int = 1,
    now: float = NOON,
    duration: int = 3600,
    unit: Unit | None = None,
    running: Sequence[RunningTransaction] = (),
    supply: Supply | None = THREE_PHASES,
    most: int = 1000,
) -> dict[str, Any]:
    request = call.GetCompositeSchedule(connector, duration, unit)
    answer = composite_schedule(
        request, profiles, now, running, supply=supply, connectors=2, otherwise=OTHERWISE, most=most
    )
    assert answer.status == "Accepted"
    assert answer.connector_id == connector
    assert answer.charging_schedule is not None
    return answer.charging_schedule


def periods(*arguments: Any, **more: Any) -> list[tuple[int, float]]:
    found = schedule(*arguments, **more)["charging_schedule_period"]
    return [(period["start_period"], period["limit"]) for period in found]


def test_the_answer_counts_from_its_own_moment_and_names_no_start_schedule() -> None:
    """6.22; errata 3.57: startSchedule must be omitted."""
    request = call.GetCompositeSchedule(connector_id=1, duration=60)
    answer = composite_schedule(
        request,
        all_of(one(16)),
        NOON + 0.25,
        [],
        supply=None,
        connectors=2,
        otherwise=OTHERWISE,
        most=9,
    )
    assert answer.schedule_start == "2026-01-31T12:00:00.250Z"
    assert answer.charging_schedule == {
        "duration": 60,
        "charging_rate_unit": "A",
        "charging_schedule_period": [{"start_period": 0, "limit": 16.0}],
    }


def test_the_profiles_in_force_are_merged() -> None:
    """3.13.3: 32 A for 10 min, then 16 A, since 5 min ago; a cap of 20 A for 8 min from now."""
    profiles = all_of(
        one(0, purpose=TX, periods=((0.0, 32.0), (600.0, 16.0))),
        cap(20, valid_to=NOON + 480),
    )
    running = [RunningTransaction(1, 4, NOON - 300)]
    assert periods(profiles, running=running) == [(0, 20), (300, 16)]


def test_equal_neighbours_are_one_period() -> None:
    profiles = all_of(one(0, kind=Kind.absolute, start=NOON, periods=((0, 16), (60, 16), (90, 8))))
    assert periods(profiles) == [(0, 16), (90, 8)]


def test_a_daily_profile_is_there_each_day() -> None:
    """16 A for an hour from noon, else what the connector can carry: 63 A."""
    daily = one(16, kind=Kind.recurring, start=NOON, recurrence=DAY, duration=3600)
    assert periods(all_of(daily), duration=100_000) == [
        (0, 16),
        (3600, 63),
        (86400, 16),
        (90000, 63),
    ]


def test_where_no_profile_says_anything_it_is_the_local_limit() -> None:
    """5.7, errata 3.27: local limits might be taken into account. 63 A * 3 * 230 V = 43470 W."""
    assert periods(Profiles()) == [(0, 63)]
    assert periods(Profiles(), unit=Unit.watts) == [(0, 43470)]


def test_a_profile_may_say_more_than_the_local_limit() -> None:
    """As the bus carries it: SetLimit 100 A."""
    assert periods(all_of(one(100))) == [(0, 100)]


BOTH = [RunningTransaction(1, 4, NOON), RunningTransaction(2, 5, NOON + 60)]


@pytest.mark.parametrize(
    ("profiles", "running", "total"),
    [
        ([cap(30), one(10)], BOTH, 25),  # 10 + 30 / 2
        ([one(10), one(16, connector=2)], BOTH, 26),
        ([one(10)], BOTH, 73),  # nothing limits connector 2: 10 + 63
        ([cap(30)], BOTH, 30),
        ([cap(30), one(10)], BOTH[:1], 10),
        ([one(10, connector=0)], [], 20),  # no transaction: what both may draw
        ([cap(30), one(16, connector=0)], [], 30),
        ([cap(30), one(10)], [], 30),
        ([], [], 126),
    ],
)
def test_the_total_is_the_sum_of_the_connectors_in_a_transaction_below_the_cap(
    profiles: list[Profile], running: list[RunningTransaction], total: float
) -> None:
    """5.7: connector 0 stands for what the charge point expects to draw from the grid."""
    assert periods(all_of(*profiles), 0, now=NOON + 60, running=running) == [(0, total)]


def test_the_total_follows_the_cap() -> None:
    """Both connectors carry 16 A; in the second minute the cap is 20 A."""
    profiles = all_of(
        one(16, connector=0), cap(20, kind=Kind.absolute, start=NOON + 60, duration=60)
    )
    assert periods(profiles, 0, running=BOTH) == [(0, 32), (60, 20), (120, 32)]


def test_a_change_between_two_seconds_counts_from_the_later_one() -> None:
    profiles = all_of(one(10, valid_to=NOON + 1.5))
    assert periods(profiles) == [(0, 10), (2, 63)]


def test_a_change_that_rounds_to_the_second_that_was_looked_at_is_not_waited_for_there() -> None:
    """The next float after now + 1418 is 1418 s after now, when floats are subtracted."""
    now, change = 72.15165165349447, 1490.1516516534946
    profiles = all_of(
        one(10, kind=Kind.absolute, start=0.0, valid_to=change),
        one(16, stack_level=1, kind=Kind.absolute, start=0.0, valid_to=now + 1418),
    )
    assert periods(profiles, now=now) == [(0, 16), (1418, 10), (1419, 63)]
    assert schedule(profiles, now=now)["duration"] == 3600


def test_in_watts_it_is_the_power_of_all_phases() -> None:
    """7.12: 16 A * 3 * 230 V = 11040 W."""
    found = schedule(all_of(one(16)), unit=Unit.watts)
    assert found["charging_rate_unit"] == "W"
    assert found["charging_schedule_period"] == [
        {"start_period": 0, "limit": 11040.0, "number_phases": 3}
    ]


def test_in_amperes_the_phases_are_named_in_which_each_flows() -> None:
    """7.14: a period that names none has three."""
    found = schedule(all_of(one(16)), supply=Supply(230, 1))
    assert found["charging_schedule_period"] == [
        {"start_period": 0, "limit": 16, "number_phases": 1}
    ]
    unknown = schedule(all_of(one(16)), supply=None)
    assert unknown["charging_schedule_period"] == [{"start_period": 0, "limit": 16}]


def test_watts_that_came_as_watts_go_as_the_same_watts() -> None:
    """1001 W / (230 V * 3) = 1.4507... A, and back it is 1000.9999999999999 W in floats."""
    assert periods(all_of(one(1001 / 690)), unit=Unit.watts) == [(0, 1001)]


@pytest.mark.parametrize(("limit", "reported"), [(14.4927, 14.4), (32.3, 32.3), (0.05, 0.0)])
def test_limits_have_one_decimal_rounded_down(limit: float, reported: float) -> None:
    """7.14; and 32.3, which no binary fraction is, stays."""
    assert periods(all_of(one(limit))) == [(0, reported)]


def test_watts_need_the_supply() -> None:
    with pytest.raises(ProfileError, match="voltage and phases"):
        schedule(Profiles(), unit=Unit.watts, supply=None)


@pytest.mark.parametrize("duration", [-1, 0, 2**31, 10**400])
def test_a_duration_of_nothing_or_beyond_all_bounds_is_rejected(duration: int) -> None:
    with pytest.raises(ProfileError):
        schedule(Profiles(), duration=duration)


def test_a_schedule_that_changes_too_often_is_cut_and_says_so() -> None:
    """Each second another limit, for ever: after 5 moments it ends, and its duration is 5 s."""
    restless = one(
        0,
        kind=Kind.recurring,
        start=NOON,
        recurrence=DAY,
        periods=tuple((float(second), float(second % 2)) for second in range(10_000)),
    )
    found = schedule(all_of(restless), duration=10**9, most=5)
    assert found["duration"] == 5
    assert len(found["charging_schedule_period"]) == 5


def test_no_more_moments_are_looked_at_than_allowed_also_where_nothing_changes() -> None:
    """10,000 periods of 16 A are one period; what the first 5 seconds hold is all that is said."""
    same = tuple((float(second), 16.0) for second in range(10_000))
    found = schedule(
        all_of(one(0, kind=Kind.absolute, start=NOON, periods=same)), duration=10**9, most=5
    )
    assert found["duration"] == 5
    assert found["charging_schedule_period"] == [
        {"start_period": 0, "limit": 16.0, "number_phases": 3}
    ]


def expected(
    profiles: Profiles, connector: int, second: int, running: Sequence[RunningTransaction]
) -> float:
    """What the slow reference reports."""
    whole = in_force(list(profiles), 0, second, running)
    asked = [connector] if connector else [one.connector for one in running] or [1, 2]
    total = 0.0
    for number in asked:
        limit = in_force(list(profiles), number, second, running)
        total += OTHERWISE if limit is None else limit
    return total if whole is None else min(total, whole)


@given(
    any_profiles,
    any_running(),
    st.sampled_from([0, *CONNECTORS]),
    st.integers(0, 30),
    st.integers(1, 40),
)
def test_the_schedule_is_the_slow_reference_second_by_second(
    profiles: Profiles, running: list[RunningTransaction], connector: int, now: int, duration: int
) -> None:
    found = dict(periods(profiles, connector, now=float(now), duration=duration, running=running))
    assert next(iter(found)) == 0
    limit = math.nan
    for second in range(duration):
        limit = found.get(second, limit)
        assert limit == math.floor(10 * expected(profiles, connector, now + second, running)) / 10
    assert all(start < duration <= REACH for start in found)


@given(any_profiles, any_running(), st.integers(1, 40))
def test_no_two_neighbours_are_equal(
    profiles: Profiles, running: list[RunningTransaction], duration: int
) -> None:
    limits = [limit for _, limit in periods(profiles, duration=duration, running=running, now=0.0)]
    assert all(a != b for a, b in pairwise(limits))
