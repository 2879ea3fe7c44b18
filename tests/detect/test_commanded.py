from rig.bus.logic.link import LinkDown, LinkUp
from rig.bus.logic.messages import Current, SetLimit, Start, Stop
from rig.detect.commanded import Commanded, Target


def after(*events: object) -> Commanded:
    commanded = Commanded()
    for event in events:
        commanded.receive(event)
    return commanded


def test_nothing_is_known_before_a_command_was_seen() -> None:
    commanded = after(LinkUp(), Current(20.0))
    assert (commanded.running, commanded.limit, commanded.target) == (None, None, None)


def test_a_limit_alone_says_nothing_about_running() -> None:
    assert (after(SetLimit(16.0)).limit, after(SetLimit(16.0)).target) == (16.0, None)


def test_while_running_the_target_is_the_limit() -> None:
    assert after(SetLimit(16.0), Start()).target == 16.0
    assert after(Start(), SetLimit(16.0), SetLimit(20.0)).target == 20.0


def test_running_without_a_known_limit_has_no_known_target() -> None:
    assert after(Start()).running is True
    assert after(Start()).target is None


def test_stopped_the_target_is_zero_whatever_the_limit() -> None:
    assert after(Stop()).target == 0.0
    assert after(SetLimit(16.0), Start(), Stop()).target == 0.0


def test_a_bus_that_was_down_leaves_nothing_known() -> None:
    commanded = after(SetLimit(16.0), Start(), LinkDown("vcan0 is down"), LinkUp())
    assert (commanded.running, commanded.limit, commanded.target) == (None, None, None)


def test_who_follows_the_target_takes_an_idle_charger_that_was_told_nothing_for_0_A() -> None:
    assert after(Current(5.0)).followed == Target(None, 0.0)
    assert after(Current(6.0)).followed == Target(None, None)
    assert after(Current(5.0), LinkDown("vcan0 is down")).followed == Target(None, None)


def test_who_follows_the_target_takes_a_start_without_a_limit_for_the_least_that_flows() -> None:
    assert after(Start()).followed == Target(None, 6.0)
    assert after(Start(), SetLimit(0.0)).followed == Target(0.0, 0.0)
    assert after(SetLimit(16.0), Stop()).followed == Target(0.0, 0.0)
