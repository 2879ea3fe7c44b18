"""The alarms of a session, as spans of its clock."""

import pytest

from rig.detect.verdict import State, Verdict
from rig.detect.watch import RULES, Watched
from rig.score.logic.judge import Alarms, judge
from rig.score.logic.judged import Judged
from tests.score.played import PLAIN, label_of, played


def judged(kind: str, rule: str = "all") -> Judged:
    return judge(played(kind, PLAIN), Watched("CP_1"), rule)


def spans(*states: tuple[float, str, State]) -> dict[str, list[tuple[float, float]]]:
    """Of verdicts at these times, of a session of 100 s."""
    alarms = Alarms()
    for at, detector, state in states:
        alarms.take(Verdict(detector, state), at)
    return alarms.until(100.0)


def test_an_alarm_lasts_until_the_detector_says_something_else() -> None:
    assert spans((10.0, "a", "alarm"), (12.0, "a", "ok")) == {"a": [(10.0, 12.0)]}
    assert spans((10.0, "a", "alarm"), (12.0, "a", "unknown")) == {"a": [(10.0, 12.0)]}


def test_an_alarm_that_stands_ends_with_the_session() -> None:
    assert spans((10.0, "a", "alarm")) == {"a": [(10.0, 100.0)]}


@pytest.mark.parametrize("state", ["ok", "warn", "unknown"])
def test_nothing_else_is_an_alarm(state: State) -> None:
    assert spans((10.0, "a", state)) == {}


def test_detectors_alarm_beside_each_other() -> None:
    assert spans(
        (10.0, "a", "alarm"), (11.0, "b", "alarm"), (12.0, "a", "ok"), (13.0, "b", "ok")
    ) == {"a": [(10.0, 12.0)], "b": [(11.0, 13.0)]}  # fmt: skip


def test_what_is_judged_is_the_session_with_its_labels() -> None:
    one = judged("suspension")
    assert (one.kind, one.seed, one.length) == ("suspension", PLAIN, 1200.0)
    assert one.labels == (label_of("suspension", PLAIN),)


@pytest.mark.parametrize("rule", RULES)
def test_each_detector_of_the_rule_is_named_also_without_an_alarm(rule: str) -> None:
    one = judged("idle", rule)
    assert one.alarms
    assert set(map(tuple, one.alarms.values())) == {()}


def test_a_charger_that_is_not_heard_raises_an_alarm_within_3_s() -> None:
    """By `can_timing`, whose rule is 2.5 periods of 1 s."""
    (alarm,) = judged("suspension").alarms["can_timing"]
    assert 0 <= alarm[0] - label_of("suspension", PLAIN).start <= 3
