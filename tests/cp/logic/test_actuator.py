"""The Actuator, fed by hand. test_actuator_on_bus.py lets it work with Echoes on a bus."""

import math
from collections.abc import Sequence

import pytest

from rig.bus.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.bus.logic.messages import Message, SetLimit, Start, Stop
from rig.cp.logic.actuator import (
    RETRY,
    Actuator,
    Carried,
    NotCarried,
    Result,
    Stopped,
    Transmit,
)

WHY = "no echo within 100 ms"


def keys(results: Sequence[Result]) -> list[int]:
    return [result.key for result in results if isinstance(result, Transmit)]


def messages(results: Sequence[Result]) -> list[Message]:
    return [result.message for result in results if isinstance(result, Transmit)]


def up() -> Actuator:
    """One that paid the Stop that it begins with, on a link that is up."""
    actuator = Actuator()
    (key,) = keys(actuator.receive(LinkUp(), 0.0))
    assert actuator.receive(Sent(key), 0.0) == [Stopped()]
    assert actuator.tick(RETRY) == []
    return actuator


def limited(limit: float) -> Actuator:
    """One whose limit the bus carried."""
    actuator = up()
    (key,) = keys(actuator.order("limit", SetLimit(limit)))
    assert actuator.receive(Sent(key), 0.0) == [Carried("limit")]
    return actuator


def started() -> Actuator:
    actuator = up()
    (key,) = keys(actuator.order("start", Start()))
    assert actuator.receive(Sent(key), 0.0) == [Carried("start")]
    return actuator


def test_it_begins_in_debt_of_a_stop_and_pays_when_the_link_comes_up() -> None:
    actuator = Actuator()
    assert actuator.stop_owed
    assert actuator.wake_at == math.inf
    assert messages(actuator.receive(LinkUp(), 0.0)) == [Stop()]


def test_an_order_is_carried_when_its_echo_came() -> None:
    actuator = up()
    results = actuator.order("tag", Start())
    assert messages(results) == [Start()]
    assert actuator.receive(Sent(keys(results)[0]), 0.0) == [Carried("tag")]
    assert actuator.running
    assert not actuator.stop_owed


def test_the_messages_of_an_order_are_sent_one_after_the_other() -> None:
    actuator = up()
    first = actuator.order("tag", SetLimit(16), Start())
    assert messages(first) == [SetLimit(16)]
    second = actuator.receive(Sent(keys(first)[0]), 0.0)
    assert messages(second) == [Start()]
    assert actuator.limit == 16
    assert actuator.receive(Sent(keys(second)[0]), 0.0) == [Carried("tag")]


def test_a_start_that_was_not_carried_leaves_a_stop_to_be_sent() -> None:
    actuator = up()
    (key,) = keys(actuator.order("tag", Start()))
    assert actuator.receive(NotSent(key, WHY), 1.0) == [NotCarried("tag", WHY)]
    assert actuator.stop_owed
    assert not actuator.running
    assert actuator.wake_at == 1.0 + RETRY
    assert messages(actuator.tick(1.5)) == [Stop()]


def test_when_the_limit_of_a_start_is_not_carried_the_start_is_not_sent() -> None:
    actuator = limited(10)
    (key,) = keys(actuator.order("tag", SetLimit(16), Start()))
    assert actuator.receive(NotSent(key, WHY), 1.0) == [NotCarried("tag", WHY)]
    assert not actuator.running
    assert not actuator.stop_owed
    assert messages(actuator.tick(1.5)) == [SetLimit(10)]


def test_a_stop_keeps_the_start_that_waits_behind_its_limit_from_being_sent() -> None:
    actuator = up()
    (limit,) = keys(actuator.order("start", SetLimit(16), Start()))
    (stop,) = keys(actuator.stop("stop"))
    assert actuator.receive(Sent(limit), 0.0) == [
        NotCarried("start", "a Stop came before its Start")
    ]
    assert actuator.receive(Sent(stop), 0.0) == [Carried("stop"), Stopped()]
    assert not actuator.stop_owed


def test_a_stop_is_owed_until_the_bus_carried_it() -> None:
    actuator = started()
    (key,) = keys(actuator.stop())
    assert actuator.stop_owed
    assert actuator.receive(Sent(key), 0.0) == [Stopped()]
    assert not actuator.stop_owed


def test_a_stop_is_sent_again_each_half_second_until_it_is_carried() -> None:
    actuator, now = started(), 0.0
    (key,) = keys(actuator.stop("tag"))
    assert not actuator.running
    assert actuator.receive(NotSent(key, WHY), now) == [NotCarried("tag", WHY)]
    for _ in range(5):
        now += 0.5
        assert actuator.wake_at == pytest.approx(now)
        (key,) = keys(actuator.tick(now))
        assert actuator.receive(NotSent(key, WHY), now + 0.1) == []
    (key,) = keys(actuator.tick(actuator.wake_at))
    assert actuator.receive(Sent(key), now) == [Stopped()]
    assert actuator.tick(actuator.wake_at) == []
    assert actuator.wake_at == math.inf


def test_a_late_start_that_was_refused_is_stopped_at_once() -> None:
    actuator = up()
    (start,) = keys(actuator.order("tag", Start()))
    actuator.receive(NotSent(start, WHY), 1.0)
    (stop,) = keys(actuator.tick(1.5))
    actuator.receive(NotSent(stop, WHY), 1.6)
    assert messages(actuator.receive(Late(start), 1.7)) == [Stop()]
    assert actuator.stop_owed


def test_a_late_stop_pays_the_debt() -> None:
    actuator = started()
    (key,) = keys(actuator.stop())
    actuator.receive(NotSent(key, WHY), 1.0)
    assert actuator.receive(Late(key), 1.2) == [Stopped()]
    assert not actuator.stop_owed


def test_a_stop_from_before_a_start_does_not_pay_for_that_start() -> None:
    actuator = up()
    (one,) = keys(actuator.stop())
    (two,) = keys(actuator.stop())
    actuator.receive(Sent(one), 0.0)
    (start,) = keys(actuator.order("tag", Start()))
    actuator.receive(NotSent(two, WHY), 0.1)
    assert not actuator.stop_owed  # the one before it was carried
    actuator.receive(NotSent(start, WHY), 0.1)
    assert actuator.receive(Late(two), 0.2) == []
    assert actuator.stop_owed


def test_a_limit_that_was_not_carried_brings_back_the_one_in_force() -> None:
    actuator = limited(10)
    (key,) = keys(actuator.order("tag", SetLimit(16)))
    assert actuator.receive(NotSent(key, WHY), 1.0) == [NotCarried("tag", WHY)]
    (key,) = keys(results := actuator.tick(1.5))
    assert messages(results) == [SetLimit(10)]
    actuator.receive(Sent(key), 1.5)
    assert actuator.tick(2.0) == []


def test_a_late_limit_that_was_refused_brings_back_the_one_in_force_at_once() -> None:
    actuator = limited(10)
    (key,) = keys(actuator.order("tag", SetLimit(16)))
    actuator.receive(NotSent(key, WHY), 1.0)
    assert messages(actuator.receive(Late(key), 1.1)) == [SetLimit(10)]


def test_the_limit_in_force_does_not_overtake_a_newer_one_in_flight() -> None:
    actuator = limited(10)
    (old,) = keys(actuator.order("old", SetLimit(16)))
    actuator.receive(NotSent(old, WHY), 1.0)
    (new,) = keys(actuator.order("new", SetLimit(20)))
    assert actuator.receive(Late(old), 1.1) == []
    assert actuator.tick(1.5) == []
    assert actuator.receive(Sent(new), 1.5) == [Carried("new")]
    assert actuator.limit == 20
    assert actuator.wake_at == math.inf


def test_of_two_limits_the_one_that_was_sent_later_is_in_force() -> None:
    actuator = up()
    (one,) = keys(actuator.order("one", SetLimit(6)))
    (two,) = keys(actuator.order("two", SetLimit(10)))
    actuator.receive(Sent(two), 0.0)
    actuator.receive(Sent(one), 0.0)
    assert actuator.limit == 10


def test_a_start_that_is_seen_after_its_stop_is_stopped_again() -> None:
    actuator = up()
    (start,) = keys(actuator.order("start", Start()))
    (stop,) = keys(actuator.stop("stop"))
    assert actuator.receive(Sent(stop), 0.0) == [Carried("stop"), Stopped()]
    results = actuator.receive(Sent(start), 0.0)
    assert messages(results) == [Stop()]
    assert Carried("start") in results
    assert actuator.stop_owed


def test_a_link_that_comes_back_gets_the_limit_again() -> None:
    actuator = limited(10)
    actuator.receive(LinkDown("can0 is down"), 1.0)
    assert messages(actuator.receive(LinkUp(), 2.0)) == [SetLimit(10)]


def test_nothing_is_sent_again_while_the_link_is_down() -> None:
    actuator = started()
    (key,) = keys(actuator.stop("tag"))
    actuator.receive(NotSent(key, "can0 went down"), 1.0)
    actuator.receive(LinkDown("can0 is down"), 1.0)
    assert actuator.wake_at == math.inf
    assert messages(actuator.receive(LinkUp(), 9.0)) == [Stop()]


def test_a_stop_on_a_link_that_is_down_waits_for_the_link() -> None:
    actuator = up()
    actuator.receive(LinkDown("can0 is down"), 0.0)
    (key,) = keys(actuator.stop())
    actuator.receive(NotSent(key, "can0 is down"), 1.0)
    assert actuator.tick(1.0 + RETRY) == []


def test_a_start_that_is_seen_while_its_stop_is_on_its_way_is_not_stopped_twice() -> None:
    actuator = up()
    (start,) = keys(actuator.order("start", Start()))
    actuator.stop()
    assert messages(actuator.receive(Sent(start), 0.0)) == []


# the limit in force


def test_a_limit_in_force_is_told_once_and_again_until_it_is_carried() -> None:
    actuator = limited(10)
    assert actuator.restore(10) == []
    (key,) = keys(results := actuator.restore(16))
    assert messages(results) == [SetLimit(16)]
    assert actuator.limit_owed
    assert actuator.restore(16) == []
    actuator.receive(NotSent(key, WHY), 1.0)
    assert actuator.restore(16) == []
    (key,) = keys(actuator.tick(1.5))
    assert actuator.limit_owed
    assert actuator.receive(Sent(key), 1.5) == []
    assert not actuator.limit_owed
    assert actuator.limit == 16
    assert actuator.tick(2.0) == []


def test_a_limit_in_force_waits_for_the_one_in_flight() -> None:
    """It may be the limit of a profile that is about to be accepted."""
    actuator = limited(10)
    (key,) = keys(actuator.order("tag", SetLimit(20)))
    assert actuator.restore(16) == []
    assert actuator.limit_owed
    actuator.receive(Sent(key), 0.0)
    assert actuator.limit == 20
    assert messages(actuator.restore(16)) == [SetLimit(16)]


def test_a_limit_in_force_brings_no_second_stop_along() -> None:
    actuator = started()
    assert messages(actuator.stop()) == [Stop()]
    assert messages(actuator.restore(16)) == [SetLimit(16)]


def test_on_a_link_that_is_down_a_limit_in_force_is_owed() -> None:
    actuator = limited(10)
    actuator.receive(LinkDown("can0 is down"), 1.0)
    assert actuator.restore(16) == []
    assert actuator.limit_owed
    assert messages(actuator.receive(LinkUp(), 2.0)) == [SetLimit(16)]


def test_a_charger_that_may_have_forgotten_its_limit_is_told_again() -> None:
    assert messages(limited(10).repeat_limit()) == [SetLimit(10)]
    assert up().repeat_limit() == []


def test_a_stop_in_doubt_does_not_disturb_a_charge_that_goes_on() -> None:
    actuator = started()
    actuator.receive(LinkDown("can0 is down"), 1.0)
    assert actuator.receive(LinkUp(), 2.0) == []
    assert actuator.running
