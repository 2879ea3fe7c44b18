"""The tables say the figures, with the goals beside them."""

import json

import pytest

from rig.score.logic.figures import Score, figures
from rig.score.logic.goals import GOALS, GROUPS
from rig.score.logic.judged import Judged
from rig.score.logic.tables import as_dict, report, table
from tests.score import full
from tests.score.sessions import HOUR, attacked, label, normal


def small(*more: Judged) -> Score:
    """One fuzz of two is found, after 3 s; one false alarm in an hour."""
    found = attacked(label(1000, 1100, "fuzz"), a=[(1003, 1100)], b=[])
    missed = attacked(label(1000, 1100, "fuzz"), a=[], b=[])
    return figures([normal("idle", a=[(5, 6)], b=[]), found, missed, *more])


def line(text: str, begins: str) -> list[str]:
    """The words of the one line that begins so, after that."""
    (found,) = [each for each in text.splitlines() if each.startswith(begins)]
    return found.removeprefix(begins).split()


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert table([("kind", "n"), ("flood", "10")]) == "kind    n\nflood  10"


def test_it_begins_with_what_it_is_not() -> None:
    assert report(small()).startswith("Detection, 2 events, no point adjustment\n")


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ("recall: all kinds", "0.500 >= 0.92 missed"),
        ("recall: fuzz", "0.500 >= 0.99 missed"),
        ("recall: flood", "- >= 0.99 not measured"),
        ("false alarms", "1 <= 0 missed"),
        ("normal hours", "1.0 >= 150 missed"),
        ("re-alarms an event", "0.000 <= 0.05 reached"),
        ("F1 by points", "0.651 >= 0.85 missed"),  # 97 hits, 98 alarmed, 200: 2 * 97 / 298
        ("delay, median (s)", "3.0 <= 3 reached"),
    ],
)
def test_each_goal_stands_beside_its_figure(figure: str, words: str) -> None:
    assert line(report(small()), figure + "  ") == words.split()


def test_what_has_no_goal_follows() -> None:
    text = report(small())
    assert line(text, "by points: precision, recall") == ["0.990", "0.485"]  # 97 / 98, 97 / 200
    assert line(text, "delay (s): median, p95") == ["3.0", "3.0"]


def test_slow_swings_have_their_delay_besides() -> None:
    slow = attacked(label(1000, 1200, "osc_slow"), a=[(1040, 1200)])
    text = report(small(slow))
    assert line(text, "delay of osc_slow (s): median, p95") == ["40.0", "40.0"]
    assert line(text, "delay (s): median, p95") == ["21.5", "40.0"]  # of 3 and 40 s
    assert "delay of osc_slow" not in report(small())


def test_each_kind_has_its_line_and_each_detector_its_column() -> None:
    text = report(small())
    kind, by_detector = [each for each in text.splitlines() if each.startswith("fuzz ")]
    assert kind.split() == ["fuzz", "2", "1", "0.50", "3.0", "3.0", "0.65"]
    assert by_detector.split() == ["fuzz", "0.50", "0.50", "."]
    assert "1: a\n2: b\n" in text


def test_false_alarms_stand_by_kind_of_normal_session() -> None:
    text = report(small())
    assert line(text, "idle ") == ["1.0", "1", "1.000", "4.744"]  # of chi-square: 9.488 / 2
    assert line(text, "all ") == ["1.0", "1", "1.000", "4.744"]
    # Two sessions of an hour without 160 s: -ln(0.05) / 1.911 h
    assert line(text, "around events") == ["1.9", "0", "0.000", "1.568"]


def test_no_line_has_more_than_100_columns() -> None:
    lines = report(figures(full.sessions())).splitlines()
    assert max(map(len, lines)) <= 100
    assert not [each for each in lines if each != each.rstrip()]


def test_normal_sessions_alone_can_be_read_too() -> None:
    text = report(figures([normal()]))
    assert line(text, "recall: all kinds") == ["-", ">=", "0.92", "not", "measured"]
    assert line(text, "around events") == ["0.0", "0", "-", "-"]


def test_each_kind_that_a_goal_names_is_in_one_group() -> None:
    named = [kind for kinds in GROUPS.values() for kind in kinds]
    assert len(named) == len(set(named)) == 16
    assert set(named) <= set(full.KINDS)


def test_a_goal_that_was_not_measured_is_not_reached() -> None:
    nothing = figures([normal()])
    reached = {goal.what: goal.is_reached(nothing) for goal in GOALS}
    assert reached["recall: all kinds"] is None
    assert reached["delay, median (s)"] is None
    assert reached["normal hours"] is False


def test_a_goal_that_is_just_met_is_reached() -> None:
    text = report(figures([normal(length=150 * HOUR)]))
    assert line(text, "normal hours") == ["150.0", ">=", "150", "reached"]


def test_all_of_it_is_json() -> None:
    read = json.loads(json.dumps(as_dict(small()), allow_nan=False))
    assert read["point_adjustment"] is False
    assert read["goals"][0] == {
        "figure": "recall: all kinds", "measured": 0.5, "goal": ">= 0.92", "reached": False,
    }  # fmt: skip
    assert read["kinds"]["fuzz"]["found_by"] == {"a": 1, "b": 0}
    assert read["kinds"]["fuzz"]["delay"] == {"median": 3, "p95": 3}
    assert read["points"]["precision"] == 97 / 98
    assert read["false_alarms"]["normal"]["idle"]["count"] == 1
    assert read["false_alarms"]["around_events"]["count"] == 0
