"""One profile (OCPP 1.6 edition 2, 3.13, 5.16.4 and 7.8 to 7.14). Expected values by hand."""

import math
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.cp.logic.profile import Kind, Profile
from rig.cp.logic.profile_reading import DAY
from tests.cp.logic.charging import NOON, any_profile, one, said


def limits(profile: Profile, *moments: float, began: float | None = None) -> list[float | None]:
    return [profile.said(moment, began).limit for moment in moments]


def test_each_period_holds_until_the_next_and_the_last_until_the_duration() -> None:
    """5.16.4: the last value is kept until the duration has ended, then nothing is said."""
    profile = one(0, periods=((0.0, 10.0), (60.0, 20.0)), duration=100)
    assert limits(profile, 0, 59.9, 60, 99.9, 100, began=0) == [10, 10, 20, 20, None]


def test_periods_after_the_duration_are_not_executed() -> None:
    """5.16.4."""
    profile = one(0, periods=((0.0, 10.0), (60.0, 20.0)), duration=30)
    assert limits(profile, 29, 30, 60, began=0) == [10, None, None]


def test_without_a_duration_the_last_period_holds_for_ever() -> None:
    """7.13."""
    assert limits(one(16), 1e12, began=0) == [16]


def test_a_relative_profile_counts_from_the_start_of_charging() -> None:
    """7.9, 7.13."""
    profile = one(0, periods=((0.0, 10.0), (60.0, 20.0)))
    assert limits(profile, NOON + 61, began=NOON) == [20]
    assert limits(profile, NOON + 61, began=NOON + 2) == [10]


def test_before_charging_a_relative_profile_is_as_if_it_began_now() -> None:
    profile = one(0, periods=((0.0, 10.0), (60.0, 20.0)), duration=90)
    assert limits(profile, NOON, NOON + 61, NOON + 100) == [10, 10, 10]
    assert profile.said(NOON, None).until == math.inf
    assert limits(one(10, duration=0), NOON) == [None]


def test_a_clock_that_was_put_back_leaves_no_gap_in_a_relative_profile() -> None:
    assert limits(one(16), NOON - 5, began=NOON) == [16]


def test_an_absolute_profile_says_nothing_before_its_start() -> None:
    """7.9."""
    assert limits(one(10, kind=Kind.absolute, start=NOON), NOON - 1, NOON) == [None, 10]


def test_an_absolute_profile_does_not_care_when_charging_began() -> None:
    profile = one(
        0, kind=Kind.absolute, start=NOON, periods=((0.0, 10.0), (60.0, 20.0)), duration=90
    )
    assert limits(profile, NOON + 59, NOON + 60, NOON + 90, began=NOON + 30) == [10, 20, None]


def hourly(recurrence: float, **changes: Any) -> Profile:
    """10 A in the first hour after noon, each recurrence again."""
    return one(
        10, kind=Kind.recurring, start=NOON, recurrence=recurrence, **{"duration": 3600.0} | changes
    )


@pytest.mark.parametrize(
    ("recurrence", "hours", "expected"),
    [
        (DAY, (-24, 0, 1, 24, 25, 240), [None, 10, None, 10, None, 10]),
        (7 * DAY, (-168, 0, 1, 24, 168, 169, 1680), [None, 10, None, None, 10, None, 10]),
    ],
    ids=["daily", "weekly"],
)
def test_a_recurring_profile_begins_again_but_not_before_its_first(
    recurrence: float, hours: tuple[int, ...], expected: list[float | None]
) -> None:
    assert limits(hourly(recurrence), *(NOON + hour * 3600 for hour in hours)) == expected


def test_what_is_longer_than_the_recurrence_is_not_executed() -> None:
    """Errata 3.44."""
    profile = hourly(DAY, periods=((0.0, 10.0), (DAY + 60, 20.0)), duration=2 * DAY)
    assert limits(profile, NOON + DAY - 1, NOON + DAY, NOON + DAY + 61) == [10, 10, 10]


def test_recurrence_is_in_utc_also_where_the_clocks_change() -> None:
    """3.14: in Europe 2026-03-29 has 23 hours, of which OCPP knows nothing."""
    before, after = 1774699200.0, 1774785600.0  # 2026-03-28T12:00Z and the next day, by `date`
    assert limits(hourly(DAY), before, after - 1, after) == [10, None, 10]


def test_a_profile_says_nothing_outside_its_validity() -> None:
    """7.8."""
    profile = one(10, valid_from=NOON, valid_to=NOON + 60)
    assert limits(profile, NOON - 1, NOON, NOON + 59, NOON + 60) == [None, 10, 10, None]


@pytest.mark.parametrize(
    ("profile", "now", "until"),
    [
        (one(10), NOON, math.inf),
        (one(10, duration=60), NOON, NOON + 60),
        (one(10, periods=((0.0, 10.0), (45.0, 20.0)), duration=60), NOON, NOON + 45),
        (one(10, periods=((0.0, 10.0), (75.0, 20.0)), duration=60), NOON, NOON + 60),
        (one(10, valid_from=NOON + 5), NOON, NOON + 5),
        (one(10, valid_to=NOON + 5), NOON, NOON + 5),
        (one(10, valid_to=NOON + 5), NOON + 5, math.inf),
        (one(10, kind=Kind.absolute, start=NOON + 9), NOON, NOON + 9),
        (one(10, kind=Kind.absolute, start=NOON, duration=1), NOON + 1, math.inf),
        (hourly(DAY), NOON, NOON + 3600),
        (hourly(DAY), NOON + 3600, NOON + DAY),
        (hourly(DAY), NOON - 400 * DAY, NOON),
        (hourly(DAY), NOON + 3650 * DAY, NOON + 3650 * DAY + 3600),
    ],
)
def test_the_next_change_is_the_end_of_what_holds_now(
    profile: Profile, now: float, until: float
) -> None:
    assert profile.said(now, NOON).until == until


@given(any_profile(), st.none() | st.integers(0, 40), st.integers(0, 70))
def test_a_profile_says_what_the_slow_reference_does(
    profile: Profile, began: int | None, second: int
) -> None:
    assert profile.said(second, began).limit == said(profile, second, began)


def test_every_small_recurring_profile_says_what_the_slow_reference_does() -> None:
    """All starts, recurrences, second periods and durations up to 4 s, over 20 s."""
    for start, recurrence, second_start, length in product(
        range(4), range(1, 5), range(1, 5), range(5)
    ):
        profile = one(
            0,
            kind=Kind.recurring,
            start=float(start),
            recurrence=float(recurrence),
            periods=((0.0, 1.0), (float(second_start), 2.0)),
            duration=float(length),
        )
        assert limits(profile, *range(20)) == [said(profile, n, None) for n in range(20)]


@pytest.mark.parametrize(
    ("start", "runs"),
    [
        (1769860800.325, 5846),  # (begin - start) // DAY is 5845
        (-1004564912.9080591, 22737),  # just before begin it is 22737 already
    ],
)
def test_runs_follow_each_other_without_a_gap_where_the_division_rounds(
    start: float, runs: int
) -> None:
    profile = one(10, kind=Kind.recurring, start=start, recurrence=DAY)
    begin = start + runs * DAY
    before = math.nextafter(begin, -math.inf)
    assert profile.said(before, None) == (10, begin)
    assert profile.said(begin, None) == (10, start + (runs + 1) * DAY)


fine = st.floats(-2e9, 4e9)


@given(
    st.sampled_from([Kind.absolute, Kind.recurring, Kind.relative]),
    fine,
    fine,
    st.lists(st.integers(1, 10_000), max_size=5),
    st.sampled_from([3600.0, DAY]),
)
def test_no_rounding_of_a_moment_hides_a_change(
    kind: Kind, start: float, now: float, starts: list[int], recurrence: float
) -> None:
    """Moments with any fraction: until the one that is named nothing changes, and it is later."""
    periods = tuple((float(at), float(at)) for at in sorted({0, *starts}))
    profile = one(
        0,
        kind=kind,
        start=start,
        recurrence=recurrence if kind is Kind.recurring else None,
        periods=periods,
        duration=9000.0,
    )
    for _ in range(8):
        limit, until = profile.said(now, start)
        assert until > now
        if until == math.inf:
            break
        assert profile.said(math.nextafter(until, -math.inf), start).limit == limit
        now = until
