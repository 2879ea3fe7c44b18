"""The life of a charge point: its first Stop, what was kept of the last one, and its end."""

from typing import Any

import pytest

from rig.bus.logic.link import LinkDown, LinkUp, NotSent, Sent
from rig.bus.logic.messages import Current, Stop
from rig.cp.logic.charge_point import ChargePoint
from rig.cp.logic.events import At, Send, Shutdown, Unplugged
from rig.cp.logic.first_stop import FirstStop
from rig.cp.logic.kept import Keep
from rig.cp.logic.saved import CONFIGURATION, QUEUE, RUNNING, QueuedRequest, Saved, read
from rig.cp.logic.shared import Settings
from tests.cp.logic.rigged import shared
from tests.cp.logic.said import shown
from tests.cp.logic.world import IDENTITY, NOON, World, codec, flat
from tests.role.logic.looks import ticks

# before its state is read


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


# what was kept, and its end


def point(connectors: int = 2, **saved: Any) -> ChargePoint:
    settings = Settings(IDENTITY, connectors=connectors)
    return ChargePoint(settings, codec(), lambda now: NOON + now, 0.0, read(saved, codec()))


def test_connectors_are_numbered_from_1_and_0_is_the_charge_point() -> None:
    one = point(3)
    assert list(one.connectors) == [1, 2, 3]
    assert one.condition(0).status == "Available"
    assert one.condition(1).status == "Faulted"  # its link is not up yet


def test_only_what_changed_of_the_configuration_is_kept() -> None:
    of_all = shared(None, HeartbeatInterval="17")
    before = of_all.configuration.changed
    of_all.configuration.change("ConnectionTimeOut", "5")
    of_all.configuration.change("HeartbeatInterval", "17")
    assert of_all.keep_configuration(before) == [Keep(CONFIGURATION, "ConnectionTimeOut", "5")]


def test_all_chargers_are_stopped_at_its_end() -> None:
    sent = [item for item in flat(point(2).receive(Shutdown(), 0.0)) if isinstance(item, Send)]
    assert [(item.connector, item.message) for item in sent] == [(1, Stop()), (2, Stop())]


def test_a_transaction_of_the_life_before_is_ended_also_where_its_connector_is_gone() -> None:
    left = {"number": 3, "id_tag": "RIG", "parent": None, "started": NOON, "meter_start": 5}
    running = {"2": {"transaction": left, "ending": None, "data": None}}
    one = point(1, running=running, meter={"2": 17.9})
    outputs = flat(one.tick(0.0))
    assert Keep(RUNNING, 2, None) in outputs
    (queued,) = [item.value for item in outputs if isinstance(item, Keep) and item.section is QUEUE]
    assert isinstance(queued, QueuedRequest)
    assert (queued.request.meter_stop, queued.request.reason) == (17, "PowerLoss")
    assert flat(one.tick(1.0)) == []


def test_a_charger_that_was_told_to_stop_before_is_not_told_again() -> None:
    one = point(1)
    flat(one.tick(0.0))
    (stop,) = [item for item in flat(one.receive(At(1, LinkUp()), 0.0)) if isinstance(item, Send)]
    list(one.receive(At(1, Sent(stop.key)), 0.0))
    chargers = {1: one.connectors[1].charger}
    settings = Settings(IDENTITY, connectors=1)
    assert ChargePoint(settings, codec(), lambda now: now, 0.0, Saved(), chargers).is_stopped


def test_after_a_power_loss_that_ended_a_transaction_a_car_that_is_there_is_finishing() -> None:
    """4.9: Preparing would offer its driver another transaction."""
    world = World().charging()
    world.die()
    world.registered()
    assert shown(world.asked)[-1] == "Finishing"
    world.feed(Unplugged())
    world.echo_all()
    world.answer_all()
    assert shown(world.asked)[-1] == "Available"


def test_after_a_power_loss_without_one_it_is_preparing() -> None:
    world = World().registered()
    world.die()
    world.registered()
    assert shown(world.asked)[-1] == "Preparing"
