"""The figures of small sessions, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.score.logic.false_alarms import FalseAlarms
from rig.score.logic.figures import Delay, Score, figures
from rig.score.logic.fit import Fit
from rig.score.logic.judged import Span
from tests.score.sessions import attacked, label, normal


def delay_of(*sessions_alarms: list[Span]) -> Delay:
    """Of events that begin at 1000 s."""
    each = [attacked(label(1000, 1100), a=alarms) for alarms in sessions_alarms]
    return figures([normal(), *each]).delay


def re_alarms_of(*alarms: Span) -> int:
    return figures([normal(), attacked(label(1000, 1100), a=list(alarms))]).re_alarms


def small() -> Score:
    """Two kinds of anomaly, two detectors: one fuzz of two is found, and the flood by both."""
    return figures(
        [
            normal("idle", a=[(100, 110)], b=[]),
            normal("sun", a=[], b=[]),
            attacked(label(1000, 1100, "fuzz"), a=[], b=[(1003, 1100)]),
            attacked(label(1000, 1100, "fuzz"), a=[(500, 520)], b=[]),
            attacked(label(1000, 1100, "flood"), a=[(1001, 1100)], b=[(1005, 1100)]),
        ]
    )


def test_an_event_is_found_by_a_kind_and_by_a_detector() -> None:
    fuzz, flood = small().kinds
    assert (fuzz.kind, fuzz.events, fuzz.found, fuzz.found_by) == ("fuzz", 2, 1, {"a": 0, "b": 1})
    assert (flood.kind, flood.events, flood.found, flood.found_by) == (
        "flood", 1, 1, {"a": 1, "b": 1},
    )  # fmt: skip
    assert (fuzz.recall, fuzz.recall_by("b"), fuzz.recall_by("a")) == (0.5, 0.5, 0.0)


def test_recall_over_kinds_counts_events() -> None:
    score = small()
    assert score.recall == pytest.approx(2 / 3)
    assert score.recall_of({"flood", "no such kind"}) == 1.0
    assert score.recall_of({"no such kind"}) is None


def test_the_points_of_a_kind_are_those_of_its_sessions() -> None:
    # fuzz: 97 hits, 20 alarmed seconds beside, of 200; flood: 99 of 100, nothing beside
    fuzz, flood = small().kinds
    assert fuzz.points == Fit(97 / 117, 97 / 200)
    assert flood.points == Fit(1.0, 0.99)


def test_the_points_of_all_are_those_of_normal_sessions_too() -> None:
    # 97 + 99 hits; 20 alarmed seconds beside the second fuzz, and 10 in the idle session
    assert small().points == Fit(196 / 226, 196 / 300)


def test_false_alarms_are_counted_by_kind_of_normal_session() -> None:
    score = small()
    assert score.normal == {"idle": FalseAlarms(1, 1.0), "sun": FalseAlarms(0, 1.0)}
    assert score.false_alarms == FalseAlarms(1, 2.0)


def test_those_around_anomalies_are_counted_apart() -> None:
    # One, in three sessions of an hour, of each of which 160 s are of the anomaly
    assert small().around == FalseAlarms(1, 3 * 3440 / 3600)


def test_an_alarm_finds_what_it_touches_until_20_s_after_the_end() -> None:
    assert delay_of([(1120, 1130)]) == Delay(120, 120)
    assert delay_of([(1120.5, 1130)]) == Delay(None, None)


def test_an_alarm_that_stood_before_has_no_delay() -> None:
    assert delay_of([(990, 1000), (1050, 1060)]) == Delay(0, 0)


def test_the_first_detector_gives_the_delay() -> None:
    session = attacked(label(1000, 1100), a=[(1007, 1100)], b=[(1002, 1003)])
    assert figures([normal(), session]).delay == Delay(2, 2)


def test_the_delays_have_their_median_and_the_nearest_rank_of_95_of_100() -> None:
    # 1 to 20 s: the middle is between 10 and 11; 19 of 20 are 95 %. What was not found has none.
    found = [[(1000.0 + delay, 1100.0)] for delay in range(1, 21)]
    assert delay_of(*found, []) == Delay(10.5, 19)


@pytest.mark.parametrize(("begins", "again"), [(1120.0, 0), (1121.0, 1), (1280.0, 1), (1281.0, 0)])
def test_an_alarm_from_20_to_180_s_after_the_end_is_one_again(begins: float, again: int) -> None:
    assert re_alarms_of((1001, 1100), (begins, begins + 1)) == again


def test_one_that_stays_is_none_again() -> None:
    assert re_alarms_of((1001, 1250)) == 0


def test_re_alarms_are_told_by_event() -> None:
    again = attacked(label(1000, 1100), a=[(1130, 1140), (1150, 1160)])
    quiet = attacked(label(1000, 1100), a=[(1001, 1100)])
    assert figures([normal(), again, quiet, quiet, quiet]).re_alarms_an_event == 0.5


def test_a_detector_that_a_session_does_not_name_found_nothing_there() -> None:
    score = figures([normal(a=[]), attacked(label(1000, 1100), b=[(1000, 1100)])])
    assert score.detectors == ("a", "b")
    assert score.kinds[0].found_by == {"a": 0, "b": 1}


def test_without_a_normal_session_there_is_no_score() -> None:
    for sessions in ([], [attacked(label(10, 20))], [normal(length=0.0)]):
        with pytest.raises(ValueError, match="no normal session: that is no score"):
            figures(sessions)


def test_normal_sessions_alone_have_false_alarms_and_no_recall() -> None:
    score = figures([normal(a=[(1, 2)])])
    assert (score.recall, score.re_alarms_an_event) == (None, None)
    assert (score.around, score.false_alarms) == (FalseAlarms(0, 0.0), FalseAlarms(1, 1.0))
    assert score.affiliation == Fit(None, None)


def spans_of(begins: st.SearchStrategy[float]) -> st.SearchStrategy[list[Span]]:
    return st.lists(
        st.tuples(begins, st.floats(0, 50)).map(lambda at: (at[0], at[0] + at[1])), max_size=6
    )


@given(spans_of(st.floats(0, 3500)), st.floats(1000, 1099), st.floats(0, 1))
def test_another_alarm_within_a_label_never_lowers_recall(
    alarms: list[Span], begins: float, lasts: float
) -> None:
    event = label(1000, 1100)
    before = figures([normal(), attacked(event, a=alarms)])
    after = figures([normal(), attacked(event, a=[*alarms, (begins, begins + lasts)])])
    assert after.recall == 1.0
    assert before.recall in (0.0, 1.0)
    assert (after.points.recall or 0) >= (before.points.recall or 0)
    assert (after.affiliation.recall or 0) >= (before.affiliation.recall or 0) - 1e-9


@given(spans_of(st.floats(1000, 1160)))
def test_what_begins_while_an_anomaly_is_there_or_settles_is_never_false(
    alarms: list[Span],
) -> None:
    assert figures([normal(), attacked(label(1000, 1100), a=alarms)]).around.count == 0
