"""What the charge point answers (OCPP 1.6 edition 2, 5). Smart charging is in `test_limits.py`."""

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import AvailabilityType, ResetType

from rig.bus.logic.messages import Start, Stop
from rig.cp.logic.events import Swiped, Unplugged
from rig.ocppj.logic.exchange import Asked, Note, Refuse
from tests.cp.logic.world import World, boot_conf, flat, remote_start, shown

OPERATIVE, INOPERATIVE = AvailabilityType.operative, AvailabilityType.inoperative


def change(world: World, key: str, value: str) -> str:
    return world.status(call.ChangeConfiguration(key, value))


def available(world: World, connector: int, kind: AvailabilityType) -> str:
    return world.status(call.ChangeAvailability(connector, kind))


def last_note(world: World) -> str:
    return world.notes[-1]


# RemoteStartTransaction (5.11)


def test_of_several_connectors_a_start_that_names_none_takes_a_free_one_with_a_car() -> None:
    world = World(connectors=3).registered()
    world.status(remote_start(connector_id=1))
    world.feed(Unplugged(), 2)
    world.echo_all()
    world.carried.clear()
    assert world.status(remote_start()) == "Accepted"
    assert [connector for _, connector, _ in world.carried] == [3]


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
    world = World()
    world.link_up()
    world.echo_all()
    world.connect()
    world.answer(boot_conf("Pending"))
    assert world.status(remote_start()) == "Rejected"
    assert last_note(world) == "RemoteStartTransaction Rejected: not registered at the CSMS"


# RemoteStopTransaction (5.12)


# smart charging


# configuration (5.3, 5.8)


def test_too_many_keys_at_once_are_refused() -> None:
    """5.8; J table 7: an occurrence constraint."""
    world = World().registered()
    request = call.GetConfiguration(["HeartbeatInterval"] * 51)
    (refusal,) = flat(world.point.receive(Asked("g", request), 0.0))
    assert refusal == Refuse("g", "OccurenceConstraintViolation", "at most 50 keys")


def test_the_log_says_which_change_was_not_taken() -> None:
    world = World().registered()
    change(world, "ConnectionTimeOut", "soon")
    assert last_note(world) == "ChangeConfiguration ConnectionTimeOut Rejected"


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


# Reset (5.14), UnlockConnector (5.18), ClearCache (5.4), DataTransfer (5.6)


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
    world = World()
    world.link_up()
    world.connect()
    world.answer(boot_conf("Rejected"))
    (note,) = flat(world.point.receive(Asked("c", call.ClearCache()), 0.0))
    assert note == Note("ClearCache not answered: the CSMS rejected this charge point", True)
