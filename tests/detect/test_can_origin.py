from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import Current, SetLimit
from rig.detect.can_origin import CanOrigin
from rig.detect.events import Heard
from tests.detect.simulation import Timed, Watching, verdicts

REAL, OURS = Heard(Current(20.0), is_local=False), Heard(Current(80.0), is_local=True)


def heard(*events: Timed) -> Watching:
    made = Watching(CanOrigin())
    verdicts(made, events)
    return made


def test_a_current_of_this_host_beside_a_real_charger_is_named() -> None:
    made = heard((0.0, REAL))
    assert made.tick(0.0).state == "ok"
    verdict = made.receive(OURS, 0.4)
    assert (verdict.state, verdict.why) == ("alarm", "Current 80 A was sent by this host")


def test_it_is_over_8_s_after_the_last_one() -> None:
    made = heard((0.0, REAL), (0.4, OURS), (1.0, REAL))
    assert made.tick(8.0).state == "alarm"
    assert made.tick(9.0).state == "ok"


def test_a_charger_that_is_simulated_on_this_host_is_unknown() -> None:
    made = heard((0.0, OURS), (1.0, OURS))
    assert made.tick(1.0).why == (
        "no Current of another device heard: the charger may be simulated on this host"
    )


def test_a_simulated_charger_may_take_the_place_of_a_real_one_after_a_minute() -> None:
    made = heard((0.0, REAL), (59.9, OURS))
    assert made.tick(59.9).state == "alarm"
    made = heard((0.0, REAL), (60.0, OURS))
    assert made.tick(60.0).state == "unknown"


def test_where_the_bus_does_not_tell_it_is_unknown() -> None:
    made = heard((0.0, Heard(Current(20.0), is_local=None)))
    assert made.tick(0.0).why == "the bus does not tell who sent a frame"


def test_what_the_charge_point_sends_is_no_current() -> None:
    made = heard((0.0, REAL), (0.1, Heard(SetLimit(6.0), is_local=True)))
    assert made.tick(1.0).state == "ok"


def test_a_bus_that_was_down_begins_it_anew() -> None:
    made = heard((0.0, REAL), (1.0, LinkDown("can0 is down")))
    assert made.tick(1.0).why == "can0 is down"
    assert made.receive(OURS, 2.0).state == "unknown"
