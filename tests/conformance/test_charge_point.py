"""The charge point by the clauses: registration, tags, sessions. Each test's id is its clause."""

from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import ChargePointErrorCode, MessageTrigger

from rig.logic.cp.events import Plugged, Raised, Unplugged
from rig.logic.messages import Current, Start, Stop
from tests.conformance.clauses import (
    SUPPLY,
    availability,
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
    setting,
    settle,
    statuses,
    told,
)
from tests.logic.cp.world import (
    World,
    authorize_conf,
    boot_conf,
    names,
    remote_start,
    start_conf,
    trigger,
)

# registration


@clause("S4.2 E3.22 TC_001 cold boot", connectors=2)
def test_a_boot_is_followed_by_the_status_of_0_and_of_each_connector(world: World) -> None:
    world.registered()
    assert names(world.asked) == ["BootNotification", *["StatusNotification"] * 3]
    assert [item.connector_id for item in told(world, call.StatusNotification)] == [0, 1, 2]
    assert statuses(world, connector=0) == ["Available"]


@clause("S4.2 TC_002 Pending")
def test_pending_it_answers_but_tells_only_what_is_triggered(world: World) -> None:
    world.link_up()
    world.connect()
    world.answer(boot_conf("Pending", 90))
    settle(world)
    assert setting(world, "NumberOfConnectors") == "1"
    assert world.status(remote_start(connector_id=1)) == "Rejected"
    assert world.status(trigger(MessageTrigger.status_notification, 1)) == "Accepted"
    assert names(world.asked) == ["BootNotification", "StatusNotification"]
    world.answer()
    run(world, 89)
    assert len(world.asked) == 2
    run(world, 1)
    assert names(world.asked[2:]) == ["BootNotification", *["StatusNotification"] * 2]


@clause("S4.2 Pending, a boot is triggered")
def test_pending_a_triggered_boot_comes_before_the_interval_is_over(world: World) -> None:
    world.link_up()
    world.connect()
    world.answer(boot_conf("Pending", 900))
    assert world.status(trigger(MessageTrigger.boot_notification)) == "Accepted"
    assert names(world.answer_all())[0] == "BootNotification"


@clause("S4.2.1 Rejected")
def test_rejected_it_neither_tells_nor_answers_until_the_interval_is_over(world: World) -> None:
    world.link_up()
    world.connect()
    world.answer(boot_conf("Rejected", 60))
    settle(world)
    world.ask(call.GetConfiguration())
    run(world, 59)
    assert world.answers == {}
    assert names(world.asked) == ["BootNotification"]
    run(world, 1)
    assert names(world.asked)[:2] == ["BootNotification"] * 2


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
@clause("S4.2 an interval of 0")
def test_without_an_interval_it_waits_as_long_as_it_likes_but_not_for_nothing(
    world: World, status: str
) -> None:
    world.link_up()
    world.connect()
    world.answer(boot_conf(status, 0))
    world.advance(1)
    assert names(world.asked) == ["BootNotification"]
    world.advance(300)
    assert names(world.asked) == ["BootNotification"] * 2


@clause("S4.2 the interval is that of the heartbeat")
def test_the_interval_of_an_accepted_boot_becomes_heartbeat_interval(world: World) -> None:
    world.link_up()
    world.connect()
    world.answer(boot_conf("Accepted", 120))
    settle(world)
    assert setting(world, "HeartbeatInterval") == "120"
    run(world, 119)
    assert told(world, call.Heartbeat) == []
    run(world, 1)
    assert len(told(world, call.Heartbeat)) == 1


@clause("S5.3 S9.1.10 HeartbeatInterval")
def test_a_changed_heartbeat_interval_is_in_force_at_once(world: World) -> None:
    booted(world)
    assert change(world, "HeartbeatInterval", "30") == "Accepted"
    run(world, 91)
    assert len(told(world, call.Heartbeat)) == 3


@clause("S4.6 Heartbeat in a gap")
def test_a_connection_is_never_silent_for_longer_than_the_interval(world: World) -> None:
    booted(world)
    run(world, 3600)
    assert len(told(world, call.Heartbeat)) == 12  # 300 s, as BootNotification.conf said


@clause("J5.4 a connection without a boot")
def test_a_new_connection_of_the_same_life_brings_no_boot_notification(world: World) -> None:
    booted(world).disconnect()
    run(world, 50)
    world.connect()
    settle(world)
    assert world.asked == []


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


# faults


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
