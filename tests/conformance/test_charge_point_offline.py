"""The charge point without its central system, by the clauses: what it starts, keeps and tells."""

from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import ChargePointErrorCode

from rig.bus.logic.messages import Current, SetLimit, Start
from rig.cp.logic.events import Raised
from rig.ocppj.logic.moments import timestamp
from tests.conformance.clauses import (
    SUPPLY,
    begin,
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
from tests.cp.logic.said import authorize_conf, names, profile, remote_start, start_conf
from tests.cp.logic.world import NOON, World

KEPT = (call.StartTransaction, call.MeterValues, call.StopTransaction)
QUIET = {"MeterValuesEveryCurrent": "false", "supply": SUPPLY}
AWAY = 40.0  # s; less than the rig's timeout of a central system that is gone


def away(world: World, seconds: float = AWAY) -> None:
    """The central system is away, and comes back."""
    world.disconnect()
    run(world, seconds)


def back(world: World, replies: dict[type[Any], Any] | None = None) -> None:
    forget(world).connect()
    settle(world, replies)


def kept(world: World) -> list[str]:
    return [name for name in names(world.asked) if name in [kind.__name__ for kind in KEPT]]


def moments(world: World) -> list[str]:
    """Of the values that were told."""
    return [value.timestamp for item in told(world, call.MeterValues) for value in item.meter_value]


def known(world: World, status: str = "Accepted") -> World:
    """Registered, and RIG is in the cache with this status."""
    world.registered()
    begin(world, replies={call.Authorize: authorize_conf(status)})
    if status == "Accepted":
        begin(world)
    return forget(world)


@clause("S3.7 TC_036 away during a transaction", MeterValueSampleInterval="10", **QUIET)
def test_meter_values_of_the_absence_are_told_in_order_afterwards(world: World) -> None:
    world.charging().feed(Current(16))
    begun = world.now
    away(world)
    assert world.last_command == Start()  # it goes on
    back(world)
    assert {item.transaction_id for item in told(world, call.MeterValues)} == {4}
    assert moments(world) == [timestamp(NOON + begun + n) for n in (10, 20, 30, 40)]


@clause("S3.4 S4.8 TC_037_1 a known tag starts offline", **QUIET)
def test_a_known_tag_starts_a_transaction_that_is_told_afterwards(world: World) -> None:
    known(world).disconnect()
    run(world, 10)
    begin(world)
    assert world.last_command == Start()
    started = timestamp(NOON + world.now)
    run(world, 30)
    back(world)
    start = only(world, call.StartTransaction)
    assert (start.id_tag, start.timestamp) == ("RIG", started)
    assert "Charging" in statuses(world)


@rows(
    ("stops", "outcome"),
    {
        "S3.4 E3.17 TC_037_2 unknown, no energy": ("false", "SuspendedEVSE"),
        "S3.4 E3.17 TC_037_3 unknown, stop": ("true", "Finishing"),
    },
)
def test_an_unknown_tag_that_started_offline_is_refused_afterwards(
    world: World, stops: str, outcome: str
) -> None:
    world.disk["configuration"] |= {
        "AllowOfflineTxForUnknownId": "true",
        "StopTransactionOnInvalidId": stops,
    }
    world.die()
    world.registered().disconnect()
    begin(world, "STRANGER")
    assert world.last_command == Start()
    back(world, {call.StartTransaction: start_conf(4, "Invalid")})
    assert statuses(world)[-1] == outcome
    assert len(told(world, call.StopTransaction)) == (stops == "true")
    if stops == "true":
        assert only(world, call.StopTransaction).reason == "DeAuthorized"
    else:
        assert limits(world)[-1] == 0


@clause("S3.4 AllowOfflineTxForUnknownId false", AllowOfflineTxForUnknownId="false")
def test_an_unknown_tag_starts_nothing_offline(world: World) -> None:
    world.registered().disconnect()
    begin(forget(world), "STRANGER")
    assert commands(world) == []
    back(world)
    assert kept(world) == []


@clause("S3.4 known and refused", AllowOfflineTxForUnknownId="true")
def test_a_tag_that_is_known_as_not_accepted_starts_nothing_offline(world: World) -> None:
    known(world, "Blocked").disconnect()
    begin(world)
    assert commands(world) == []


@clause("S9.1.12 LocalAuthorizeOffline false", LocalAuthorizeOffline="false")
def test_without_local_authorization_a_known_tag_starts_nothing_offline(world: World) -> None:
    known(world).disconnect()
    begin(world)
    assert commands(world) == []


@clause("S4.10 TC_038 stopped offline", **QUIET)
def test_a_transaction_that_ended_offline_is_told_afterwards_with_its_time(world: World) -> None:
    known(world)
    begin(world)
    world.disconnect()
    run(world, 20)
    begin(world)
    ended = timestamp(NOON + world.now)
    run(world, 20)
    back(world)
    stop = only(world, call.StopTransaction)
    assert (stop.transaction_id, stop.timestamp, stop.id_tag) == (4, ended, "RIG")


@clause("S3.7 TC_039 all of it offline", MeterValueSampleInterval="10", **QUIET)
def test_an_offline_transaction_is_told_in_order_with_the_id_that_it_gets(world: World) -> None:
    known(world).disconnect()
    begin(world)
    world.feed(Current(16))
    run(world, 25)
    begin(world)
    back(world, {call.StartTransaction: start_conf(77, "Accepted")})
    assert kept(world) == ["StartTransaction", "MeterValues", "MeterValues", "StopTransaction"]
    assert {item.transaction_id for item in told(world, call.MeterValues)} == {77}
    assert only(world, call.StopTransaction).transaction_id == 77


def begin_unanswered(world: World) -> None:
    """A transaction begins by RemoteStart, and StartTransaction is on its way."""
    world.ask(remote_start(connector_id=1))
    while not isinstance(world.outstanding, call.StartTransaction):
        world.echo_all()
        if world.outstanding and not isinstance(world.outstanding, call.StartTransaction):
            world.answer()


def settle_status(world: World) -> None:
    while world.outstanding is not None:
        assert isinstance(world.outstanding, call.StatusNotification)
        world.answer()


@clause(
    "S3.7.1 retries", TransactionMessageAttempts="3", TransactionMessageRetryInterval="60", **QUIET
)
def test_a_transaction_message_is_tried_three_times_with_growing_pauses(world: World) -> None:
    """After 60 s, after 120 s more, then it is given up; with one id (JE3.7)."""
    known(world)
    begin_unanswered(world)
    times = [world.now]
    for _ in range(2):
        world.fail()
        settle_status(world)
        while not isinstance(world.outstanding, call.StartTransaction):
            world.advance(1)
            if isinstance(world.outstanding, call.StatusNotification):  # no charger reports
                world.answer()
        times.append(world.now)
    world.fail()
    run(world, 600)
    assert times == [times[0], times[0] + 60, times[0] + 180]
    sent = [
        unique_id
        for request, unique_id in zip(world.asked, world.ids, strict=True)
        if isinstance(request, call.StartTransaction)
    ]
    assert len(sent) == 3
    assert len(set(sent)) == 1
    assert sent[0]


@clause("E3.18 a transaction without an id", TransactionMessageAttempts="1", **QUIET)
def test_a_transaction_that_never_got_an_id_is_stopped_as_minus_1(world: World) -> None:
    known(world)
    begin_unanswered(world)
    world.fail()
    settle(world)
    begin(world)
    assert only(world, call.StopTransaction).transaction_id == -1


@clause("S3.7 others may overtake", TransactionMessageRetryInterval="60", **QUIET)
def test_a_status_does_not_wait_for_a_transaction_message_that_waits(world: World) -> None:
    known(world)
    begin_unanswered(world)
    world.fail()
    settle_status(world)
    assert statuses(world)[-1] == "Charging"
    world.feed(Raised(ChargePointErrorCode.weak_signal))
    settle(world)
    assert told(world, call.StatusNotification)[-1].error_code == "WeakSignal"
    begin(world)  # ends it: that waits behind its start
    assert told(world, call.StopTransaction) == []
    run(world, 60)
    assert kept(world) == ["StartTransaction", "StartTransaction", "StopTransaction"]


@clause("S3.7 over a crash", MeterValueSampleInterval="10", **QUIET)
def test_what_was_kept_is_told_after_a_crash_in_order_and_under_the_same_ids(world: World) -> None:
    known(world).disconnect()
    begin(world)
    world.feed(Current(16))
    run(world, 25)
    world.die()
    forget(world).registered()
    assert kept(world) == ["StartTransaction", "MeterValues", "MeterValues", "StopTransaction"]
    own = [unique_id for unique_id in world.ids if unique_id]
    assert len(own) == len(set(own)) == 4


@clause("JE3.7 no id twice", **QUIET)
def test_ids_of_one_life_are_not_those_of_another(world: World) -> None:
    world.registered()
    used: list[str] = []
    for _ in range(3):
        begin(world)
        begin(world)
        used += [unique_id for unique_id in world.ids if unique_id]
        forget(world).die()
        world.registered()
        forget(world)
    assert len(used) == len(set(used)) == 6


@pytest.mark.parametrize("attempts", [0, 1], ids=["", "and it goes again at once"])
@clause("S3.7 clock-aligned without a transaction", ClockAlignedDataInterval="10", **QUIET)
def test_clock_aligned_values_of_an_absence_are_told_in_order_afterwards(
    world: World, attempts: int
) -> None:
    """They are transaction-related messages by definition, also where no transaction runs."""
    world.registered().feed(Current(0))
    begun = world.now
    away(world)
    for _ in range(attempts):
        world.connect()
        world.disconnect()
    back(world)
    assert moments(world) == [timestamp(NOON + begun + n) for n in (10, 20, 30, 40)]


@clause("S3.13.6 limits offline", **QUIET)
def test_a_schedule_goes_on_without_the_central_system(world: World) -> None:
    world.charging()
    wanted = profile(16, "TxProfile")
    periods = [{"start_period": 0, "limit": 16}, {"start_period": 30, "limit": 8}]
    wanted["charging_schedule"]["charging_schedule_period"] = periods
    assert world.status(call.SetChargingProfile(1, wanted)) == "Accepted"
    forget(world).disconnect()
    run(world, 30)
    assert world.on_bus == [SetLimit(8)]
