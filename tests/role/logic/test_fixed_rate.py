import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.role.logic.fixed_rate import FixedRate


def test_ticks_are_due_at_the_start_and_each_period_after() -> None:
    rate = FixedRate(5.0, 2.0)
    dues = []
    for _ in range(4):
        dues.append(rate.due_at)
        assert rate.done(rate.due_at) == 0
    assert dues == [5.0, 7.0, 9.0, 11.0]


def test_a_late_tick_does_not_move_the_next_one() -> None:
    rate = FixedRate(0.0, 1.0)
    assert rate.done(0.9) == 0
    assert rate.due_at == 1.0


def test_what_was_missed_in_a_stall_is_left_out_and_counted() -> None:
    rate = FixedRate(0.0, 1.0)
    assert rate.done(3.5) == 3  # those of 1, 2 and 3 s
    assert rate.due_at == 4.0


def test_a_stall_that_ends_on_a_tick_counts_that_tick_as_missed() -> None:
    rate = FixedRate(0.0, 1.0)
    assert rate.done(3.0) == 3
    assert rate.due_at == 4.0


STARTS = st.floats(0, 1e6)
PERIODS = st.floats(0.001, 100)
LATENESS = st.lists(st.floats(0, 20), min_size=1, max_size=30)  # in periods


@given(STARTS, PERIODS, LATENESS)
def test_it_neither_drifts_nor_bursts(start: float, period: float, lateness: list[float]) -> None:
    rate, points = FixedRate(start, period), 0
    slack = 1e-9 * (start + 1000 * period)  # rounding of floats
    for late in lateness:
        assert rate.due_at == pytest.approx(start + points * period, abs=slack)
        now = rate.due_at + late * period
        points += 1 + rate.done(now)
        assert now - slack < rate.due_at <= now + period + slack
