"""The life of a charge point: what was kept of the last one, and its end."""

from typing import Any

from rig.bus.logic.link import LinkUp, Sent
from rig.bus.logic.messages import Stop
from rig.cp.logic.charge_point import ChargePoint
from rig.cp.logic.events import At, Send, Shutdown, Unplugged
from rig.cp.logic.kept import Keep
from rig.cp.logic.saved import CONFIGURATION, LIVED, QUEUE, RUNNING, QueuedRequest, Saved, read
from rig.cp.logic.settings import Settings
from tests.cp.logic.rigged import shared
from tests.cp.logic.world import IDENTITY, NOON, World, codec, flat, shown


def point(connectors: int = 2, **saved: Any) -> ChargePoint:
    settings = Settings(IDENTITY, connectors=connectors)
    return ChargePoint(settings, codec(), lambda now: NOON + now, 0.0, read(saved, codec()))


def messages(outputs: list[Any], connector: int) -> list[Any]:
    """What is sent to one connector."""
    sent = [item for item in outputs if isinstance(item, Send)]
    return [item.message for item in sent if item.connector == connector]


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
    one = point()
    outputs = flat(one.receive(Shutdown(), 0.0))
    assert messages(outputs, 1) == messages(outputs, 2) == [Stop()]


def test_a_transaction_of_the_life_before_is_ended_also_where_its_connector_is_gone() -> None:
    left = {"number": 3, "id_tag": "RIG", "parent": None, "started": NOON, "meter_start": 5}
    running = {"2": {"transaction": left, "ending": None, "data": None}}
    one = point(1, running=running, meter={"2": 17.9})
    outputs = flat(one.tick(0.0))
    assert Keep(RUNNING, 2, None) in outputs
    (queued,) = [item.value for item in outputs if isinstance(item, Keep) and item.section is QUEUE]
    assert isinstance(queued, QueuedRequest)
    assert (queued.request.meter_stop, queued.request.reason) == (17, "PowerLoss")
    assert Keep(LIVED, "once", True) in outputs
    assert flat(one.tick(1.0)) == []


def test_a_charger_that_was_told_to_stop_before_is_not_told_again() -> None:
    one = point(1)
    flat(one.tick(0.0))
    (stop,) = [item for item in flat(one.receive(At(1, LinkUp()), 0.0)) if isinstance(item, Send)]
    list(one.receive(At(1, Sent(stop.key)), 0.0))
    settings = Settings(IDENTITY, connectors=1)
    chargers = {1: one.connectors[1].charger}
    wall, saved = one._shared.wall, Saved()
    next_one = ChargePoint(settings, codec(), wall, 0.0, saved, chargers)
    assert next_one.is_stopped


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
