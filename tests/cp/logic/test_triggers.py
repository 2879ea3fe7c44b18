"""TriggerMessage (OCPP 1.6 edition 2, 5.17): first the answer, then what was asked for."""

from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import MessageTrigger as Trigger

from rig.bus.logic.messages import Current
from rig.ocppj.logic.exchange import Answer, Ask, Asked
from tests.cp.logic.world import World, boot_conf, flat, names, trigger

NOT_HERE = [Trigger.diagnostics_status_notification, Trigger.firmware_status_notification]


def quiet(connectors: int = 2) -> World:
    """Registered, with nothing outstanding, and a charger at each connector that reports."""
    world = World(connectors=connectors, MeterValuesEveryCurrent="false").registered()
    for number in range(1, connectors + 1):
        world.feed(Current(5), number)
    world.asked.clear()
    return world


def outputs(world: World, request: call.TriggerMessage) -> list[Any]:
    return flat(world.point.receive(Asked("t", request), world.now))


def test_the_answer_comes_before_the_message() -> None:
    answer, ask = outputs(quiet(), trigger(Trigger.heartbeat))
    assert isinstance(answer, Answer)
    assert str(answer.response.status) == "Accepted"
    assert ask == Ask(call.Heartbeat())


@pytest.mark.parametrize(
    ("connector", "connectors"), [(None, [0, 1, 2]), (0, [0]), (1, [1]), (2, [2]), (3, [])]
)
def test_the_status_of_one_or_of_all(connector: int | None, connectors: list[int]) -> None:
    world = quiet()
    status = "Accepted" if connectors else "Rejected"
    assert world.status(trigger(Trigger.status_notification, connector)) == status
    assert [one.connector_id for one in world.answer_all()] == connectors


@pytest.mark.parametrize(
    ("connector", "connectors"), [(None, [1, 2]), (0, [1, 2]), (1, [1]), (2, [2]), (3, [])]
)
def test_the_meter_values_of_one_or_of_all(connector: int | None, connectors: list[int]) -> None:
    """The charge point as a whole has no meter of its own."""
    world = quiet()
    status = "Accepted" if connectors else "Rejected"
    assert world.status(trigger(Trigger.meter_values, connector)) == status
    told = world.answer_all()
    assert [one.connector_id for one in told] == connectors
    contexts = {one.meter_value[0].sampled_value[0].context for one in told}
    assert contexts <= {"Trigger"}


def test_where_one_charger_is_not_known_the_others_are_told() -> None:
    world = World(connectors=2, MeterValuesEveryCurrent="false").registered()
    world.feed(Current(5), 2)
    assert world.status(trigger(Trigger.meter_values)) == "Accepted"
    assert [one.connector_id for one in world.answer_all()] == [2]


@pytest.mark.parametrize("message", NOT_HERE)
def test_what_is_not_here_is_not_implemented(message: Trigger) -> None:
    world = quiet()
    assert world.status(trigger(message)) == "NotImplemented"
    assert world.outstanding is None


def test_while_the_boot_is_pending_only_what_is_triggered_is_told() -> None:
    """4.2."""
    world = World()
    world.link_up()
    world.connect()
    world.answer(boot_conf("Pending", 60))
    assert world.status(trigger(Trigger.status_notification, 1)) == "Accepted"
    assert world.status(trigger(Trigger.heartbeat)) == "Accepted"
    assert names(world.answer_all()) == ["StatusNotification", "Heartbeat"]


def test_a_boot_that_is_triggered_goes_before_all_that_waits() -> None:
    world = quiet()
    world.ask(trigger(Trigger.heartbeat))
    world.ask(trigger(Trigger.status_notification))
    world.ask(trigger(Trigger.boot_notification))
    world.answer()
    assert names([world.outstanding]) == ["BootNotification"]
