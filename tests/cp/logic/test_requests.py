"""What the charge point answers (OCPP 1.6 edition 2, 5), and what is triggered (5.17)."""

from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import AvailabilityType, ResetType
from ocpp.v16.enums import ChargingRateUnitType as Unit
from ocpp.v16.enums import MessageTrigger as Trigger

from rig.bus.logic.messages import Current, Start, Stop
from rig.cp.logic.events import Swiped, Unplugged
from rig.ocppj.logic.exchange import Answer, Ask, Asked, Note, Refuse
from tests.cp.logic.said import boot_conf, names, profile, remote_start, shown, trigger
from tests.cp.logic.world import World, flat

OPERATIVE, INOPERATIVE = AvailabilityType.operative, AvailabilityType.inoperative


def change(world: World, key: str, value: str) -> str:
    return world.status(call.ChangeConfiguration(key, value))


def available(world: World, connector: int, kind: AvailabilityType) -> str:
    return world.status(call.ChangeAvailability(connector, kind))


def last_note(world: World) -> str:
    return world.notes[-1]


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (call.RemoteStopTransaction(5), "Rejected: transaction 5 does not run here"),
        (remote_start(charging_profile=profile(16)), "Rejected: RemoteStartTransaction takes a Tx"),
        (call.ChangeConfiguration("ConnectionTimeOut", "soon"), "ConnectionTimeOut Rejected"),
        (call.UnlockConnector(2), "NotSupported: unknown connector 2"),
        (call.GetCompositeSchedule(2, 60), "Rejected: no connector 2"),
        (call.GetCompositeSchedule(-1, 60), "Rejected: no connector -1"),
        (call.GetCompositeSchedule(1, 60, Unit.watts), "Rejected: a schedule in W needs voltage"),
    ],
    ids=str,
)
def test_the_log_says_why_a_request_was_not_done(request_: Any, why: str) -> None:
    world = World().registered()
    world.status(request_)
    assert last_note(world).startswith(f"{type(request_).__name__} {why}")


# RemoteStartTransaction (5.11)


def test_of_several_connectors_a_start_that_names_none_takes_a_free_one_with_a_car() -> None:
    world = World(connectors=3).registered()
    world.status(remote_start(connector_id=1))
    world.feed(Unplugged(), 2)
    world.echo_all()
    world.carried.clear()
    assert world.status(remote_start()) == "Accepted"
    assert {connector for _, connector, _ in world.carried} == {3}


def test_a_start_that_names_none_waits_for_a_car_where_there_is_no_other() -> None:
    world = World(connectors=2).registered()
    world.status(remote_start(connector_id=1))
    world.feed(Unplugged(), 2)
    world.echo_all()
    assert world.status(remote_start()) == "Accepted"
    assert world.last_command == Stop()


def test_a_start_that_finds_nothing_free_says_why() -> None:
    world = World().charging()
    assert world.status(remote_start()) == "Rejected"
    assert last_note(world) == "RemoteStartTransaction Rejected: a transaction runs"


def test_before_the_boot_is_accepted_a_start_is_rejected_with_its_reason() -> None:
    world = World().booting()
    world.answer(boot_conf("Pending"))
    assert world.status(remote_start()) == "Rejected"
    assert last_note(world) == "RemoteStartTransaction Rejected: not registered at the CSMS"


# configuration (5.3, 5.8)


def test_too_many_keys_at_once_are_refused() -> None:
    """5.8; J table 7: an occurrence constraint."""
    world = World().registered()
    request = call.GetConfiguration(["HeartbeatInterval"] * 51)
    (refusal,) = flat(world.point.receive(Asked("g", request), 0.0))
    assert refusal == Refuse("g", "OccurenceConstraintViolation", "at most 50 keys")


def test_a_change_of_something_else_does_not_put_the_heartbeat_off() -> None:
    world = World().registered()
    world.advance(200)
    change(world, "ConnectionTimeOut", "10")
    world.advance(100)
    assert world.outstanding == call.Heartbeat()


def test_a_change_of_the_samples_is_in_force_at_once() -> None:
    world = World().registered()
    change(world, "ClockAlignedDataInterval", "60")
    assert world.point.connectors[1].metering.wake_at == 60.0


# ChangeAvailability (5.2)


def test_a_connector_that_is_idle_changes_at_once_and_for_good() -> None:
    world = World().registered()
    world.asked.clear()
    assert available(world, 1, INOPERATIVE) == "Accepted"
    world.answer_all()
    assert shown(world.asked) == ["Finishing", "Unavailable"]  # 4.9: not from Preparing at once
    assert world.disk["availability"] == {"1": "Inoperative"}
    assert world.status(remote_start()) == "Rejected"
    assert available(world, 1, INOPERATIVE) == "Accepted"
    assert available(world, 1, OPERATIVE) == "Accepted"
    assert world.disk["availability"] == {}
    assert world.status(remote_start()) == "Accepted"


def test_a_connector_that_is_about_to_charge_changes_afterwards() -> None:
    world = World().registered()
    world.ask(remote_start())
    assert available(world, 1, INOPERATIVE) == "Scheduled"


def test_a_scheduled_change_can_be_taken_back() -> None:
    world = World().charging()
    available(world, 1, INOPERATIVE)
    assert available(world, 1, OPERATIVE) == "Accepted"
    world.asked.clear()
    world.status(call.RemoteStopTransaction(4))
    world.answer_all()
    assert shown(world.asked) == ["Finishing"]


def test_the_charge_point_as_a_whole_means_all_connectors() -> None:
    world = World(connectors=2).registered()
    world.status(remote_start(connector_id=2))
    assert available(world, 0, INOPERATIVE) == "Scheduled"
    assert world.disk["availability"] == dict.fromkeys("012", "Inoperative")
    assert available(world, 1, INOPERATIVE) == "Accepted"
    assert available(world, 0, OPERATIVE) == "Accepted"
    assert world.disk["availability"] == {}


# Reset (5.14), UnlockConnector (5.18), ClearCache (5.4)


@pytest.mark.parametrize(
    ("kind", "reason"), [(ResetType.hard, "HardReset"), (ResetType.soft, "SoftReset")]
)
def test_a_reset_is_accepted_and_nothing_begins_before_it(kind: ResetType, reason: str) -> None:
    world = World(AllowOfflineTxForUnknownId="true").registered()
    assert world.status(call.Reset(kind)) == "Accepted"
    assert world.restarts == [reason]
    assert world.status(remote_start()) == "Rejected"
    world.disconnect()
    world.feed(Swiped("RIG"))
    assert last_note(world) == ("RemoteStartTransaction Rejected: this charge point restarts")
    assert world.transmitted == [Stop()]


def test_without_a_lock_nothing_unlocks_and_the_transaction_goes_on() -> None:
    """OCPP 1.6, 7.46: NotSupported."""
    world = World(lock=False).charging()
    assert world.status(call.UnlockConnector(1)) == "NotSupported"
    assert last_note(world) == "UnlockConnector NotSupported: the bench has no connector lock"
    assert world.last_command == Start()


def test_the_cache_is_cleared_on_the_disk_too() -> None:
    world = World().charging()
    assert world.disk["tags"]["cache"]
    assert world.status(call.ClearCache()) == "Accepted"
    assert world.disk["tags"]["cache"] == []


def test_while_the_boot_is_rejected_nothing_is_answered() -> None:
    """4.2.1."""
    world = World().booting()
    world.answer(boot_conf("Rejected"))
    (note,) = flat(world.point.receive(Asked("c", call.ClearCache()), 0.0))
    assert note == Note("ClearCache not answered: the CSMS rejected this charge point", True)


# TriggerMessage (5.17): first the answer, then what was asked for


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


@pytest.mark.parametrize(
    "message", [Trigger.diagnostics_status_notification, Trigger.firmware_status_notification]
)
def test_what_is_not_here_is_not_implemented(message: Trigger) -> None:
    world = quiet()
    assert world.status(trigger(message)) == "NotImplemented"
    assert world.outstanding is None


def test_while_the_boot_is_pending_only_what_is_triggered_is_told() -> None:
    """4.2."""
    world = World().booting()
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
