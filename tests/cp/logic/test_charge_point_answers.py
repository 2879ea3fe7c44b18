"""What the central system answers too late, wrongly or not at all, and what follows in time."""

import math

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import MessageTrigger

from rig.bus.logic.messages import Current, Stop
from rig.cp.logic.charge_point import ChargePoint
from rig.cp.logic.events import Unplugged
from rig.cp.logic.saved import Saved
from rig.ocppj.logic.exchange import Answered
from tests.cp.logic.world import (
    NOON,
    World,
    boot_conf,
    codec,
    flat,
    names,
    remote_start,
    shown,
    start_conf,
    trigger,
)


def test_a_new_life_has_something_to_do_at_once() -> None:
    point = ChargePoint(World().settings, codec(), lambda now: NOON + now, 0.0, Saved())
    assert point.wake_at == -math.inf


def test_it_begins_but_once() -> None:
    assert flat(World().point.tick(0.0)) == []


def test_a_boot_that_fails_is_tried_again_after_10_s() -> None:
    world = World()
    world.link_up()
    world.connect()
    world.fail()
    assert world.notes == ["BootNotification failed: no answer within 30 s"]
    world.advance(9.5)
    assert world.outstanding is None
    world.advance(0.5)
    assert names([world.outstanding]) == ["BootNotification"]


def test_another_failure_does_not_bring_the_next_boot_forward() -> None:
    """4.2: not before the interval that the central system gave."""
    world = World()
    world.link_up()
    world.connect()
    world.answer(boot_conf("Pending", 60))
    world.ask(trigger(MessageTrigger.heartbeat))
    assert names([world.outstanding]) == ["Heartbeat"]
    world.fail()
    world.advance(59.5)
    assert world.outstanding is None
    world.advance(0.5)
    assert names([world.outstanding]) == ["BootNotification"]


def test_a_status_that_lasted_is_told_though_another_one_begins_at_that_moment() -> None:
    """9.1.20; the charger is silent 2.5 s after its last Current."""
    world = World(MinimumStatusDuration="2").registered()
    world.feed(Current(0))
    world.advance(0.5)
    world.feed(Unplugged())
    world.echo_all()
    world.answer_all()
    world.advance(2.0)
    assert [(str(one.status), one.info) for one in world.answer_all()] == [("Available", None)]
    world.advance(2.0)
    silent = "no Current from the charger"
    assert [(str(one.status), one.info) for one in world.answer_all()] == [("Available", silent)]


def test_an_answer_to_what_was_cut_off_names_no_transaction() -> None:
    world = World().registered()
    world.ask(remote_start())
    world.echo_all()
    cut_off = world.outstanding
    world.disconnect()
    world.feed(Answered(cut_off, start_conf(9, "Accepted")))
    world.connect()
    assert world.disk.get("names", {}) == {}
    world.answer_all()
    assert list(world.disk["names"].values()) == [4]


def test_values_that_newer_ones_replaced_are_counted() -> None:
    world = World().charging()
    for current in (1, 2, 3, 4):  # of which 1 is on its way, and 4 the newest
        world.feed(Current(current))
    assert world.point.left_out == 2


@pytest.mark.parametrize("connectors", [1, 2])
def test_a_transaction_that_its_car_ended_is_finishing_and_then_over(connectors: int) -> None:
    """4.9: C4 until the bus carried its Stop, D6 and F1."""
    world = World(connectors=connectors).charging()
    world.feed(Unplugged())
    world.echo_all()
    world.advance(0.25)  # the central system takes its time
    asked = world.answer_all()
    assert shown(asked) == ["SuspendedEV", "Finishing", "Available"]
    statuses = [one for one in asked if isinstance(one, call.StatusNotification)]
    assert {one.timestamp for one in statuses} == {"2026-01-31T12:00:00.000Z"}


def test_each_transaction_has_the_id_that_its_own_start_was_given() -> None:
    world = World(connectors=2).registered()
    for number in (1, 2):
        world.status(remote_start(connector_id=number))
    ids = iter((4, 5))
    while world.outstanding is not None:
        is_start = isinstance(world.outstanding, call.StartTransaction)
        world.answer(start_conf(next(ids), "Accepted") if is_start else None)
    world.carried.clear()
    assert world.status(call.RemoteStopTransaction(4)) == "Accepted"
    assert [(number, message) for _, number, message in world.carried] == [(1, Stop())]
