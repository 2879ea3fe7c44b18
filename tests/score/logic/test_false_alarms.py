"""What is a false alarm, and how many more there may be."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.score.logic.false_alarms import FalseAlarms, false_alarms, most
from rig.score.logic.judged import Span
from tests.score.sessions import attacked, label, normal


# Half the 95 % quantiles of chi-square with 2 n + 2 degrees of freedom (Garwood 1936), of which any
# table says: 9.488 for 4, 12.592 for 6, 15.507 for 8, 31.410 for 20.
@pytest.mark.parametrize(("count", "mean"), [(1, 4.744), (2, 6.296), (3, 7.754), (9, 15.705)])
def test_the_bound_is_the_exact_one_of_poisson(count: int, mean: float) -> None:
    assert most(count) == pytest.approx(mean, abs=0.001)


def test_none_in_so_many_hours_is_the_rule_of_three() -> None:
    assert FalseAlarms(0, 150.0).bound == -math.log(0.05) / 150  # 2.996 / 150: below 0.02 an hour


@given(st.integers(0, 3000))
def test_the_bound_is_above_what_was_counted_and_grows_with_it(count: int) -> None:
    assert count < most(count) < most(count + 1)


def test_without_normal_time_there_is_no_rate() -> None:
    assert FalseAlarms(0, 0.0).an_hour is None
    assert FalseAlarms(0, 0.0).bound is None


def test_detectors_that_alarm_at_once_are_one_false_alarm() -> None:
    together = normal(a=[(10, 20), (50, 60)], b=[(20, 30)])
    assert false_alarms([together, normal(a=[])]) == FalseAlarms(2, 2.0)


LABEL = label(1000, 1100, recovered=1200)


@pytest.mark.parametrize(
    ("alarm", "count"),
    [
        ((900, 999), 1),  # over before it began
        ((900, 1000), 0),  # touches it
        ((1120, 1300), 0),  # 20 s after its end
        ((1260, 1300), 0),  # begins 60 s after its effect is gone
        ((1261, 1300), 1),
    ],
)
def test_an_alarm_that_an_anomaly_explains_is_not_false(alarm: Span, count: int) -> None:
    assert false_alarms([attacked(LABEL, a=[alarm])]).count == count


def test_the_time_of_anomalies_is_no_normal_time() -> None:
    # 3600 s, without 1000..1260 and without 3500.. to the end
    late = label(3500, 3590, recovered=3600)
    assert false_alarms([attacked(LABEL, late)]).hours == pytest.approx((3600 - 260 - 100) / 3600)


def test_an_effect_that_was_gone_at_once_leaves_60_s() -> None:
    # 1000..1160 are left out: 60 s after it recovered at 1100 is later than 20 s after its end
    assert false_alarms([attacked(label(1000, 1100))]).hours == pytest.approx(3440 / 3600)
