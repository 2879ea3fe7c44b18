"""How long somebody else may be silent."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.role.logic.patience import Patience

PART = 2.0  # s, a quarter of what follows
WITHIN = 8.0  # s


def looked(patience: Patience, *moments: float) -> list[bool]:
    return [patience.is_over(now) for now in moments]


def test_it_ends_in_its_time_at_the_fourth_look() -> None:
    patience = Patience(WITHIN, 10.0)
    assert patience.wake_at == 12.0
    assert looked(patience, 12.0, 14.0, 16.0, 17.9) == [False, False, False, False]
    assert looked(patience, 18.0) == [True]
    assert patience.wake_at == math.inf
    assert looked(patience, 99.0) == [False]


def test_a_look_before_its_time_is_none() -> None:
    assert not any(looked(Patience(WITHIN, 10.0), *[11.9] * 100))


def test_who_says_something_has_all_the_time_again() -> None:
    patience = Patience(WITHIN, 0.0)
    looked(patience, 2.0, 4.0, 6.0)
    patience.begin(7.0)
    assert looked(patience, 9.0, 11.0, 13.0, 15.0) == [False, False, False, True]


def test_nobody_is_waited_for_before_it_begins_and_after_its_end() -> None:
    patience = Patience(WITHIN)
    assert patience.wake_at == math.inf
    assert looked(patience, 1e9) == [False]
    patience.begin(0.0)
    patience.end()
    assert patience.wake_at == math.inf
    assert looked(patience, 1e9) == [False]


def test_a_stop_of_an_hour_counts_as_a_quarter() -> None:
    patience = Patience(WITHIN, 0.0)
    assert looked(patience, 3600.0, 3602.0, 3604.0, 3606.0) == [False, False, False, True]


@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=20))
def test_it_ends_after_four_looks_however_late_and_never_before_the_time_it_listened(
    late: list[float],
) -> None:
    """At each look this process was late by as much (s)."""
    patience, now, listened = Patience(WITHIN, 0.0), 0.0, 0.0
    for lag in late:
        now = patience.wake_at + lag
        listened += PART
        if patience.is_over(now):
            break
    assert patience.wake_at == (math.inf if len(late) >= 4 else now + PART)
    assert (listened == WITHIN) == (len(late) >= 4)


@given(st.floats(0.0, 8.0, exclude_max=True), st.floats(0.0, 1000.0))  # it ends at 8 s
def test_one_stop_takes_no_more_than_a_quarter_of_the_time_that_it_listens(
    stop: float, lasts: float
) -> None:
    patience, now = Patience(WITHIN, 0.0), 0.0
    while True:
        due = patience.wake_at
        now = max(due, stop + lasts) if stop < due else due  # it runs again when the stop is over
        stop = math.inf if stop < due else stop
        if patience.is_over(now):
            break
    assert now - lasts >= 0.75 * WITHIN - 1e-9
    assert now <= WITHIN + lasts + 1e-9


@pytest.mark.parametrize("within", [0.1, 2.5, 30.0])
def test_without_a_stop_it_takes_its_time(within: float) -> None:
    patience, now = Patience(within, 100.0), 100.0
    while not patience.is_over(now):
        now = patience.wake_at
    assert now == pytest.approx(100.0 + within)
