"""How long somebody else may be silent."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.role.logic.timeout import Timeout

PART = 2.0  # s, a quarter of what follows
WITHIN = 8.0  # s


def looked(timeout: Timeout, *moments: float) -> list[bool]:
    return [timeout.is_over(now) for now in moments]


def test_it_ends_in_its_time_at_the_fourth_look() -> None:
    timeout = Timeout(WITHIN, 10.0)
    assert timeout.wake_at == 12.0
    assert looked(timeout, 12.0, 14.0, 16.0, 17.9) == [False, False, False, False]
    assert looked(timeout, 18.0) == [True]
    assert timeout.wake_at == math.inf
    assert looked(timeout, 99.0) == [False]


def test_a_look_before_its_time_is_none() -> None:
    assert not any(looked(Timeout(WITHIN, 10.0), *[11.9] * 100))


def test_who_says_something_has_all_the_time_again() -> None:
    timeout = Timeout(WITHIN, 0.0)
    looked(timeout, 2.0, 4.0, 6.0)
    timeout.begin(7.0)
    assert looked(timeout, 9.0, 11.0, 13.0, 15.0) == [False, False, False, True]


def test_nobody_is_waited_for_before_it_begins_and_after_its_end() -> None:
    timeout = Timeout(WITHIN)
    assert timeout.wake_at == math.inf
    assert looked(timeout, 1e9) == [False]
    timeout.begin(0.0)
    timeout.end()
    assert timeout.wake_at == math.inf
    assert looked(timeout, 1e9) == [False]


def test_a_stop_of_an_hour_counts_as_a_quarter() -> None:
    timeout = Timeout(WITHIN, 0.0)
    assert looked(timeout, 3600.0, 3602.0, 3604.0, 3606.0) == [False, False, False, True]


@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=20))
def test_it_ends_after_four_looks_however_late_and_never_before_the_time_it_listened(
    late: list[float],
) -> None:
    """At each look this process was late by as much (s)."""
    timeout, now, listened = Timeout(WITHIN, 0.0), 0.0, 0.0
    for lag in late:
        now = timeout.wake_at + lag
        listened += PART
        if timeout.is_over(now):
            break
    assert timeout.wake_at == (math.inf if len(late) >= 4 else now + PART)
    assert (listened == WITHIN) == (len(late) >= 4)


@given(st.floats(0.0, 8.0, exclude_max=True), st.floats(0.0, 1000.0))  # it ends at 8 s
def test_one_stop_takes_no_more_than_a_quarter_of_the_time_that_it_listens(
    stop: float, lasts: float
) -> None:
    timeout, now = Timeout(WITHIN, 0.0), 0.0
    while True:
        due = timeout.wake_at
        now = max(due, stop + lasts) if stop < due else due  # it runs again when the stop is over
        stop = math.inf if stop < due else stop
        if timeout.is_over(now):
            break
    assert now - lasts >= 0.75 * WITHIN - 1e-9
    assert now <= WITHIN + lasts + 1e-9


@pytest.mark.parametrize("within", [0.1, 2.5, 30.0])
def test_without_a_stop_it_takes_its_time(within: float) -> None:
    timeout, now = Timeout(within, 100.0), 100.0
    while not timeout.is_over(now):
        now = timeout.wake_at
    assert now == pytest.approx(100.0 + within)
