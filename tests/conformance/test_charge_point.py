"""Tags and sessions of the charge point by the clauses. Each test's id is its clause."""

from ocpp.v16 import call

from rig.bus.logic.messages import Start, Stop
from rig.cp.logic.events import Plugged, Unplugged
from tests.conformance.clauses import (
    begin,
    booted,
    change,
    clause,
    commands,
    forget,
    only,
    rows,
    run,
    session,
    settle,
    statuses,
    told,
)
from tests.cp.logic.said import authorize_conf, names, remote_start
from tests.cp.logic.world import World

# tags and sessions


@clause("S3.4 S4.8 TC_003 plugged in first")
def test_plugged_in_first_preparing_comes_before_the_tag(world: World) -> None:
    booted(world).feed(Plugged())
    settle(world)
    begin(world, "RIG")
    assert statuses(world) == ["Preparing", "Charging"]
    assert names(session(world)) == ["Authorize", "StartTransaction"]
    start = only(world, call.StartTransaction)
    assert (start.connector_id, start.id_tag, start.meter_start) == (1, "RIG", 0)
    assert start.reservation_id is None
    assert commands(world)[-1] == Start()


@clause("S4.8 TC_004_1 identification first")
def test_identified_first_it_prepares_and_starts_when_the_car_is_plugged_in(world: World) -> None:
    begin(booted(world))
    assert statuses(world) == ["Preparing"]
    assert commands(world) == []
    world.feed(Plugged())
    settle(world)
    assert statuses(world) == ["Preparing", "Charging"]
    assert names(session(world)) == ["Authorize", "StartTransaction"]


@clause("S9.1.6 TC_004_2 ConnectionTimeOut", ConnectionTimeOut="10")
def test_identified_first_the_connector_is_available_again_if_no_car_comes(world: World) -> None:
    begin(booted(world))
    run(world, 9.9)
    assert statuses(world) == ["Preparing"]
    run(world, 0.1)
    assert statuses(world) == ["Preparing", "Available"]
    world.feed(Plugged())
    settle(world)
    assert told(world, call.StartTransaction) == []
    assert world.last_command != Start()


# the car is gone


@rows("unlocks", {"S4.9 TC_005_1 EV side disconnect": "true", "S4.9 TC_005_2": "false"})
def test_an_unplugged_car_ends_the_transaction_and_finishing_says_why(
    world: World, unlocks: str
) -> None:
    world.registered()
    assert change(world, "StopTransactionOnEVSideDisconnect", "true") == "Accepted"
    assert change(world, "UnlockConnectorOnEVSideDisconnect", unlocks) == "Accepted"
    begin(world)
    forget(world).feed(Unplugged())
    settle(world)
    assert only(world, call.StopTransaction).reason == "EVDisconnected"
    assert commands(world) == [Stop()]
    assert statuses(world)[-2:] == ["Finishing", "Available"]
    finishing = told(world, call.StatusNotification)[-2]
    assert (finishing.error_code, finishing.info) == ("NoError", "EV side disconnected")


@clause("S4.9 TC_005_3 it may come back", StopTransactionOnEVSideDisconnect="false")
def test_an_unplugged_car_may_come_back_to_its_transaction(world: World) -> None:
    world.registered()
    begin(world)
    forget(world).feed(Unplugged())
    settle(world)
    assert statuses(world) == ["SuspendedEV"]
    (suspended,) = told(world, call.StatusNotification)
    assert (suspended.error_code, suspended.info) == ("NoError", "EV side disconnected")
    assert commands(world) == [Stop()]
    world.feed(Plugged())
    settle(world)
    assert statuses(world) == ["SuspendedEV", "Charging"]
    assert commands(world) == [Stop(), Start()]
    assert world.status(call.RemoteStopTransaction(4)) == "Accepted"
    settle(world)
    assert session(world) == [only(world, call.StopTransaction)]


# remote start and stop


@rows("authorizes", {"S5.11 TC_010 remote start": "false", "S9.1.3 TC_010 authorized": "true"})
def test_a_remote_start_with_a_car_charges(world: World, authorizes: str) -> None:
    world.registered()
    assert change(world, "AuthorizeRemoteTxRequests", authorizes) == "Accepted"
    assert forget(world).status(remote_start(connector_id=1)) == "Accepted"
    settle(world)
    asked = ["Authorize"] * (authorizes == "true") + ["StartTransaction"]
    assert names(session(world)) == asked
    assert (statuses(world), world.last_command) == (["Charging"], Start())


@clause("S9.1.3 the tag of a remote start is refused", AuthorizeRemoteTxRequests="true")
def test_a_remote_start_whose_tag_is_refused_starts_nothing(world: World) -> None:
    world.registered()
    assert forget(world).status(remote_start(connector_id=1)) == "Accepted"
    settle(world, {call.Authorize: authorize_conf("Blocked")})
    assert names(session(world)) == ["Authorize"]
    assert Start() not in world.on_bus


@clause("S9.1.3 accepted, and the bus fails", AuthorizeRemoteTxRequests="true")
def test_a_start_that_was_accepted_and_then_fails_is_told_as_fault_and_stop(world: World) -> None:
    world.registered()
    assert forget(world).status(remote_start(connector_id=1)) == "Accepted"
    world.answer()  # Authorize
    world.lose()
    settle(world)
    assert "Faulted" in statuses(world)
    assert names(session(world)) == ["Authorize", "StartTransaction", "StopTransaction"]


@clause("S5.11 TC_011_1 remote start first")
def test_a_remote_start_before_the_car_starts_with_the_car(world: World) -> None:
    assert booted(world).status(remote_start(connector_id=1)) == "Accepted"
    settle(world)
    assert statuses(world) == ["Preparing"]
    world.feed(Plugged())
    settle(world)
    assert statuses(world) == ["Preparing", "Charging"]
    assert names(session(world)) == ["StartTransaction"]


@clause("S9.1.6 TC_011_2 remote start, no car", ConnectionTimeOut="10")
def test_a_remote_start_without_a_car_is_over_after_connection_time_out(world: World) -> None:
    assert booted(world).status(remote_start(connector_id=1)) == "Accepted"
    run(world, 10)
    assert statuses(world) == ["Preparing", "Available"]
    assert session(world) == []


@clause("S5.12 TC_012 remote stop")
def test_a_remote_stop_ends_the_transaction(world: World) -> None:
    assert forget(world.charging()).status(call.RemoteStopTransaction(4)) == "Accepted"
    settle(world)
    stop = only(world, call.StopTransaction)
    assert (stop.transaction_id, stop.reason) == (4, "Remote")
    assert stop.id_tag is None  # 4.10: no tag stopped it
    assert statuses(world) == ["Finishing"]


@clause("S5.11 TC_026 remote start rejected")
def test_a_remote_start_while_a_transaction_runs_is_rejected(world: World) -> None:
    assert world.charging().status(remote_start(connector_id=1)) == "Rejected"


@rows("connector", {"S5.11 TC_027 connector 0": 0, "S5.11 an unknown connector": 2})
def test_a_remote_start_of_what_is_no_connector_is_rejected(world: World, connector: int) -> None:
    assert world.registered().status(remote_start(connector_id=connector)) == "Rejected"


@clause("S5.12 TC_028 remote stop rejected")
def test_a_remote_stop_of_an_unknown_transaction_is_rejected(world: World) -> None:
    assert world.charging().status(call.RemoteStopTransaction(487)) == "Rejected"
    assert world.last_command == Start()


@clause("S5.11 no connector is named", connectors=2)
def test_a_remote_start_that_names_no_connector_takes_a_free_one(world: World) -> None:
    world.registered()
    begin(world, "ONE", 1)
    assert forget(world).status(remote_start()) == "Accepted"
    settle(world)
    assert only(world, call.StartTransaction).connector_id == 2
