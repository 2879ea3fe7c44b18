"""The charge point between the bus and the central system, both simulated.

Any order of events is in `test_charge_point_anything.py`, the clauses are in `tests/conformance`.
"""

from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import MessageTrigger

from rig.bus.logic.messages import Current, SetLimit, Start, Stop
from rig.cp.logic.events import CarEvent, Event, Shutdown, Unplugged
from tests.cp.logic.world import (
    CSMS_TIMEOUT,
    World,
    boot_conf,
    names,
    profile,
    remote_start,
    shown,
    start_conf,
    trigger,
)

# registration (4.2)


def test_the_first_thing_that_is_asked_is_a_boot_then_the_status_of_0_and_1() -> None:
    """Errata 3.22: StatusNotification for connector 0 and all others after the boot."""
    world = World()
    world.link_up()
    world.connect()
    requests = world.answer_all()
    assert names(requests) == ["BootNotification", "StatusNotification", "StatusNotification"]
    assert [item.connector_id for item in requests[1:]] == [0, 1]
    assert [str(item.status) for item in requests[1:]] == ["Available", "Preparing"]


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_nothing_but_the_boot_is_sent_until_it_is_accepted(status: str) -> None:
    world = World()
    world.link_up()
    world.connect()
    world.answer(boot_conf(status, 60))
    world.feed(Current(5))
    world.feed(Unplugged())
    assert world.outstanding is None
    world.advance(59)
    assert world.outstanding is None
    world.advance(1)
    assert names(world.answer_all())[0] == "BootNotification"


def test_a_remote_start_is_rejected_while_the_boot_is_pending() -> None:
    world = World()
    world.link_up()
    world.echo_all()
    world.connect()
    world.answer(boot_conf("Pending", 60))
    assert world.status(remote_start()) == "Rejected"
    assert world.on_bus == [Stop()]


def test_a_second_boot_that_is_not_accepted_silences_the_charge_point_again() -> None:
    world = World().registered()
    world.ask(trigger(MessageTrigger.boot_notification))
    world.answer(boot_conf("Rejected", 60))
    world.feed(Current(5))
    assert world.outstanding is None
    world.advance(60)
    assert names(world.answer_all())[0] == "BootNotification"


def test_reconnected_it_does_not_boot_again() -> None:
    """OCPP-J 1.6, 5.4."""
    world = World().registered()
    world.disconnect()
    world.connect()
    assert world.outstanding is None


def test_a_boot_cut_off_again_and_again_is_sent_once_on_each_connection() -> None:
    world = World()
    world.link_up()
    for _ in range(3):
        world.connect()
        assert names([world.outstanding]) == ["BootNotification"]
        world.disconnect()
    world.connect()
    assert names(world.answer_all()).count("BootNotification") == 1


def test_heartbeats_come_each_interval_of_silence() -> None:
    world = World().registered()
    world.advance(300)
    assert names([world.answer()]) == ["Heartbeat"]
    world.advance(300)
    assert names([world.answer()]) == ["Heartbeat"]


def test_a_heartbeat_is_left_out_where_another_request_is_on_its_way() -> None:
    """4.6: any other message proves as well that the charge point lives."""
    world = World().registered()
    world.feed(Current(5))
    world.advance(300)
    assert "Heartbeat" not in names(world.answer_all())


def test_after_an_absence_only_a_changed_status_is_told() -> None:
    """4.9."""
    world = World().registered()
    world.disconnect()
    world.feed(Unplugged())
    world.echo_all()
    world.connect()
    assert shown(world.answer_all()) == ["Available"]


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


def test_from_finishing_it_prepares_before_it_charges_again() -> None:
    """4.9 knows no way from Finishing to Charging."""
    world = World().charging()
    world.status(call.RemoteStopTransaction(transaction_id=4))
    world.answer_all()
    world.asked.clear()
    world.status(remote_start())
    world.answer_all()
    assert shown(world.asked) == ["Preparing", "Charging"]


def test_a_limit_of_0_suspends_and_a_greater_one_resumes() -> None:
    world = World().charging()
    world.asked.clear()
    for limit in (0, 16):
        world.status(call.SetChargingProfile(1, profile(limit, "TxProfile")))
        world.answer_all()
    assert shown(world.asked) == ["SuspendedEVSE", "Charging"]


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


def test_a_remote_stop_of_a_transaction_that_does_not_run_here_is_rejected() -> None:
    world = World().charging()
    assert world.status(call.RemoteStopTransaction(transaction_id=5)) == "Rejected"
    assert world.on_bus == [Stop(), Start()]


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


def test_a_link_that_is_down_is_faulted() -> None:
    world = World().registered()
    world.asked.clear()
    world.link_down()
    world.answer_all()
    world.link_up()
    world.echo_all()
    world.answer_all()
    assert shown(world.asked) == ["Faulted", "Preparing"]


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


@pytest.mark.parametrize(
    ("request_", "status", "follows"),
    [
        (trigger(MessageTrigger.boot_notification), "Accepted", ["BootNotification"]),
        (trigger(MessageTrigger.heartbeat), "Accepted", ["Heartbeat"]),
        (trigger(MessageTrigger.heartbeat, 7), "Accepted", ["Heartbeat"]),  # 5.17: ignored
        (trigger(MessageTrigger.meter_values), "Accepted", ["MeterValues"]),
        (trigger(MessageTrigger.meter_values, 7), "Rejected", []),
        (trigger(MessageTrigger.status_notification), "Accepted", ["StatusNotification"] * 2),
        (trigger(MessageTrigger.status_notification, 1), "Accepted", ["StatusNotification"]),
        (trigger(MessageTrigger.status_notification, 7), "Rejected", []),
        (trigger(MessageTrigger.firmware_status_notification), "NotImplemented", []),
    ],
    ids=str,
)
def test_a_triggered_message_follows_its_answer(
    request_: call.TriggerMessage, status: str, follows: list[str]
) -> None:
    world = World().registered()
    world.feed(Current(5))
    world.answer_all()
    world.asked.clear()
    assert world.status(request_) == status
    world.answer_all()
    assert names(world.asked)[: len(follows)] == follows


def test_meter_values_cannot_be_triggered_while_the_current_is_not_known() -> None:
    world = World().registered()
    assert world.status(trigger(MessageTrigger.meter_values)) == "Rejected"


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


def test_a_tag_that_is_not_accepted_transmits_a_stop_at_once() -> None:
    world = World().registered()
    world.ask(remote_start())
    world.echo_all()
    before = len(world.transmitted)
    world.answer(start_conf(4, "Blocked"))
    assert world.transmitted[before:] == [Stop()]


def test_a_csms_that_is_gone_for_longer_than_the_timeout_transmits_a_stop() -> None:
    world = World().charging()
    world.disconnect()
    world.advance(CSMS_TIMEOUT - 0.1)
    assert world.on_bus == [Stop(), Start()]
    world.advance(0.1)
    assert world.on_bus == [Stop(), Start(), Stop()]


def test_a_csms_that_comes_back_in_time_leaves_the_transaction_alone() -> None:
    world = World().charging()
    world.disconnect()
    world.advance(CSMS_TIMEOUT - 0.1)
    world.connect()
    world.advance(CSMS_TIMEOUT)
    assert world.on_bus[-1] == Start()


def test_a_csms_that_never_comes_transmits_a_stop() -> None:
    world = World()
    world.link_up()
    world.echo_all()
    world.advance(CSMS_TIMEOUT)
    assert world.on_bus == [Stop(), Stop()]


def test_nothing_starts_after_a_shutdown() -> None:
    world = World().registered()
    world.feed(Shutdown())
    world.echo_all()
    assert world.status(remote_start()) == "Rejected"
    assert world.on_bus[-1] == Stop()


def test_seed_plays_the_cycle_of_the_seed() -> None:
    """Its two TxProfiles come before the transaction that they are for."""
    world = World("seed").registered()
    world.on_bus.clear()
    world.notes.clear()
    for request in (
        call.SetChargingProfile(1, profile(0, "TxProfile")),
        call.SetChargingProfile(1, profile(100, "TxProfile")),
        remote_start(connector_id=1),
    ):
        assert world.status(request) == "Accepted"
    world.answer_all()
    assert world.status(call.RemoteStopTransaction(transaction_id=4)) == "Accepted"
    assert world.on_bus == [SetLimit(0), SetLimit(100), Start(), Stop()]
    assert len([note for note in world.notes if "3.13.1" in note]) == 2
