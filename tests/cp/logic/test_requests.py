"""What the charge point answers (OCPP 1.6 edition 2, 5). Smart charging is in `test_limits.py`."""

from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import AvailabilityType, ResetType

from rig.bus.logic.messages import SetLimit, Start, Stop
from rig.cp.logic.events import Swiped, Unplugged
from rig.ocppj.logic.exchange import Asked, Note, Refuse
from tests.cp.logic.world import World, boot_conf, flat, profile, remote_start, shown

OPERATIVE, INOPERATIVE = AvailabilityType.operative, AvailabilityType.inoperative


def change(world: World, key: str, value: str) -> str:
    return world.status(call.ChangeConfiguration(key, value))


def available(world: World, connector: int, kind: AvailabilityType) -> str:
    return world.status(call.ChangeAvailability(connector, kind))


def last_note(world: World) -> str:
    return world.notes[-1]


@pytest.mark.parametrize(
    "request_",
    [
        call.CancelReservation(1),
        call.GetLocalListVersion(),
        call.GetDiagnostics("ftp://x/"),
        call.UpdateFirmware("ftp://x/", "2026-02-01T12:00:00Z"),
    ],
    ids=str,
)
def test_what_belongs_to_another_profile_is_not_supported(request_: Any) -> None:
    """J table 7: known, and not supported."""
    assert World().registered().status(request_) == "NotSupported"


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


def test_a_start_with_a_profile_of_the_wrong_purpose_is_rejected() -> None:
    world = World().registered()
    assert world.status(remote_start(charging_profile=profile(16))) == "Rejected"
    assert "takes a TxProfile" in last_note(world)
    assert world.on_bus == [Stop()]


def test_before_the_boot_is_accepted_a_start_is_rejected_with_its_reason() -> None:
    world = World()
    world.link_up()
    world.echo_all()
    world.connect()
    world.answer(boot_conf("Pending"))
    assert world.status(remote_start()) == "Rejected"
    assert last_note(world) == "RemoteStartTransaction Rejected: not registered at the CSMS"


# RemoteStopTransaction (5.12)


def test_of_several_transactions_the_one_that_is_named_stops() -> None:
    world = World(connectors=2).registered()
    for number in (1, 2):
        world.status(remote_start(connector_id=number))
    world.answer()
    world.answer_all()  # both are called 4
    world.carried.clear()
    assert world.status(call.RemoteStopTransaction(4)) == "Accepted"
    assert [(number, message) for _, number, message in world.carried] == [(1, Stop())]


def test_a_stop_of_another_transaction_is_rejected() -> None:
    world = World().charging()
    assert world.status(call.RemoteStopTransaction(5)) == "Rejected"
    assert last_note(world) == ("RemoteStopTransaction Rejected: transaction 5 does not run here")
    assert world.last_command == Start()


# smart charging


def test_a_profile_for_all_is_told_to_all() -> None:
    world = World(connectors=2).registered()
    world.carried.clear()
    assert world.status(call.SetChargingProfile(0, profile(16))) == "Accepted"
    told = [(number, message) for _, number, message in world.carried]
    assert told == [(1, SetLimit(16)), (2, SetLimit(16))]


@pytest.mark.parametrize("connector", [-1, 3])
def test_a_profile_for_no_connector_is_refused(connector: int) -> None:
    """Errata 3.24."""
    world = World(connectors=2).registered()
    request = call.SetChargingProfile(connector, profile(16))
    assert world.status(request) == "PropertyConstraintViolation"


def test_a_cleared_limit_is_taken_back_from_what_runs() -> None:
    world = World().charging()
    assert world.status(call.SetChargingProfile(1, profile(16))) == "Accepted"
    assert world.status(call.ClearChargingProfile()) == "Accepted"
    assert world.on_bus[-1] == SetLimit(32)


@pytest.mark.parametrize(
    ("connector", "status"), [(0, "Accepted"), (1, "Accepted"), (2, "Rejected")]
)
def test_what_is_in_force_can_be_asked(connector: int, status: str) -> None:
    """5.7."""
    assert World().registered().status(call.GetCompositeSchedule(connector, 60)) == status


# configuration (5.3, 5.8)


def test_too_many_keys_at_once_are_refused() -> None:
    """5.8; J table 7: an occurrence constraint."""
    world = World().registered()
    request = call.GetConfiguration(["HeartbeatInterval"] * 51)
    (refusal,) = flat(world.point.receive(Asked("g", request), 0.0))
    assert refusal == Refuse("g", "OccurenceConstraintViolation", "at most 50 keys")


@pytest.mark.parametrize(
    ("key", "value", "status", "kept"),
    [
        ("ConnectionTimeOut", "5", "Accepted", "5"),
        ("connectiontimeout", "5", "Accepted", "5"),
        ("ConnectionTimeOut", "0", "Rejected", None),
        ("NumberOfConnectors", "2", "Rejected", None),
        ("WebSocketPingInterval", "5", "RebootRequired", "5"),
        ("Colour", "red", "NotSupported", None),
    ],
)
def test_a_change_is_kept_if_it_is_taken(
    key: str, value: str, status: str, kept: str | None
) -> None:
    world = World().registered()
    assert change(world, key, value) == status
    names = {name.lower(): value for name, value in world.disk["configuration"].items()}
    assert names.get(key.lower()) == kept


def test_the_log_says_which_change_was_not_taken() -> None:
    world = World().registered()
    change(world, "ConnectionTimeOut", "soon")
    assert last_note(world) == "ChangeConfiguration ConnectionTimeOut Rejected"


def test_a_change_of_the_heartbeats_is_in_force_at_once() -> None:
    world = World().registered()
    world.advance(100)
    change(world, "HeartbeatInterval", "10")
    world.advance(9.9)
    assert world.outstanding is None
    world.advance(0.1)
    assert world.outstanding == call.Heartbeat()


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


def test_a_connector_that_charges_changes_afterwards() -> None:
    world = World().charging()
    assert available(world, 1, INOPERATIVE) == "Scheduled"
    world.asked.clear()
    assert world.status(call.RemoteStopTransaction(4)) == "Accepted"
    world.answer_all()
    assert shown(world.asked) == ["Unavailable"]


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


@pytest.mark.parametrize("connector", [-1, 2])
def test_no_connector_does_not_change(connector: int) -> None:
    assert available(World().registered(), connector, INOPERATIVE) == "Rejected"


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


@pytest.mark.parametrize(("connector", "status"), [(0, "NotSupported"), (2, "NotSupported")])
def test_no_connector_does_not_unlock(connector: int, status: str) -> None:
    """Errata 3.87."""
    world = World().registered()
    assert world.status(call.UnlockConnector(connector)) == status
    assert last_note(world) == f"UnlockConnector NotSupported: unknown connector {connector}"


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


def test_without_a_cache_there_is_nothing_to_clear() -> None:
    """Errata 3.23."""
    world = World(AuthorizationCacheEnabled="false").registered()
    assert world.status(call.ClearCache()) == "Rejected"


def test_no_vendor_is_known() -> None:
    assert World().registered().status(call.DataTransfer("x")) == "UnknownVendorId"


def test_while_the_boot_is_rejected_nothing_is_answered() -> None:
    """4.2.1."""
    world = World()
    world.link_up()
    world.connect()
    world.answer(boot_conf("Rejected"))
    (note,) = flat(world.point.receive(Asked("c", call.ClearCache()), 0.0))
    assert note == Note("ClearCache not answered: the CSMS rejected this charge point", True)
