"""The list of alarms, in seconds that stand for those since 1970."""

from hypothesis import given
from hypothesis import strategies as st

from rig.detect.verdict import State, Verdict
from rig.plot_current.logic.alarms import MOST, AlarmList


def verdict(state: State, since: float, detector: str = "fast_toggle", of: int = 1) -> Verdict:
    return Verdict(detector, state, f"{state} at {since:g}", since, connector=of)


def taken(*verdicts: Verdict) -> AlarmList:
    """A list that took these, each when its state began."""
    made = AlarmList()
    for each in verdicts:
        assert each.since is not None
        made.take(each, each.since)
    return made


def test_an_alarm_that_stands_has_a_begin_and_no_end() -> None:
    (row,) = taken(verdict("alarm", 5.0)).rows
    assert (row.detector, row.since, row.until, row.count) == ("fast_toggle", 5.0, None, 1)
    assert row.why == "alarm at 5"


def test_one_that_is_over_stays_in_the_list_with_its_end() -> None:
    (row,) = taken(verdict("alarm", 5.0), verdict("ok", 9.0)).rows
    assert (row.since, row.until, row.stands) == (5.0, 9.0, False)


def test_saying_it_again_counts_once_but_the_latest_words_are_kept() -> None:
    made = taken(verdict("alarm", 5.0))
    made.take(Verdict("fast_toggle", "alarm", "6 times", 5.0), 7.0)
    (row,) = made.rows
    assert (row.count, row.since, row.why) == (1, 5.0, "6 times")


def test_one_that_is_raised_again_is_one_row_that_says_how_often() -> None:
    (row,) = taken(verdict("alarm", 5.0), verdict("ok", 9.0), verdict("alarm", 12.0)).rows
    assert (row.since, row.raised, row.until, row.count) == (5.0, 12.0, None, 2)


def test_a_warning_or_what_is_unknown_ends_an_alarm_and_is_no_row_of_its_own() -> None:
    assert taken(verdict("warn", 5.0), verdict("unknown", 6.0)).rows == ()
    for state in ("warn", "unknown"):
        (row,) = taken(verdict("alarm", 5.0), verdict(state, 6.0)).rows
        assert row.until == 6.0


def test_each_connector_has_rows_of_its_own() -> None:
    rows = taken(verdict("alarm", 5.0, of=1), verdict("alarm", 6.0, of=2)).rows
    assert [(row.connector, row.count) for row in rows] == [(2, 1), (1, 1)]


def test_those_that_stand_come_first_then_the_newest() -> None:
    names = taken(
        verdict("alarm", 1.0, "a"), verdict("alarm", 2.0, "b"), verdict("alarm", 3.0, "c"),
        verdict("ok", 4.0, "c"),
    ).rows  # fmt: skip
    assert [row.detector for row in names] == ["b", "a", "c"]


def test_acknowledged_and_over_it_leaves_the_list() -> None:
    made = taken(verdict("alarm", 5.0), verdict("ok", 9.0))
    assert made.acknowledge(10.0) == 1
    assert made.rows == ()


def test_acknowledged_while_it_stands_it_is_marked_and_leaves_when_it_is_over() -> None:
    made = taken(verdict("alarm", 5.0))
    assert made.acknowledge(10.0) == 1
    assert [row.is_acknowledged for row in made.rows] == [True]
    assert made.acknowledge(10.0) == 0
    made.take(verdict("ok", 12.0), 12.0)
    assert made.rows == ()


def test_nobody_acknowledges_an_alarm_that_was_raised_after_they_looked() -> None:
    made = taken(verdict("alarm", 5.0), verdict("ok", 6.0), verdict("alarm", 11.0))
    assert made.acknowledge(10.0) == 0
    assert [row.is_acknowledged for row in made.rows] == [False]


def test_raised_again_after_it_left_it_is_a_new_row() -> None:
    made = taken(verdict("alarm", 5.0), verdict("ok", 6.0))
    made.acknowledge(7.0)
    made.take(verdict("alarm", 8.0), 8.0)
    assert [(row.since, row.count) for row in made.rows] == [(8.0, 1)]


def test_what_the_list_has_no_room_for_is_counted_and_is_the_oldest_that_is_over() -> None:
    made = taken(verdict("alarm", 1.0, "first"), verdict("alarm", 2.0, "over"))
    made.take(verdict("ok", 3.0, "over"), 3.0)
    for number in range(MOST - 1):
        made.take(verdict("alarm", 10.0 + number, f"d{number}"), 10.0)
    assert (len(made.rows), made.dropped) == (50, 1)
    names = {row.detector for row in made.rows}
    assert "first" in names
    assert "over" not in names


def test_none_that_stands_falls_out_however_many_do() -> None:
    verdicts = [verdict("alarm", 10.0, f"d{number}") for number in range(MOST + 10)]
    made = taken(*verdicts, *verdicts)
    assert (len(made.rows), made.dropped) == (60, 0)


def test_each_time_that_it_stood_is_a_mark_cut_off_where_the_window_begins() -> None:
    made = taken(verdict("alarm", 5.0), verdict("ok", 9.0), verdict("alarm", 12.0))
    assert made.marks(1, 7.0, 20.0) == [(7.0, 9.0), (12.0, 20.0)]


def test_an_alarm_of_the_charge_point_marks_every_connector_one_of_a_connector_its_own() -> None:
    made = taken(verdict("alarm", 5.0, of=2), verdict("alarm", 6.0, of=0))
    assert made.marks(1, 0.0, 10.0) == [(6.0, 10.0)]
    assert sorted(made.marks(2, 0.0, 10.0)) == [(5.0, 10.0), (6.0, 10.0)]


def test_a_mark_stays_when_the_alarm_was_acknowledged() -> None:
    made = taken(verdict("alarm", 5.0), verdict("ok", 9.0))
    made.acknowledge(9.5)
    assert made.marks(1, 0.0, 10.0) == [(5.0, 9.0)]


STEPS = st.lists(
    st.tuples(
        st.floats(0.0, 5.0),
        st.sampled_from(["ok", "warn", "alarm", "unknown", "acknowledge"]),
        st.sampled_from(["a", "b"]),
    ),
    max_size=40,
)


@given(STEPS)
def test_whatever_happens_an_alarm_that_stands_is_in_the_list_and_no_row_ends_before_it_began(
    steps: list[tuple[float, str, str]],
) -> None:
    now, made = 0.0, AlarmList()
    states: dict[str, Verdict] = {}
    for gap, what, detector in steps:
        now += gap
        if what == "acknowledge":
            made.acknowledge(now)
            continue
        before = states.get(detector, Verdict(detector))
        since = before.since if before.state == what else now
        states[detector] = Verdict(detector, what, what, since)  # type: ignore[arg-type]
        made.take(states[detector], now)
    standing = {row.detector for row in made.rows if row.stands}
    assert standing == {name for name, each in states.items() if each.state == "alarm"}
    assert all(row.until is None or row.until >= row.raised >= row.since for row in made.rows)
    assert all(0.0 <= begin <= end <= now for begin, end in made.marks(1, 0.0, now))
