"""What a charge point does while its disk cannot be written, and when it was damaged."""

from typing import Any

from ocpp.v16 import call

from rig.bus.logic.messages import SetLimit, Start, Stop
from rig.cp.logic.events import Damaged, DiskFailed, DiskWorks
from tests.cp.logic.said import profile, remote_start
from tests.cp.logic.world import World

FULL = DiskFailed("database or disk is full")
CHANGE = call.ChangeConfiguration("ConnectionTimeOut", "17")
INSTALL = call.SetChargingProfile(1, profile(16))


def told(world: World, kind: type[Any]) -> list[Any]:
    world.answer_all()
    return [one for one in world.asked if isinstance(one, kind)]


def test_while_the_disk_is_full_nothing_is_accepted_that_is_to_be_kept() -> None:
    world = World().registered()
    world.feed(FULL)
    assert (world.status(CHANGE), world.status(INSTALL)) == ("Rejected", "Rejected")
    assert world.notes[-2:] == [
        "ChangeConfiguration Rejected: state cannot be written: database or disk is full",
        "SetChargingProfile Rejected: state cannot be written: database or disk is full",
    ]
    world.feed(DiskWorks())
    assert world.status(CHANGE) == "Accepted"
    world.ask(INSTALL)
    world.echo_all()
    assert world.on_bus[-1] == SetLimit(16.0)
    assert world.disk["configuration"]["ConnectionTimeOut"] == "17"


def test_a_full_disk_holds_up_no_charging_and_no_stop() -> None:
    world = World().registered()
    world.feed(FULL)
    world.ask(remote_start(connector_id=1))
    world.echo_all()
    assert world.on_bus[-1:] == [Start()]
    world.answer_all()
    # A TxProfile is not kept in any case.
    world.ask(call.SetChargingProfile(1, profile(16, "TxProfile")))
    world.echo_all()
    assert world.on_bus[-1:] == [SetLimit(16.0)]
    world.ask(call.RemoteStopTransaction(4))
    world.echo_all()
    assert world.on_bus[-1:] == [Stop()]


def test_that_the_disk_is_full_is_told_and_that_it_is_not_any_more() -> None:
    world = World().registered()
    before = len(told(world, call.StatusNotification))
    world.feed(FULL)
    world.feed(DiskWorks())
    first, second = told(world, call.StatusNotification)[before:]
    assert (first.connector_id, first.status, first.error_code, first.info) == (
        0,
        "Available",
        "InternalError",
        "state cannot be written: database or disk is full",
    )
    assert (second.connector_id, second.error_code, second.info) == (0, "NoError", None)


def test_what_was_damaged_is_told_as_a_security_event_once_the_central_system_is_there() -> None:
    world = World()
    world.feed(Damaged("meter/1 in the state is damaged: set aside"))
    world.registered()
    (event,) = told(world, call.SecurityEventNotification)
    assert (event.type, event.timestamp, event.tech_info) == (
        "StateDamaged",
        "2026-01-31T12:00:00.000Z",
        "meter/1 in the state is damaged: set aside",
    )


def test_that_it_was_damaged_is_told_on_another_connection_if_one_was_lost() -> None:
    world = World().registered()
    world.answer_all()
    world.disconnect()
    world.feed(Damaged("x" * 300))
    world.connect()
    (event,) = told(world, call.SecurityEventNotification)
    assert event.tech_info == "x" * 255
