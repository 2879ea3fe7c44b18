import pytest

from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import Current, SetLimit, Start, Stop
from rig.detect.detectors import all_detectors
from rig.detect.seed_variance import SeedVariance
from rig.detect.verdict import Restored, Standing, Verdict
from rig.role.logic.expect import Expect


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


def test_the_usual_gap_is_the_median_so_that_one_pause_within_does_not_count() -> None:
    verdict = standing()
    verdict.alarm("why", [0.0, 4.0, 8.0, 60.0, 64.0])
    assert verdict.at(73.9).state == "alarm"  # 64 s + 2.5 * 4 s
    assert verdict.at(74.0).state == "ok"


@pytest.mark.parametrize(("last", "state"), [(18.0, "alarm"), (18.1, "ok")])
def test_a_cause_that_comes_much_later_than_usual_is_no_part_of_it(last: float, state: str) -> None:
    verdict = standing()
    verdict.alarm("why", [0.0, 4.0, 8.0, last])  # 2.5 * 4 s after the one before
    assert verdict.at(last).state == state


def test_a_warning_lasts_8_s_and_an_alarm_goes_before_it() -> None:
    verdict = standing()
    verdict.warn("once", 1.0)
    assert verdict.at(8.9) == Verdict("d", "warn", "once", 8.9)
    verdict.alarm("twice", [1.0, 5.0])  # until 5 s + 2.5 * 4 s
    assert verdict.at(8.9) == Verdict("d", "alarm", "twice", 8.9)
    assert verdict.at(15.0).state == "ok"


def test_losing_sight_ends_a_warning_too() -> None:
    verdict = standing()
    verdict.warn("once", 1.0)
    verdict.forget("vcan0 is down")
    verdict.sees()
    assert verdict.at(2.0).state == "ok"


def test_losing_sight_ends_an_alarm_as_unknown_for_good() -> None:
    verdict = standing()
    verdict.alarm("why", [0.0, 1.0])
    assert verdict.at(1.5).state == "alarm"
    verdict.forget("vcan0 is down")
    assert verdict.at(2.0) == Verdict("d", "unknown", "vcan0 is down", 2.0)
    verdict.sees()
    assert verdict.at(3.0).state == "ok"


WHY = "since 21:15:31: 4 swings of the current by 30 A"


def restored() -> Restored:
    """A detector that begins at 100 s, where an alarm stood."""
    return Restored(all_detectors(Expect()), WHY, 100.0)


def test_an_alarm_that_stood_stands_while_nothing_is_seen() -> None:
    made = restored()
    for now in (100.0, 400.0):
        assert made.tick(now) == Verdict("raised_before", "alarm", WHY, 100.0)


def test_an_alarm_that_stood_is_over_when_all_was_seen_that_the_detector_ever_looks_at() -> None:
    """150 s, the longest window of WINDOWS in rig/detect/detectors.py."""
    made = restored()
    assert made.receive(Current(16.0), 101.0).why == WHY
    assert made.tick(250.9) == Verdict("raised_before", "alarm", WHY, 100.0)
    assert made.tick(251.0).state == "ok"
    assert made.receive(LinkDown("vcan0 is down"), 252.0).state == "unknown"


def test_a_bus_that_was_down_meanwhile_makes_it_stand_longer() -> None:
    made = restored()
    made.receive(Current(16.0), 101.0)
    made.receive(LinkDown("vcan0 is down"), 200.0)
    made.receive(Current(16.0), 210.0)
    assert made.tick(359.9).why == WHY
    assert made.tick(360.0).state == "ok"


def test_an_alarm_of_its_own_takes_over_and_ends_by_its_own_rule() -> None:
    made = restored()
    made.receive(Current(0.0), 100.0)
    made.receive(SetLimit(32.0), 101.0)
    for at, event in ((101.2, Start()), (101.4, Stop()), (101.6, Start()), (101.8, Stop())):
        verdict = made.receive(event, at)
    assert verdict.state == "alarm"
    assert verdict.detector == "fast_toggle"
    assert verdict.why == "target moved 32 A and back within 0.2 s, 2 times in 0 s"
    assert made.tick(109.7).state == "alarm"
    assert made.tick(109.8).state == "ok"  # 101.8 s + 8 s


def test_each_rule_looks_back_as_long_as_its_windows() -> None:
    assert restored().looks_back == 150.0
    assert SeedVariance().looks_back == 10.0
