"""What a charger was told and must still be told, fed by hand; test_charger_on_bus.py has a bus."""

import math

import pytest

from rig.bus.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.bus.logic.messages import SetLimit, Start, Stop
from rig.cp.logic.charger import RETRY
from tests.cp.logic.ordered import Carried, NotCarried, Ordered, keys, messages

WHY = "no echo within 100 ms"


def up() -> Ordered:
    """One that paid the Stop that it begins with, on a link that is up."""
    charger = Ordered()
    (key,) = keys(charger.receive(LinkUp(), 0.0))
    assert charger.receive(Sent(key), 0.0) == []
    assert charger.tick(RETRY) == []
    return charger


def limited(limit: float) -> Ordered:
    """One whose limit the bus carried."""
    charger = up()
    (key,) = keys(charger.order_limit("limit", limit))
    assert charger.receive(Sent(key), 0.0) == [Carried("limit")]
    return charger


def started() -> Ordered:
    charger = up()
    (key,) = keys(charger.order_start("start"))
    assert charger.receive(Sent(key), 0.0) == [Carried("start")]
    return charger


def test_it_begins_in_debt_of_a_stop_and_pays_when_the_link_comes_up() -> None:
    charger = Ordered()
    assert charger.stop_owed
    assert charger.wake_at == math.inf
    assert messages(charger.receive(LinkUp(), 0.0)) == [Stop()]


def test_an_order_is_carried_when_its_echo_came() -> None:
    charger = up()
    results = charger.order_start("tag")
    assert messages(results) == [Start()]
    assert charger.receive(Sent(keys(results)[0]), 0.0) == [Carried("tag")]
    assert charger.running
    assert not charger.stop_owed


def test_the_messages_of_an_order_are_sent_one_after_the_other() -> None:
    charger = up()
    first = charger.order_start("tag", 16)
    assert messages(first) == [SetLimit(16)]
    second = charger.receive(Sent(keys(first)[0]), 0.0)
    assert messages(second) == [Start()]
    assert charger.limit == 16
    assert charger.receive(Sent(keys(second)[0]), 0.0) == [Carried("tag")]


def test_a_start_that_was_not_carried_leaves_a_stop_to_be_sent() -> None:
    charger = up()
    (key,) = keys(charger.order_start("tag"))
    assert charger.receive(NotSent(key, WHY), 1.0) == [NotCarried("tag", WHY)]
    assert charger.stop_owed
    assert not charger.running
    assert charger.wake_at == 1.0 + RETRY
    assert messages(charger.tick(1.5)) == [Stop()]


def test_when_the_limit_of_a_start_is_not_carried_the_start_is_not_sent() -> None:
    charger = limited(10)
    (key,) = keys(charger.order_start("tag", 16))
    assert charger.receive(NotSent(key, WHY), 1.0) == [NotCarried("tag", WHY)]
    assert not charger.running
    assert not charger.stop_owed
    assert messages(charger.tick(1.5)) == [SetLimit(10)]


def test_a_stop_keeps_the_start_that_waits_behind_its_limit_from_being_sent() -> None:
    charger = up()
    (limit,) = keys(charger.order_start("start", 16))
    (stop,) = keys(charger.order_stop("stop"))
    assert charger.receive(Sent(limit), 0.0) == [
        NotCarried("start", "a Stop came before its Start")
    ]
    assert charger.receive(Sent(stop), 0.0) == [Carried("stop")]
    assert not charger.stop_owed


def test_a_stop_is_owed_until_the_bus_carried_it() -> None:
    charger = started()
    (key,) = keys(charger.order_stop())
    assert charger.stop_owed
    assert charger.receive(Sent(key), 0.0) == []
    assert not charger.stop_owed


def test_a_stop_is_sent_again_each_half_second_until_it_is_carried() -> None:
    charger, now = started(), 0.0
    (key,) = keys(charger.order_stop("tag"))
    assert not charger.running
    assert charger.receive(NotSent(key, WHY), now) == [NotCarried("tag", WHY)]
    for _ in range(5):
        now += 0.5
        assert charger.wake_at == pytest.approx(now)
        (key,) = keys(charger.tick(now))
        assert charger.receive(NotSent(key, WHY), now + 0.1) == []
    (key,) = keys(charger.tick(charger.wake_at))
    assert charger.receive(Sent(key), now) == []
    assert charger.tick(charger.wake_at) == []
    assert charger.wake_at == math.inf


def test_a_late_start_that_was_refused_is_stopped_at_once() -> None:
    charger = up()
    (start,) = keys(charger.order_start("tag"))
    charger.receive(NotSent(start, WHY), 1.0)
    (stop,) = keys(charger.tick(1.5))
    charger.receive(NotSent(stop, WHY), 1.6)
    assert messages(charger.receive(Late(start), 1.7)) == [Stop()]
    assert charger.stop_owed


def test_a_late_stop_pays_the_debt() -> None:
    charger = started()
    (key,) = keys(charger.order_stop())
    charger.receive(NotSent(key, WHY), 1.0)
    assert charger.receive(Late(key), 1.2) == []
    assert not charger.stop_owed


def test_a_stop_from_before_a_start_does_not_pay_for_that_start() -> None:
    charger = up()
    (one,) = keys(charger.order_stop())
    (two,) = keys(charger.order_stop())
    charger.receive(Sent(one), 0.0)
    (start,) = keys(charger.order_start("tag"))
    charger.receive(NotSent(two, WHY), 0.1)
    assert not charger.stop_owed  # the one before it was carried
    charger.receive(NotSent(start, WHY), 0.1)
    assert charger.receive(Late(two), 0.2) == []
    assert charger.stop_owed


def test_a_limit_that_was_not_carried_brings_back_the_one_in_force() -> None:
    charger = limited(10)
    (key,) = keys(charger.order_limit("tag", 16))
    assert charger.receive(NotSent(key, WHY), 1.0) == [NotCarried("tag", WHY)]
    (key,) = keys(results := charger.tick(1.5))
    assert messages(results) == [SetLimit(10)]
    charger.receive(Sent(key), 1.5)
    assert charger.tick(2.0) == []


def test_a_late_limit_that_was_refused_brings_back_the_one_in_force_at_once() -> None:
    charger = limited(10)
    (key,) = keys(charger.order_limit("tag", 16))
    charger.receive(NotSent(key, WHY), 1.0)
    assert messages(charger.receive(Late(key), 1.1)) == [SetLimit(10)]


def test_the_limit_in_force_does_not_overtake_a_newer_one_in_flight() -> None:
    charger = limited(10)
    (old,) = keys(charger.order_limit("old", 16))
    charger.receive(NotSent(old, WHY), 1.0)
    (new,) = keys(charger.order_limit("new", 20))
    assert charger.receive(Late(old), 1.1) == []
    assert charger.tick(1.5) == []
    assert charger.receive(Sent(new), 1.5) == [Carried("new")]
    assert charger.limit == 20
    assert charger.wake_at == math.inf


def test_of_two_limits_the_one_that_was_sent_later_is_in_force() -> None:
    charger = up()
    (one,) = keys(charger.order_limit("one", 6))
    (two,) = keys(charger.order_limit("two", 10))
    charger.receive(Sent(two), 0.0)
    charger.receive(Sent(one), 0.0)
    assert charger.limit == 10


def test_a_start_that_is_seen_after_its_stop_is_stopped_again() -> None:
    charger = up()
    (start,) = keys(charger.order_start("start"))
    (stop,) = keys(charger.order_stop("stop"))
    assert charger.receive(Sent(stop), 0.0) == [Carried("stop")]
    results = charger.receive(Sent(start), 0.0)
    assert messages(results) == [Stop()]
    assert Carried("start") in results
    assert charger.stop_owed


def test_a_link_that_comes_back_gets_the_limit_again() -> None:
    charger = limited(10)
    charger.receive(LinkDown("can0 is down"), 1.0)
    assert messages(charger.receive(LinkUp(), 2.0)) == [SetLimit(10)]


def test_nothing_is_sent_again_while_the_link_is_down() -> None:
    charger = started()
    (key,) = keys(charger.order_stop("tag"))
    charger.receive(NotSent(key, "can0 went down"), 1.0)
    charger.receive(LinkDown("can0 is down"), 1.0)
    assert charger.wake_at == math.inf
    assert messages(charger.receive(LinkUp(), 9.0)) == [Stop(), SetLimit(32)]


def test_a_stop_on_a_link_that_is_down_waits_for_the_link() -> None:
    charger = up()
    charger.receive(LinkDown("can0 is down"), 0.0)
    (key,) = keys(charger.order_stop())
    charger.receive(NotSent(key, "can0 is down"), 1.0)
    assert charger.tick(1.0 + RETRY) == []


def test_a_start_that_is_seen_while_its_stop_is_on_its_way_is_not_stopped_twice() -> None:
    charger = up()
    (start,) = keys(charger.order_start("start"))
    charger.order_stop()
    assert messages(charger.receive(Sent(start), 0.0)) == []


# the limit in force


def test_a_limit_in_force_is_told_once_and_again_until_it_is_carried() -> None:
    charger = limited(10)
    assert charger.hold(10) == []
    (key,) = keys(results := charger.hold(16))
    assert messages(results) == [SetLimit(16)]
    assert not charger.keeps(99)
    assert charger.hold(16) == []
    charger.receive(NotSent(key, WHY), 1.0)
    assert charger.hold(16) == []
    (key,) = keys(charger.tick(1.5))
    assert not charger.keeps(99)
    assert charger.receive(Sent(key), 1.5) == []
    assert charger.keeps(99)
    assert charger.limit == 16
    assert charger.tick(2.0) == []


def test_a_limit_in_force_waits_for_the_one_in_flight() -> None:
    """It may be the limit of a profile that is about to be accepted."""
    charger = limited(10)
    (key,) = keys(charger.order_limit("tag", 20))
    assert charger.hold(16) == []
    assert not charger.keeps(99)
    charger.receive(Sent(key), 0.0)
    assert charger.limit == 20
    assert messages(charger.hold(16)) == [SetLimit(16)]


def test_a_limit_in_force_brings_no_second_stop_along() -> None:
    charger = started()
    assert messages(charger.order_stop()) == [Stop()]
    assert messages(charger.hold(16)) == [SetLimit(16)]


def test_on_a_link_that_is_down_a_limit_in_force_is_owed() -> None:
    charger = limited(10)
    charger.receive(LinkDown("can0 is down"), 1.0)
    assert charger.hold(16) == []
    assert not charger.keeps(99)
    assert messages(charger.receive(LinkUp(), 2.0)) == [SetLimit(16)]


def test_a_stop_in_doubt_does_not_disturb_a_charge_that_goes_on() -> None:
    charger = started()
    charger.receive(LinkDown("can0 is down"), 1.0)
    assert messages(charger.receive(LinkUp(), 2.0)) == [SetLimit(32)]
    assert charger.running
