"""Precision, recall and F1, by points and by affiliation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.score.logic.fit import Fit, by_affiliation, by_points
from tests.score.sessions import attacked, label, normal


def test_each_second_counts_as_it_was() -> None:
    # 100 s of anomaly, alarmed from its 76th second until 25 s before it: 25 hits of 50 alarmed.
    session = attacked(label(1000, 1100), a=[(975, 1025)])
    fit = by_points([session])
    assert fit == Fit(precision=0.5, recall=0.25)
    assert fit.f1 == pytest.approx(1 / 3)  # 2 * 0.5 * 0.25 / 0.75


def test_what_follows_an_anomaly_is_left_out_until_60_s_after_its_effect() -> None:
    # 1100 to 1159 s: left out. 1160 to 1199: 40 s of false alarm beside 100 hits.
    session = attacked(label(1000, 1100), a=[(1000, 1200)])
    assert by_points([session]) == Fit(precision=100 / 140, recall=1.0)


def test_an_anomaly_that_follows_another_at_once_is_not_left_out() -> None:
    session = attacked(label(1000, 1100), label(1130, 1140), a=[(1000, 1140)])
    assert by_points([session]) == Fit(precision=1.0, recall=1.0)


def test_a_false_alarm_in_a_normal_session_costs_precision() -> None:
    sessions = [attacked(label(1000, 1100), a=[(1000, 1100)]), normal(a=[(0, 300)])]
    assert by_points(sessions) == Fit(precision=0.25, recall=1.0)


def test_seconds_that_two_detectors_alarm_count_once() -> None:
    session = attacked(label(10, 20), a=[(5, 15)], b=[(10, 20)])
    assert by_points([session]) == Fit(precision=10 / 15, recall=1.0)


def test_what_is_beyond_the_session_does_not_count() -> None:
    session = attacked(label(50, 120), length=100, a=[(50, 200)])
    assert by_points([session]) == Fit(1.0, 1.0)


def test_where_nothing_alarmed_f1_is_0_and_without_an_anomaly_there_is_none() -> None:
    assert by_points([attacked(label(10, 20))]) == Fit(None, 0.0)
    assert Fit(None, 0.0).f1 == 0.0
    assert by_points([normal(a=[(10, 20)])]) == Fit(0.0, None)
    assert Fit(0.0, None).f1 is None


def test_for_affiliation_sessions_are_one_after_another() -> None:
    # Each session of 10 s has its anomaly in its middle, so that its zone is the session; what an
    # alarm 1 to 2 s beside it gets there: test_affiliation.py. The other one is met.
    first = attacked(label(4, 6), length=10, a=[(7, 8)])
    second = attacked(label(4, 6), length=10, a=[(4, 6)])
    fit = by_affiliation([first, second])
    assert (fit.precision, fit.recall) == pytest.approx((0.75, 0.8))


@given(st.floats(0, 3000), st.floats(2, 500))
def test_an_alarm_that_is_the_label_fits(start: float, lasts: float) -> None:
    session = attacked(label(start, start + lasts), a=[(start, start + lasts)])
    assert by_points([session]).f1 == 1.0
    assert by_affiliation([session]).f1 == pytest.approx(1.0)
