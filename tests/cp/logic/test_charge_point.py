"""The charge point between the bus and the central system, which is late, wrong or gone.

Any order of events is in `test_charge_point_anything.py`, the clauses are in `tests/conformance`.
"""

import math
from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import MessageTrigger

from rig.bus.logic.messages import Current, SetLimit, Start, Stop
from rig.cp.logic.charge_point import ChargePoint
from rig.cp.logic.events import CarEvent, Event, Shutdown, Unplugged
from rig.cp.logic.saved import Saved
from rig.ocppj.logic.exchange import Answered
from tests.cp.logic.said import boot_conf, names, profile, remote_start, shown, start_conf, trigger
from tests.cp.logic.world import NOON, World, codec, flat

# registration (4.2)


def test_a_boot_cut_off_again_and_again_is_sent_once_on_each_connection() -> None:
    world = World()
    world.link_up()
    for _ in range(3):
        world.connect()
        assert names([world.outstanding]) == ["BootNotification"]
        world.disconnect()
    world.connect()
    assert names(world.answer_all()).count("BootNotification") == 1


# a session


def test_a_session_is_told_in_order_with_its_transaction_id() -> None:
    world = World().registered()
    world.asked.clear()
    assert world.status(remote_start(connector_id=1)) == "Accepted"
    world.answer_all()
    world.feed(Current(20))
    world.answer_all()
    assert world.status(call.RemoteStopTransaction(transaction_id=4)) == "Accepted"
    world.answer_all()
    assert names(world.asked) == [
        "StartTransaction",
        "StatusNotification",
        "MeterValues",
        "StopTransaction",
        "StatusNotification",
    ]
    assert shown(world.asked) == ["Charging", "Finishing"]
    assert world.asked[2].transaction_id == 4
    assert (world.asked[3].transaction_id, world.asked[3].reason) == (4, "Remote")
    assert world.on_bus == [Stop(), SetLimit(32), Start(), Stop()]


def test_a_transaction_that_ended_before_it_was_named_is_stopped_by_its_name() -> None:
    world = World().registered()
    world.status(remote_start())
    assert names([world.outstanding]) == ["StartTransaction"]
    world.feed(Unplugged())
    world.echo_all()
    requests = world.answer_all()
    (stopped,) = [item for item in requests if isinstance(item, call.StopTransaction)]
    assert stopped.transaction_id == 4


@pytest.mark.parametrize("number", [0, -1, -2])
def test_a_transaction_is_stopped_by_its_id_whatever_number_that_is(number: int) -> None:
    world = World().registered()
    world.ask(remote_start())
    world.echo_all()
    world.answer(start_conf(number, "Accepted"))
    world.answer_all()
    assert world.status(call.RemoteStopTransaction(transaction_id=number)) == "Accepted"
    world.disconnect()
    world.connect()
    (stopped,) = [item for item in world.answer_all() if isinstance(item, call.StopTransaction)]
    assert stopped.transaction_id == number


def test_a_transaction_that_the_csms_never_named_can_be_stopped_all_the_same() -> None:
    """In doubt, Stop: its StartTransaction was given up."""
    world = World(TransactionMessageAttempts="1").registered()
    world.status(remote_start())
    assert names([world.outstanding]) == ["StartTransaction"]
    world.fail()
    assert world.status(call.RemoteStopTransaction(transaction_id=4)) == "Accepted"
    assert world.last_command == Stop()


def test_a_charger_that_is_not_there_is_told_only_where_it_must_charge() -> None:
    world = World().registered()
    world.advance(10)
    assert world.outstanding is None
    assert world.notes[-1] == "no Current for 2.5 periods: the charger is not there"
    assert world.status(remote_start()) == "Accepted"
    statuses = [one for one in world.answer_all() if isinstance(one, call.StatusNotification)]
    assert [(str(one.status), one.info) for one in statuses] == [
        ("Charging", "no Current from the charger")
    ]
    world.feed(Current(5))
    (status,) = [one for one in world.answer_all() if isinstance(one, call.StatusNotification)]
    assert status.error_code == "NoError"


# what the central system may not ask for


@pytest.mark.parametrize(
    ("request_", "outcome"),
    [
        (remote_start(connector_id=2), "Rejected"),
        (call.SetChargingProfile(2, profile(16)), "PropertyConstraintViolation"),  # errata 3.24
        (call.SetChargingProfile(-1, profile(16)), "PropertyConstraintViolation"),
        (call.SetChargingProfile(1, profile(70000)), "Rejected"),
        (call.SetChargingProfile(1, profile(-1)), "Rejected"),
    ],
    ids=str,
)
def test_what_cannot_be_done_has_its_answer_and_leaves_the_bus_alone(
    request_: Any, outcome: str
) -> None:
    world = World().registered()
    assert world.status(request_) == outcome
    assert world.on_bus == [Stop()]


# safe state


def stop_at_once(world: World, event: Event | CarEvent) -> None:
    assert world.feed(event) == [Stop()]
    world.echo_all()
    assert world.point.is_stopped


@pytest.mark.parametrize("event", [Shutdown(), Unplugged()])
@pytest.mark.parametrize("csms", ["answers", "is stuck", "is gone"])
def test_a_way_out_transmits_a_stop_at_once_whatever_the_csms_does(
    event: Event | CarEvent, csms: str
) -> None:
    world = World().charging()
    if csms != "answers":
        world.feed(Current(20))  # a CALL that is never answered
        assert world.outstanding is not None
    if csms == "is gone":
        world.disconnect()
    stop_at_once(world, event)


def test_a_remote_stop_reaches_the_bus_while_a_call_is_unanswered() -> None:
    world = World().charging()
    world.feed(Current(20))
    assert world.outstanding is not None
    assert world.status(call.RemoteStopTransaction(transaction_id=4)) == "Accepted"
    assert world.on_bus[-1] == Stop()


def test_nothing_starts_after_a_shutdown() -> None:
    world = World().registered()
    world.feed(Shutdown())
    world.echo_all()
    assert world.status(remote_start()) == "Rejected"
    assert world.on_bus[-1] == Stop()


# what follows in time, and what is answered too late or not at all


def test_a_new_life_has_something_to_do_at_once() -> None:
    point = ChargePoint(World().settings, codec(), lambda now: NOON + now, 0.0, Saved())
    assert point.wake_at == -math.inf


def test_it_begins_but_once() -> None:
    assert flat(World().point.tick(0.0)) == []


def test_a_boot_that_fails_is_tried_again_after_10_s() -> None:
    world = World().booting()
    world.fail()
    assert world.notes == ["BootNotification failed: no answer within 30 s"]
    world.advance(9.5)
    assert world.outstanding is None
    world.advance(0.5)
    assert names([world.outstanding]) == ["BootNotification"]


def test_another_failure_does_not_bring_the_next_boot_forward() -> None:
    """4.2: not before the interval that the central system gave."""
    world = World().booting()
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
