"""The charge point between the bus and the central system, both simulated.

Any order of events is in `test_charge_point_anything.py`, the clauses are in `tests/conformance`.
"""

from typing import Any

import pytest
from ocpp.v16 import call

from rig.bus.logic.messages import Current, Start, Stop
from rig.cp.logic.events import CarEvent, Event, Shutdown, Unplugged
from tests.cp.logic.world import (
    World,
    names,
    profile,
    remote_start,
    shown,
    start_conf,
)

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
    assert world.on_bus == [Stop(), Start(), Stop()]


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


# what the central system may not do


@pytest.mark.parametrize(
    ("request_", "outcome"),
    [
        (remote_start(connector_id=0), "Rejected"),  # OCTT TC_027
        (remote_start(connector_id=2), "Rejected"),
        (call.SetChargingProfile(2, profile(16)), "PropertyConstraintViolation"),  # errata 3.24
        (call.SetChargingProfile(-1, profile(16)), "PropertyConstraintViolation"),
        (call.SetChargingProfile(1, profile(70000)), "Rejected"),
        (call.SetChargingProfile(1, profile(-1)), "Rejected"),
        (call.SetChargingProfile(1, profile(16, "TxProfile")), "Rejected"),  # 3.13.1
        (call.RemoteStopTransaction(transaction_id=4), "Rejected"),
        (call.DataTransfer(vendor_id="x"), "UnknownVendorId"),
        (call.ReserveNow(1, "2026-02-01T12:00:00Z", "RIG", 1), "NotSupported"),
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
