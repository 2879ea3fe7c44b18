"""Faults and statuses of the charge point by the clauses."""

from ocpp.v16 import call
from ocpp.v16.enums import ChargePointErrorCode

from rig.bus.logic.messages import Start, Stop
from rig.cp.logic.events import Plugged, Raised, Unplugged
from tests.conformance.clauses import (
    availability,
    begin,
    booted,
    clause,
    forget,
    only,
    run,
    settle,
    statuses,
    told,
)
from tests.cp.logic.said import remote_start
from tests.cp.logic.world import World


@clause("S4.9 TC_041 a fault")
def test_a_fault_ends_the_transaction_and_what_was_before_comes_back(world: World) -> None:
    forget(world.charging())
    world.feed(Raised(ChargePointErrorCode.ground_failure, "residual current"))
    settle(world)
    faulted = told(world, call.StatusNotification)[-1]
    assert (faulted.status, faulted.error_code) == ("Faulted", "GroundFailure")
    assert only(world, call.StopTransaction).transaction_id == 4
    assert world.last_command == Stop()
    assert world.status(remote_start(connector_id=1)) == "Rejected"
    world.feed(Raised(ChargePointErrorCode.no_error))
    settle(world)
    assert statuses(world)[-1] in ("Finishing", "Preparing")


@clause("S4.9 TC_024 a lock that fails")
def test_a_connector_whose_lock_fails_starts_nothing(world: World) -> None:
    forget(world.registered())
    world.feed(Raised(ChargePointErrorCode.connector_lock_failure))
    begin(world)
    assert statuses(world) == ["Faulted"]
    assert told(world, call.StartTransaction) == []
    assert Start() not in world.on_bus


@clause("S7.6 E3.20 a warning")
def test_an_error_that_charging_does_not_mind_is_told_with_the_status(world: World) -> None:
    forget(world.charging())
    world.feed(Raised(ChargePointErrorCode.weak_signal))
    settle(world)
    (warning,) = told(world, call.StatusNotification)
    assert (warning.status, warning.error_code) == ("Charging", "WeakSignal")
    assert world.last_command is None  # no Stop


@clause("E3.19 MinimumStatusDuration", MinimumStatusDuration="5")
def test_a_status_that_does_not_last_is_not_told(world: World) -> None:
    world.registered()
    run(world, 10)
    forget(world).feed(Unplugged())
    run(world, 4.9)
    world.feed(Plugged())
    run(world, 10)
    assert statuses(world) == []
    world.feed(Unplugged())
    run(world, 5)
    assert statuses(world) == ["Available"]


@clause("S4.9 a status changed while offline")
def test_after_an_absence_the_status_is_told_if_it_is_another(world: World) -> None:
    booted(world).disconnect()
    world.feed(Plugged())
    run(world, 50)
    world.connect()
    settle(world)
    assert statuses(world) == ["Preparing"]
    assert statuses(world, connector=0) == []


@clause("S4.9 connector 0", connectors=2)
def test_connector_0_is_available_unavailable_or_faulted(world: World) -> None:
    world.registered()
    begin(world, connector=2)
    assert world.status(availability(0, "Inoperative")) == "Scheduled"
    settle(world)
    assert set(statuses(world, connector=0)) <= {"Available", "Unavailable", "Faulted"}
    assert "Charging" in statuses(world, connector=2)
