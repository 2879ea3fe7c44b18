"""Affiliation by hand. tests/score/test_thirdparty.py holds it against the paper's own code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.score.logic.affiliation import affiliation, zones
from rig.score.logic.judged import Span
from rig.score.logic.spans import merged

SPANS = st.lists(
    st.tuples(st.floats(0, 90), st.floats(0.5, 10)).map(lambda at: (at[0], at[0] + at[1])),
    max_size=8,
).map(merged)


def test_an_alarm_beside_an_anomaly_counts_for_its_distance() -> None:
    # Zone 0..10 s, anomaly 4..6, alarm 7..8: 1 to 2 s away. Farther than d are (8 - 2 d) / 10 of
    # the zone: 0.6 to 0.4. From the anomaly to the alarm it is 3 to 1 s, and farther than that
    # from its moments are 1 - 2 d / 10: 0.4 to 0.8.
    assert affiliation([(7, 8)], [(4, 6)], 10) == pytest.approx((0.5, 0.6))


def test_far_from_the_middle_only_one_side_is_farther() -> None:
    # Zone 0..10 s, anomaly 1..2, alarm 5..6: 3 to 4 s away. Before the anomaly is but 1 s, so that
    # farther than d are (10 - 1 - 1 - d) / 10: 0.5 to 0.4. From its moments t = 1 to 2 it is 5 - t,
    # and before them t: 1 - (t + 5 - t) / 10 = 0.5.
    assert affiliation([(5, 6)], [(1, 2)], 10) == pytest.approx((0.45, 0.5))


def test_an_alarm_across_the_bend_is_the_mean_of_both_sides_of_it() -> None:
    # As above, alarm 2..6: 0 to 1 s away 0.9 to 0.7, which is (10 - 1 - 2 d) / 10, then to 0.4.
    precision, _ = affiliation([(2, 6)], [(1, 2)], 10)
    assert precision == pytest.approx((1 * 0.8 + 3 * 0.55) / 4)


def test_an_anomaly_across_the_bend_is_the_mean_of_both_sides_of_it() -> None:
    # Zone 0..10 s, anomaly 1..5, alarm 6..7. Up to 3 s the zone ends sooner than the alarm begins:
    # 1 - (t + 6 - t) / 10 = 0.4; from there on 1 - 2 (6 - t) / 10: 0.4 to 0.8.
    _, recall = affiliation([(6, 7)], [(1, 5)], 10)
    assert recall == pytest.approx((2 * 0.4 + 2 * 0.6) / 4)


def test_between_two_alarms_the_nearer_one_counts() -> None:
    # Zone 0..20 s, anomaly 9..11, alarms 7..8 and 12..13: to the middle 1 to 2 s, and back. Farther
    # than d are 1 - 2 d / 20: 0.9 to 0.8, and back.
    _, recall = affiliation([(7, 8), (12, 13)], [(9, 11)], 20)
    assert recall == pytest.approx(0.85)


def test_each_anomaly_counts_the_same_whatever_its_length() -> None:
    # The zones are 0..50 and 50..100; the first is met, the second has no alarm.
    assert zones([(10, 40), (60, 61)], 100) == [(0, 50), (50, 100)]
    assert affiliation([(10, 40)], [(10, 40), (60, 61)], 100) == (1.0, 0.5)


def test_without_an_alarm_there_is_no_precision_and_without_an_anomaly_neither() -> None:
    assert affiliation([], [(4, 6)], 10) == (None, 0.0)
    assert affiliation([(4, 6)], [], 10) == (None, None)


@given(SPANS.filter(bool))
def test_the_anomalies_themselves_are_the_best_alarms(anomalies: list[Span]) -> None:
    assert affiliation(anomalies, anomalies, 110) == pytest.approx((1, 1))


@given(SPANS, SPANS.filter(bool))
def test_both_are_shares(alarms: list[Span], anomalies: list[Span]) -> None:
    precision, recall = affiliation(alarms, anomalies, 110)
    assert recall is not None
    assert -1e-9 <= recall <= 1 + 1e-9
    assert precision is None or -1e-9 <= precision <= 1 + 1e-9
