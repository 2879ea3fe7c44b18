import pytest

from rig.detect.verdict import Standing, Verdict, worst


def standing() -> Standing:
    """One that has what it needs since 0 s."""
    made = Standing("d")
    made.sees(0.0)
    return made


def at(detector: Standing, now: float) -> Verdict:
    """What it says at this moment."""
    detector.tick(now)
    return detector.verdict


def alarm(detector: Standing, *times: float) -> Verdict | None:
    return detector.alarm("why", times, times[-1], 2.0, 2.0)


def test_it_is_unknown_before_anything_was_seen() -> None:
    assert Standing("d").verdict == Verdict("d", "unknown", "nothing seen yet", None)


def test_a_state_is_told_once_when_it_begins() -> None:
    verdict = Standing("d")
    assert verdict.sees(1.0) == Verdict("d", "ok", "nothing repeats", 1.0)
    assert verdict.sees(2.0) is None
    assert verdict.tick(3.0) is None
    assert alarm(verdict, 3.5, 4.0) == Verdict("d", "alarm", "why", 4.0, 2.0, 2.0)
    assert alarm(verdict, 3.5, 5.0) is None
    assert verdict.tick(13.0) == Verdict("d", "ok", "nothing repeats", 13.0)


def test_what_it_says_changes_without_a_new_state_and_since_stays() -> None:
    verdict = standing()
    verdict.alarm("twice", [1.0, 2.0], 2.0, 2.0, 2.0)
    assert verdict.alarm("three times", [1.0, 2.0, 3.0], 3.0, 3.0, 2.0) is None
    assert verdict.verdict == Verdict("d", "alarm", "three times", 2.0, 3.0, 2.0)


def test_an_alarm_lasts_8_s_after_a_cause_that_came_quickly() -> None:
    verdict = standing()
    alarm(verdict, 0.0, 1.0)
    assert at(verdict, 8.9).state == "alarm"
    assert at(verdict, 9.0).state == "ok"


def test_an_alarm_lasts_two_and_a_half_usual_gaps() -> None:
    verdict = standing()
    alarm(verdict, 0.0, 10.0, 20.0)  # 20 s + 2.5 * 10 s
    assert at(verdict, 44.9).state == "alarm"
    assert at(verdict, 45.0).state == "ok"


def test_the_usual_gap_is_the_median_so_that_one_pause_within_does_not_count() -> None:
    verdict = standing()
    alarm(verdict, 0.0, 4.0, 8.0, 60.0, 64.0)
    assert at(verdict, 73.9).state == "alarm"  # 64 s + 2.5 * 4 s
    assert at(verdict, 74.0).state == "ok"


@pytest.mark.parametrize(("last", "state"), [(18.0, "alarm"), (18.1, "ok")])
def test_a_cause_that_comes_much_later_than_usual_is_no_part_of_it(last: float, state: str) -> None:
    verdict = standing()
    alarm(verdict, 0.0, 4.0, 8.0, last)  # 2.5 * 4 s after the one before
    assert at(verdict, last).state == state


def test_a_warning_lasts_8_s_and_an_alarm_goes_before_it() -> None:
    verdict = standing()
    verdict.warn("once", 1.0, 1.0, 2.0)
    assert at(verdict, 8.9) == Verdict("d", "warn", "once", 1.0, 1.0, 2.0)
    alarm(verdict, 1.0, 5.0)  # until 5 s + 2.5 * 4 s
    assert verdict.warn("once", 6.0, 1.0, 2.0) is None
    assert at(verdict, 14.9).state == "alarm"
    assert at(verdict, 15.0).state == "ok"


def test_a_warning_that_came_within_an_alarm_outlasts_it() -> None:
    verdict = standing()
    alarm(verdict, 0.0, 1.0)  # until 9 s
    verdict.warn("once", 8.0, 1.0, 2.0)
    assert at(verdict, 9.0).state == "warn"
    assert at(verdict, 16.0).state == "ok"


def test_losing_sight_ends_an_alarm_and_a_warning_as_unknown_for_good() -> None:
    verdict = standing()
    alarm(verdict, 0.0, 1.0)
    verdict.warn("once", 1.5, 1.0, 2.0)
    assert verdict.forget("vcan0 is down", 2.0) == Verdict("d", "unknown", "vcan0 is down", 2.0)
    assert at(verdict, 2.5).state == "unknown"
    assert verdict.sees(3.0) == Verdict("d", "ok", "nothing repeats", 3.0)


def test_the_worst_is_an_alarm_before_a_warning_before_what_is_not_known() -> None:
    ok, unknown = Verdict("a", "ok", since=1.0), Verdict("b")
    warning, new = Verdict("c", "warn", since=2.0), Verdict("d", "alarm", since=9.0)
    assert worst([ok, unknown]) == unknown
    assert worst([ok, unknown, warning]) == warning
    assert worst([ok, unknown, warning, new]) == new
    assert worst([new, Verdict("e", "alarm", since=3.0)]).detector == "e"
