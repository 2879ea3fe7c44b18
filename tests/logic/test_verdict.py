from rig.logic.verdict import Standing, Verdict


def standing() -> Standing:
    """One that has what it needs."""
    made = Standing("d")
    made.sees()
    return made


def test_it_is_unknown_before_anything_was_seen() -> None:
    assert Standing("d").at(5.0) == Verdict("d", "unknown", "nothing seen yet", None)


def test_since_is_when_the_state_began_not_when_it_was_said_again() -> None:
    verdict = standing()
    assert [verdict.at(now).since for now in (1.0, 2.0)] == [1.0, 1.0]
    verdict.alarm("why", [1.5, 2.5])
    assert [verdict.at(now).since for now in (3.0, 4.0)] == [3.0, 3.0]


def test_an_alarm_lasts_8_s_after_a_cause_that_came_quickly() -> None:
    verdict = standing()
    verdict.alarm("why", [0.0, 1.0])
    assert verdict.at(8.9) == Verdict("d", "alarm", "why", 8.9)
    assert verdict.at(9.0).state == "ok"


def test_an_alarm_lasts_two_and_a_half_usual_gaps() -> None:
    verdict = standing()
    verdict.alarm("why", [0.0, 10.0, 20.0])  # 20 s + 2.5 * 10 s
    assert verdict.at(44.9).state == "alarm"
    assert verdict.at(45.0).state == "ok"


def test_losing_sight_ends_an_alarm_as_unknown_for_good() -> None:
    verdict = standing()
    verdict.alarm("why", [0.0, 1.0])
    assert verdict.at(1.5).state == "alarm"
    verdict.forget("vcan0 is down")
    assert verdict.at(2.0) == Verdict("d", "unknown", "vcan0 is down", 2.0)
    verdict.sees()
    assert verdict.at(3.0).state == "ok"
