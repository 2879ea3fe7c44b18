import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from rig.detect.verdict import Verdict
from rig.plot_current.logic import words
from rig.plot_current.logic.trace import View
from tests.plot_current.views import (
    ALARM,
    AT,
    BLIND,
    CALM,
    FULL,
    OVER,
    ROW,
    RUNNING,
    SILENT,
    WARNING,
    redraw,
)


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


STOPPED = replace(RUNNING, state="stopped", target=0.0)


def empty(view: View) -> View:
    """The same without a current."""
    return replace(view, current=0.0, flows=False)


@pytest.mark.parametrize(
    ("view", "text", "mood"),
    [
        (RUNNING, "RUNNING, 17 A FLOWS", "running"),
        (empty(RUNNING), "RUNNING, NOTHING FLOWS", "running"),
        (empty(STOPPED), "STOPPED", "stopped"),
        (STOPPED, "STOPPED, 17 A FLOWS", "flows"),  # still on its way down
        (OVER, "STOPPED, 32 A FLOWS", "over"),
        (replace(OVER, state="running"), "RUNNING, 32 A FLOWS", "over"),
        (replace(RUNNING, state="unknown"), "COMMANDS UNKNOWN, 17 A FLOWS", "flows"),
        (replace(RUNNING, state="unknown", current=None), "COMMANDS UNKNOWN", "unknown"),
        (SILENT, "CHARGER SILENT", "silent"),
        (replace(SILENT, state="bus down"), "BUS DOWN", "down"),
    ],
)
def test_the_badge_says_what_flows_and_not_what_was_ordered(
    view: View, text: str, mood: str
) -> None:
    assert words.badge(view) == (text, mood)


def test_the_worst_verdict_is_the_headline_and_the_others_have_a_line_each() -> None:
    over = Verdict("limit_exceeded", "alarm", "32 A flow", AT - 15)
    shown = redraw(verdicts=[CALM, WARNING, ALARM, over])
    head = words.headline(shown)
    assert (head.state, head.title, head.why) == ("alarm", "ALARM: limit exceeded", "32 A flow")
    assert words.others(shown) == [
        "alarm: fast toggle: target moved 100 A and back",
        "warn: fast toggle: target moved 100 A and back, once",
    ]
    assert words.quiet(shown) == ["1 detector: ok"]


def test_what_cannot_tell_is_never_hidden_behind_what_is_ok() -> None:
    blind = [
        BLIND,
        replace(BLIND, detector="telemetry_stuck"),
        replace(BLIND, detector="x", why="y"),
    ]
    shown = redraw(verdicts=[CALM, CALM, *blind])
    head = words.headline(shown)
    assert (head.title, head.why) == ("no alarm", "3 of 5 detectors cannot tell")
    assert words.quiet(shown) == [
        "unknown: oscillation command, telemetry stuck (no OCPP); x (y)",
        "2 detectors: ok",
    ]


def test_in_brief_what_cannot_tell_is_named_without_why() -> None:
    shown = redraw(verdicts=[CALM, BLIND, replace(BLIND, detector="x", why="y")])
    assert words.quiet(shown, brief=True) == [
        "unknown: oscillation command, x",
        "1 detector: ok",
    ]


@pytest.mark.parametrize("verdicts", [[BLIND], [BLIND, BLIND]])
def test_without_a_detector_that_can_tell_nothing_is_said_to_be_well(
    verdicts: list[Verdict],
) -> None:
    head = words.headline(redraw(verdicts=verdicts))
    assert (head.state, head.title) == ("unknown", "UNKNOWN: no detector can tell")


def test_frames_that_were_not_looked_at_are_said() -> None:
    (line,) = words.quiet(replace(redraw(), lost=117))
    assert line == "1 detector: ok; 117 frames came and were not looked at"


def test_a_plot_that_was_started_again_says_for_as_long_as_it_runs_that_it_was_blind() -> None:
    (line,) = words.quiet(replace(redraw(), begun_again=AT))
    assert line == "1 detector: ok; plot started again at 14:13:20, unknown before"


def test_the_connector_is_named_where_there_are_several() -> None:
    several = redraw(RUNNING, RUNNING, verdicts=[replace(ALARM, connector=2)])
    assert words.headline(several).title == "ALARM: fast toggle, connector 2"
    whole = redraw(RUNNING, RUNNING, verdicts=[replace(ALARM, connector=0)])
    assert words.headline(whole).title == "ALARM: fast toggle"


def test_the_title_begins_with_the_alarm() -> None:
    assert words.title(redraw(verdicts=[ALARM]), "vcan0") == "ALARM: fast toggle - rig plot: vcan0"
    assert words.title(redraw(), "vcan0") == "rig plot: vcan0"


def test_a_row_of_the_list_says_what_since_until_count_and_why() -> None:
    # 1 790 000 000 is 2026-09-21 14:13:20 UTC (date -u -d @1790000000)
    assert words.row(ROW, 1) == (
        "fast toggle", "14:03:20", "stands", "1", "target moved 100 A and back",
    )  # fmt: skip
    over = replace(ROW, until=AT, count=3)
    assert words.row(over, 1)[1:4] == ("14:03:20", "14:13:20", "3")
    assert words.row(replace(ROW, is_acknowledged=True), 1)[2] == "stands, seen"


def test_what_the_list_does_not_show_is_said() -> None:
    shown = replace(redraw(alarms=[ROW, *FULL]), dropped=3)
    assert words.left_out(shown, 3) == "47 more, 3 older not kept"
    assert words.left_out(redraw(alarms=[ROW]), 1) == ""


def test_a_plot_is_started_again_with_the_newest_alarm_that_stands() -> None:
    assert words.again_option([]) == "--again"
    named = "--again=since 14:13:07: fast_toggle: target moved 100 A and back"
    assert words.again_option([ROW]) == named
    assert words.again_option([ROW, ROW, ROW]) == f"{named} (and 2 more)"


def test_one_that_stood_before_is_handed_on_with_the_words_that_it_had() -> None:
    before = replace(ROW, detector="raised_before", why="since 21:15:31: 4 swings")
    assert words.again_option([before]) == "--again=since 21:15:31: 4 swings"
