"""Tags by the clauses: the cache, who may start and stop, and what follows a refusal."""

from typing import Any

import pytest
from ocpp.v16 import call, call_result

from rig.bus.logic.messages import Current, Start, Stop
from rig.cp.logic.events import Unplugged
from tests.conformance.clauses import (
    SUPPLY,
    begin,
    booted,
    clause,
    commands,
    forget,
    limits,
    only,
    rows,
    run,
    session,
    settle,
    statuses,
    told,
)
from tests.cp.logic.said import authorize_conf, names, start_conf
from tests.cp.logic.world import World


@clause("S3.5.1 TC_007 a tag of the cache", LocalPreAuthorize="true")
def test_a_cached_tag_starts_without_authorize(world: World) -> None:
    world.registered()
    begin(world)
    begin(world)
    begin(forget(world))
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


@clause("S3.5.1 what StopTransaction.conf says of a tag", LocalPreAuthorize="true")
def test_a_tag_that_stop_transaction_conf_blocks_is_asked_for_again(world: World) -> None:
    world.registered()
    begin(world)
    info: Any = {"status": "Blocked"}
    begin(world, replies={call.StopTransaction: call_result.StopTransaction(info)})
    begin(forget(world), replies={call.Authorize: authorize_conf("Blocked")})
    assert names(session(world)) == ["Authorize"]
