"""The alarm of a plot that died, in the one that is started again."""

from rig.detect.verdict import Verdict
from rig.plot_current.logic.before import Before

OK, BLIND = (
    Verdict("a", "ok", "nothing repeats", 0.0),
    Verdict("a", "unknown", "vcan0 is down", 0.0),
)


def test_it_stands_until_the_detectors_have_seen_as_much_as_they_look_at() -> None:
    before = Before("4 swings", 100.0)
    assert (before.verdict.state, before.verdict.why) == ("alarm", "4 swings")
    assert not before.tick([OK], 110.0)
    assert not before.tick([OK], 259.9)
    assert before.tick([OK], 260.0)  # 150 s after 110
    assert not before.stands
    assert before.verdict.state == "ok"


def test_what_is_blind_sees_nothing_however_long_it_lasts() -> None:
    before = Before("4 swings", 100.0)
    before.tick([OK, BLIND], 101.0)
    before.tick([BLIND], 150.0)
    assert not before.tick([BLIND], 1000.0)
    assert not before.tick([OK, BLIND], 1001.0)
    assert before.stands
    assert before.tick([OK, BLIND], 1151.0)


def test_a_detector_that_raises_one_itself_takes_its_place() -> None:
    before = Before("4 swings", 100.0)
    assert before.tick([OK, Verdict("b", "alarm", "5 swings", 101.0)], 101.0)
    assert not before.stands


def test_it_ends_once() -> None:
    before = Before("4 swings", 100.0)
    assert before.tick([Verdict("b", "alarm", "5 swings", 101.0)], 101.0)
    assert not before.tick([Verdict("b", "alarm", "5 swings", 101.0)], 102.0)
