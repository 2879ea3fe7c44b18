"""Smart charging by the clauses: which limit is in force when."""

from typing import Any

from ocpp.v16 import call

from rig.bus.logic.messages import SetLimit, Start
from rig.cp.logic.events import Plugged
from tests.conformance.clauses import (
    begin,
    booted,
    clause,
    forget,
    limits,
    rows,
    run,
    settle,
    statuses,
    told,
)
from tests.conformance.profiles import DAY, MAX, TX, at, clear, composite, install, raw
from tests.cp.logic.said import remote_start
from tests.cp.logic.world import World


@clause("S5.16 TC_056 default before a transaction")
def test_a_default_is_in_force_from_the_first_moment_of_a_transaction(world: World) -> None:
    assert install(booted(world), raw((0, 6))) == "Accepted"
    assert limits(world) == [6]
    begin(world)
    world.feed(Plugged())
    settle(world)
    assert (world.last_command, limits(world)[-1]) == (Start(), 6)
    assert composite(world, 60) == [(0, 6)]


@clause("E3.8 TC_082 default during a transaction")
def test_a_default_is_in_force_at_once_in_a_transaction_without_a_profile(world: World) -> None:
    forget(world.charging())
    assert install(world, raw((0, 6))) == "Accepted"
    assert limits(world) == [6]


@clause("S3.13.1 TC_057 the profile of a transaction")
def test_a_tx_profile_overrules_the_default_and_ends_with_its_transaction(world: World) -> None:
    world.charging()
    assert install(world, raw((0, 10))) == "Accepted"
    wanted = raw((0, 6), purpose=TX, charging_profile_id=2, transaction_id=4)
    assert install(world, wanted) == "Accepted"
    assert composite(world, 60) == [(0, 6)]
    assert world.status(call.RemoteStopTransaction(4)) == "Accepted"
    settle(world)
    assert clear(world, id=2) == "Unknown"
    assert composite(world, 60) == [(0, 10)]


@clause("S5.11 TC_059 remote start with a profile")
def test_a_remote_start_brings_the_profile_of_its_transaction(world: World) -> None:
    world.registered()
    request = remote_start(connector_id=1, charging_profile=raw((0, 6), (60, 10), purpose=TX))
    assert forget(world).status(request) == "Accepted"
    settle(world)
    assert world.on_bus == [SetLimit(6), Start()]
    run(world, 60)
    assert limits(world) == [6, 10]


@rows(
    "profile",
    {
        "S5.16.2 TC_060 with a transactionId": raw((0, 6), purpose=TX, transaction_id=1),
        "S5.16.2 TC_060 no TxProfile": raw((0, 6), purpose="TxDefaultProfile"),
    },
)
def test_a_remote_start_with_another_profile_is_rejected(
    world: World, profile: dict[str, Any]
) -> None:
    request = remote_start(connector_id=1, charging_profile=profile)
    assert world.registered().status(request) == "Rejected"
    assert told(world, call.StartTransaction) == []


@clause("S3.13.2 TC_072 stacking")
def test_the_highest_level_that_says_something_prevails_then_the_one_below(world: World) -> None:
    world.charging()
    forget(world)
    low = raw((0, 20), charging_profile_id=1)
    high = raw((0, 6), charging_profile_id=2, stack_level=1, schedule={"duration": 60})
    assert install(world, low) == "Accepted"
    assert install(world, high) == "Accepted"
    assert composite(world, 120) == [(0, 6), (60, 20)]
    run(world, 60)
    assert limits(world) == [20, 6, 20]


@clause("S5.16.3 the same level")
def test_a_profile_of_the_same_purpose_and_level_replaces_the_one_before(world: World) -> None:
    booted(world)
    assert install(world, raw((0, 20), charging_profile_id=1)) == "Accepted"
    assert install(world, raw((0, 6), charging_profile_id=2)) == "Accepted"
    assert clear(world, id=1) == "Unknown"
    assert composite(world, 60) == [(0, 6)]


@clause("S3.13.1 a default of the connector")
def test_a_default_of_the_connector_overrules_that_of_all(world: World) -> None:
    booted(world)
    assert install(world, raw((0, 20), charging_profile_id=1), 0) == "Accepted"
    assert install(world, raw((0, 6), charging_profile_id=2), 1) == "Accepted"
    assert composite(world, 60) == [(0, 6)]


@clause("S3.13.3 the least of all purposes")
def test_the_maximum_of_the_charge_point_caps_the_others(world: World) -> None:
    world.charging()
    assert install(world, raw((0, 20), (60, 6))) == "Accepted"
    wanted = raw((0, 10), purpose=MAX, charging_profile_id=2)
    assert install(world, wanted, 0) == "Accepted"
    assert composite(world, 120) == [(0, 10), (60, 6)]


@clause("S3.13.3 the sum of the connectors", connectors=2)
def test_the_maximum_is_that_of_all_connectors_together(world: World) -> None:
    """Two transactions, 20 A: whatever each gets, together it is no more."""
    world.registered()
    begin(world, "ONE", 1)
    begin(world, "TWO", 2)
    assert install(world, raw((0, 20), purpose=MAX), 0) == "Accepted"
    settle(world)
    assert limits(world, 1)[-1] + limits(world, 2)[-1] <= 20
    assert composite(world, 60, connector=0) == [(0, 20)]


@clause("S5.7 TC_066 the periods that follow")
def test_a_composite_schedule_begins_now_and_is_what_the_bus_gets(world: World) -> None:
    world.charging()
    forget(world)
    assert install(world, raw((0, 16), (100, 10), (200, 6))) == "Accepted"
    run(world, 50)
    assert composite(world, 200) == [(0, 16), (50, 10), (150, 6)]
    run(world, 200)
    assert limits(world) == [16, 10, 6]
    assert [when for when, _, _ in world.carried] == [0, 100, 200]


@rows("connector", {"S5.7 unknown connector": 7})
def test_there_is_no_schedule_of_an_unknown_connector(world: World, connector: int) -> None:
    assert booted(world).status(call.GetCompositeSchedule(connector, 60)) == "Rejected"


@clause("S3.13.2 validFrom and validTo")
def test_a_profile_says_something_from_valid_from_until_valid_to(world: World) -> None:
    forget(world.charging())
    assert install(world, raw((0, 20), charging_profile_id=1)) == "Accepted"
    valid = {"valid_from": at(60), "valid_to": at(120)}
    wanted = raw((0, 6), charging_profile_id=2, stack_level=1, **valid)
    assert install(world, wanted) == "Accepted"
    run(world, 180)
    assert [(when, m.limit) for when, _, m in world.carried if isinstance(m, SetLimit)][-2:] == [
        (60, 6),
        (120, 20),
    ]


@clause("S3.13.2 daily")
def test_a_daily_profile_begins_again_each_day(world: World) -> None:
    forget(world.charging())
    start = {"start_schedule": at(-3600), "charging_rate_unit": "A"}
    wanted = raw(
        (0, 20),
        (7200, 6),
        schedule=start,
        charging_profile_kind="Recurring",
        recurrency_kind="Daily",
    )
    assert install(world, wanted) == "Accepted"
    assert composite(world, DAY + 3600) == [(0, 20), (3600, 6), (DAY - 3600, 20)]


@clause("S7.13 absolute")
def test_an_absolute_schedule_counts_from_its_start_and_ends_after_its_duration(
    world: World,
) -> None:
    """Began 50 s ago: its second period begins in 10 s, its end is in 70 s."""
    world.charging()
    schedule = {"start_schedule": at(world.now - 50), "duration": 120}
    wanted = raw((0, 20), (60, 6), schedule=schedule, charging_profile_kind="Absolute")
    assert install(world, wanted) == "Accepted"
    periods = composite(world, 100)
    assert periods[:2] == [(0, 20), (10, 6)]
    assert periods[2][0] == 70


@clause("S4.9 a limit of 0")
def test_a_limit_of_0_in_a_transaction_is_suspended_evse(world: World) -> None:
    forget(world.charging())
    assert install(world, raw((0, 0))) == "Accepted"
    settle(world)
    assert install(world, raw((0, 6))) == "Accepted"
    settle(world)
    assert statuses(world) == ["SuspendedEVSE", "Charging"]


@clause("E3.37 profiles over a power loss")
def test_profiles_outlast_a_power_loss(world: World) -> None:
    assert install(booted(world), raw((0, 6))) == "Accepted"
    world.die()
    world.registered()
    assert composite(world, 60) == [(0, 6)]


@clause("S5.16.2 the profile of the remote start is replaced")
def test_a_profile_of_the_transaction_replaces_the_one_that_it_began_with(world: World) -> None:
    world.registered()
    request = remote_start(connector_id=1, charging_profile=raw((0, 6), purpose=TX))
    assert world.status(request) == "Accepted"
    settle(world)
    wanted = raw((0, 10), purpose=TX, charging_profile_id=2, transaction_id=4)
    assert install(world, wanted) == "Accepted"
    assert composite(world, 60) == [(0, 10)]
    assert clear(world, id=1) == "Unknown"


@clause("S3.13.2 a replacement that is valid later")
def test_a_replacement_in_the_future_leaves_nothing_in_force_until_then(world: World) -> None:
    """32 A is what is in force without any profile."""
    world.charging()
    assert install(world, raw((0, 6))) == "Accepted"
    assert install(world, raw((0, 10), valid_from=at(world.now + 60))) == "Accepted"
    assert composite(world, 120) == [(0, 32), (60, 10)]


@clause("E3.8 the default is removed during a transaction")
def test_without_its_default_a_transaction_goes_on_unlimited(world: World) -> None:
    world.charging()
    assert install(world, raw((0, 6))) == "Accepted"
    assert clear(forget(world), id=1) == "Accepted"
    settle(world)
    assert limits(world) == [32]
    assert told(world, call.StopTransaction) == []


@clause("S5.16.4 a daily schedule of some hours")
def test_after_its_duration_a_daily_profile_gives_way_to_the_one_below(world: World) -> None:
    """From 13:00 for an hour; what is longer than a day would be cut there."""
    booted(world)
    assert install(world, raw((0, 20), charging_profile_id=1)) == "Accepted"
    schedule = {"start_schedule": at(3600), "duration": 3600}
    kind = {"charging_profile_kind": "Recurring", "recurrency_kind": "Daily"}
    wanted = raw((0, 6), charging_profile_id=2, stack_level=1, schedule=schedule, **kind)
    assert install(world, wanted) == "Accepted"
    assert composite(world, DAY)[:3] == [(0, 20), (3600, 6), (7200, 20)]
