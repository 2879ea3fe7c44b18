"""The chargers of a charge point before its state is read."""

import pytest

from rig.bus.logic.link import LinkDown, LinkUp, NotSent, Sent
from rig.bus.logic.messages import Current, Stop
from rig.cp.logic.events import At, Send
from rig.cp.logic.first_stop import FirstStop
from tests.cp.logic.world import codec
from tests.role.logic.looks import ticks


def test_each_charger_is_told_to_stop_as_soon_as_its_bus_works() -> None:
    first = FirstStop(2, codec(), None)
    assert first.tick(0.0) == []
    assert list(first.receive(At(2, LinkUp()), 0.0)) == [Send(2, 1, Stop())]
    assert list(first.receive(At(1, LinkUp()), 0.0)) == [Send(1, 1, Stop())]


def test_it_is_stopped_when_each_bus_carried_its_stop() -> None:
    first = FirstStop(2, codec(), None)
    for number in (1, 2):
        list(first.receive(At(number, LinkUp()), 0.0))
    list(first.receive(At(1, Sent(1)), 0.0))
    assert not first.is_stopped
    list(first.receive(At(2, Sent(1)), 0.0))
    assert first.is_stopped


def test_a_stop_that_was_not_seen_is_sent_again_half_a_second_later() -> None:
    first = FirstStop(1, codec(), None)
    list(first.receive(At(1, LinkUp()), 0.0))
    list(first.receive(At(1, NotSent(1, "no echo")), 0.1))
    assert first.wake_at == pytest.approx(0.5)
    assert first.tick(0.4) == []
    assert first.tick(0.5) == [Send(1, 2, Stop())]


def test_a_bus_that_went_down_is_not_up() -> None:
    first = FirstStop(1, codec(), None)
    list(first.receive(At(1, LinkUp()), 0.0))
    assert list(first.receive(At(1, LinkDown("gone")), 0.0)) == []
    assert not first.chargers[1].is_up


def test_a_current_tells_it_nothing() -> None:
    assert list(FirstStop(1, codec(), None).receive(At(1, Current(16)), 0.0)) == []


def test_that_a_charger_is_silent_is_told_once_there_is_somebody_to_tell() -> None:
    first = FirstStop(1, codec(), None)
    list(first.receive(At(1, LinkUp()), 0.0))
    list(first.receive(At(1, Sent(1)), 0.0))
    assert ticks(first, 3.0) == []
