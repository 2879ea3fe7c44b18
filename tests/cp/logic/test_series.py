"""When samples are due (OCPP 1.6 edition 2, 3.16 and 9.1.5)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.cp.logic.sampling import DAY, Series

MIDNIGHT = 1_769_817_600.0  # 2026-01-31T00:00:00Z
NOON = MIDNIGHT + 12 * 3600


def series(interval: int, moment: float, anchor: float | None = None) -> Series:
    fresh = Series()
    fresh.restart(interval, moment, anchor=anchor)
    return fresh


def test_an_interval_of_0_is_never_due() -> None:
    assert series(0, NOON, NOON).due_at == math.inf
    assert not series(0, NOON).is_due(NOON + 1e9)


def test_the_first_sample_is_one_interval_after_the_anchor() -> None:
    assert series(60, NOON, NOON).due_at == NOON + 60


@pytest.mark.parametrize(
    ("interval", "moment", "due"),
    [
        (900, NOON, NOON + 900),  # not now: the interval begins here
        (900, NOON + 1, NOON + 900),
        (900, NOON - 1, NOON),
        (50000, NOON, MIDNIGHT + 50000),
        (50000, MIDNIGHT + 50000, MIDNIGHT + DAY),  # each day begins anew at midnight (9.1.5)
        (86400, NOON, MIDNIGHT + DAY),
    ],
)
def test_without_an_anchor_samples_are_aligned_to_midnight(
    interval: int, moment: float, due: float
) -> None:
    assert series(interval, moment).due_at == due


def test_samples_that_are_taken_a_little_late_do_not_drift() -> None:
    regular = series(10, NOON, NOON)
    for number in range(1, 100):
        assert regular.is_due(NOON + 10 * number + 0.3)
        assert regular.take(NOON + 10 * number + 0.3, None)[0] == NOON + 10 * number


def test_after_a_stall_one_sample_is_taken_and_it_is_of_now() -> None:
    stalled = series(10, NOON, NOON)
    assert stalled.take(NOON + 57.0, None)[0] == NOON + 57.0
    assert stalled.due_at == NOON + 60.0
    assert not stalled.is_due(NOON + 58.0)


def test_a_timer_that_is_a_little_early_does_not_take_the_same_sample_twice() -> None:
    early = series(10, NOON, NOON)
    assert early.is_due(NOON + 9.9995)
    assert early.take(NOON + 9.9995, None)[0] == NOON + 10.0
    assert early.due_at == NOON + 20.0


def test_a_clock_that_is_set_back_does_not_silence_it() -> None:
    regular = series(60, NOON)
    assert not regular.is_due(NOON - 7200.0)
    assert regular.due_at == NOON - 7200.0 + 60.0


def test_the_energy_of_an_interval_is_what_the_register_gained() -> None:
    metered = series(60, NOON, NOON)
    metered.begin(1000)
    assert metered.take(NOON + 60, 1020) == (NOON + 60, 20)
    assert metered.take(NOON + 120, 1050) == (NOON + 120, 30)


def test_the_energy_of_an_interval_that_is_not_whole_is_not_told() -> None:
    unknown = series(60, NOON, NOON)
    assert unknown.take(NOON + 60, 1020)[1] is None  # where it began is not known
    assert unknown.take(NOON + 120, 1050)[1] == 30
    assert unknown.take(NOON + 200, 1060)[1] is None  # taken 20 s late
    assert unknown.take(NOON + 240, 1070)[1] is None  # began 20 s late
    assert unknown.take(NOON + 300, 1080)[1] == 10
    assert unknown.take(NOON + 420, 1100)[1] is None  # one is missing between
    assert unknown.take(NOON + 480, None)[1] is None


def test_the_energy_of_an_interval_in_which_the_clock_was_set_is_not_told() -> None:
    metered = series(60, NOON, NOON)
    metered.begin(1000)
    assert not metered.is_due(NOON - 7200)
    assert metered.take(NOON - 7140, 1020) == (NOON - 7140, None)


@given(
    st.integers(1, 86400),
    st.floats(0, 1e6),
    st.lists(st.floats(0.01, 5000), max_size=30),
    st.booleans(),
)
def test_at_any_pace_samples_are_on_the_grid_or_of_now_and_never_twice(
    interval: int, start: float, steps: list[float], aligned: bool
) -> None:
    moment = NOON + start
    regular = series(interval, moment, None if aligned else moment)
    last = -math.inf
    for step in steps:
        moment += step
        if not regular.is_due(moment):
            continue
        due = regular.due_at
        at, _ = regular.take(moment, None)
        assert at in (due, moment)
        assert at > last
        assert moment - 0.01 < regular.due_at <= moment + interval + 0.01
        last = due
