"""Tags and sessions of the charge point by the clauses. Each test's id is its clause."""

from typing import Any

import pytest
from ocpp.v16 import call

from rig.logic.cp.events import Plugged, Unplugged
from rig.logic.messages import Current, Start, Stop
from tests.conformance.clauses import (
    SUPPLY,
    begin,
    booted,
    change,
    clause,
    commands,
    forget,
    limits,
    only,
    rows,
    run,
    settle,
    statuses,
    told,
)
from tests.logic.cp.world import (
    World,
    authorize_conf,
    names,
    remote_start,
    start_conf,
)

# tags and sessions


def session(world: World) -> list[Any]:
    """What a session by a tag told, StatusNotifications aside."""
    return [item for item in world.asked if not isinstance(item, call.StatusNotification)]


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


@clause("S3.5.1 TC_007 a tag of the cache", LocalPreAuthorize="true")
def test_a_cached_tag_starts_without_authorize(world: World) -> None:
    world.registered()
    begin(world)
    begin(world)
    assert names(session(forget(world))) == []
    begin(world)
    assert names(session(world)) == ["StartTransaction"]


@clause("S5.4 TC_061 ClearCache", LocalPreAuthorize="true")
def test_a_cleared_cache_knows_no_tag(world: World) -> None:
    world.registered()
    begin(world)
    begin(world)
    assert world.status(call.ClearCache()) == "Accepted"
    begin(forget(world))
    assert names(session(world)) == ["Authorize", "StartTransaction"]


@clause("E3.23 ClearCache without a cache", AuthorizationCacheEnabled="false")
def test_a_cache_that_is_not_there_cannot_be_cleared(world: World) -> None:
    assert booted(world).status(call.ClearCache()) == "Rejected"


@rows("status", {f"S4.1 TC_023 {one}": one for one in ("Invalid", "Expired", "Blocked")})
def test_a_tag_that_is_not_accepted_starts_nothing(world: World, status: str) -> None:
    world.registered()
    begin(forget(world), replies={call.Authorize: authorize_conf(status)})
    assert names(world.asked) == ["Authorize"]
    assert Start() not in world.on_bus


@clause("S4.1 TC_068 the same tag stops", ClockAlignedDataInterval="0")
def test_the_tag_that_started_stops_without_authorize(world: World) -> None:
    world.registered()
    begin(world)
    begin(forget(world), "rig")  # 7.28: tags are case-insensitive
    assert names(session(world)) == ["StopTransaction"]
    stop = only(world, call.StopTransaction)
    assert (stop.transaction_id, stop.id_tag, stop.reason) == (4, "rig", "Local")
    assert commands(world)[-1] == Stop()
    world.feed(Unplugged())
    settle(world)
    assert statuses(world) == ["Finishing", "Available"]


def group(parent: str) -> dict[type[Any], Any]:
    return {call.Authorize: authorize_conf("Accepted", parent_id_tag=parent)}


@clause("S3.10 TC_069 a tag of the same group stops")
def test_a_tag_with_the_same_parent_stops_after_authorize(world: World) -> None:
    world.registered()
    begin(world, "ONE", replies=group("FAMILY"))
    begin(forget(world), "TWO", replies=group("FAMILY"))
    assert names(session(world)) == ["Authorize", "StopTransaction"]
    assert only(world, call.StopTransaction).id_tag == "TWO"


@clause("S4.1 a tag of another group does not stop")
def test_a_tag_with_another_parent_does_not_stop(world: World) -> None:
    world.registered()
    begin(world, "ONE", replies=group("FAMILY"))
    begin(forget(world), "TWO", replies=group("OTHERS"))
    assert names(world.asked) == ["Authorize"]
    assert world.last_command is None


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


# the central system does not accept the tag of a transaction


@clause("S4.8 E3.17 stop", StopTransactionOnInvalidId="true")
def test_a_transaction_whose_tag_is_not_accepted_is_stopped(world: World) -> None:
    world.registered()
    begin(world, replies={call.StartTransaction: start_conf(4, "Blocked")})
    assert only(world, call.StopTransaction).reason == "DeAuthorized"
    assert world.last_command == Stop()


@clause("S4.8 E3.17 no energy", StopTransactionOnInvalidId="false")
def test_a_transaction_whose_tag_is_not_accepted_gets_no_energy(world: World) -> None:
    world.registered()
    begin(forget(world), replies={call.StartTransaction: start_conf(4, "Blocked")})
    assert told(world, call.StopTransaction) == []
    assert statuses(world)[-1] == "SuspendedEVSE"
    assert limits(world)[-1] == 0


@clause("S9.1.14 MaxEnergyOnInvalidId", supply=SUPPLY, MaxEnergyOnInvalidId="1000")
def test_a_transaction_whose_tag_is_not_accepted_gets_the_energy_that_it_may(world: World) -> None:
    """By hand: 16 A * 230 V * 3 = 11040 W; 1000 Wh take 326.1 s."""
    world.registered()
    begin(world, replies={call.StartTransaction: start_conf(4, "Blocked")})
    seconds = 0
    while told(world, call.StopTransaction) == []:
        world.feed(Current(16))
        run(world, 1)
        seconds += 1
    assert seconds == pytest.approx(327, abs=1)
    stop = only(world, call.StopTransaction)
    assert stop.reason == "DeAuthorized"
    assert stop.meter_stop == pytest.approx(1000, abs=4)
