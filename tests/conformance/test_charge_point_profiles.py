"""Charging profiles by the clauses: which are taken, in which unit, and which are cleared."""

from typing import Any

from ocpp.v16.enums import ChargingProfilePurposeType as Purpose
from ocpp.v16.enums import ChargingRateUnitType as Unit

from tests.conformance.clauses import (
    SUPPLY,
    booted,
    clause,
    forget,
    limits,
    rows,
    run,
    setting,
    settle,
)
from tests.conformance.profiles import DAY, MAX, TX, at, clear, composite, install, raw
from tests.cp.logic.world import World

# which profiles are taken


@clause("S3.13.1 S5.16.4 TC_058_1 no transaction")
def test_a_tx_profile_without_a_transaction_is_rejected(world: World) -> None:
    assert install(booted(world), raw((0, 16), purpose=TX)) == "Rejected"
    assert limits(world) == []


@clause("S5.16.2 TC_058_2 another transaction")
def test_a_tx_profile_of_another_transaction_is_rejected(world: World) -> None:
    world.charging()
    assert install(world, raw((0, 16), purpose=TX, transaction_id=5)) == "Rejected"
    assert install(world, raw((0, 16), purpose=TX, transaction_id=4)) == "Accepted"


TAKEN: dict[str, tuple[dict[str, Any], int, str]] = {
    "S3.13.1 a maximum of one connector": (raw((0, 16), purpose=MAX), 1, "Rejected"),
    "S3.13.1 a maximum of all": (raw((0, 16), purpose=MAX), 0, "Accepted"),
    "S3.13.1 a default of all": (raw((0, 16)), 0, "Accepted"),
    "S3.13.1 a transaction of all": (raw((0, 16), purpose=TX), 0, "Rejected"),
    "S7.13 periods begin at 0": (raw((1, 16)), 1, "Rejected"),
    "E3.70 periods rise": (raw((0, 16), (60, 8), (30, 4)), 1, "Rejected"),
    "S9.4.1 above ChargeProfileMaxStackLevel": (raw((0, 16), stack_level=21), 1, "Rejected"),
    "S9.4.3 above ChargingScheduleMaxPeriods": (
        raw(*((n, 16) for n in range(1001))),
        1,
        "Rejected",
    ),
    "S3.13.2 recurring without a start": (
        raw((0, 16), charging_profile_kind="Recurring", recurrency_kind="Daily"),
        1,
        "Rejected",
    ),
    "E3.24 an unknown connector": (raw((0, 16)), 7, "PropertyConstraintViolation"),
    "the bus carries 16 bits": (raw((0, 65536)), 1, "Rejected"),
    "S9.4.2 W without a voltage": (
        raw((0, 3680), schedule={"charging_rate_unit": "W"}),
        1,
        "Rejected",
    ),
}


@rows(("profile", "connector", "status"), TAKEN)
def test_a_profile_is_taken_where_the_standard_allows_it(
    world: World, profile: dict[str, Any], connector: int, status: str
) -> None:
    assert install(booted(world), profile, connector) == status


@clause("S9.4.5 above MaxChargingProfilesInstalled", connectors=5)
def test_more_profiles_than_it_has_room_for_are_rejected(world: World) -> None:
    """6 connectors with 0, of 21 levels each: 126 places for 100 profiles."""
    most = int(setting(booted(world), "MaxChargingProfilesInstalled"))
    far = {"valid_from": at(DAY), "valid_to": at(2 * DAY)}
    for number in range(most):
        wanted = raw((0, 16), charging_profile_id=number, stack_level=number // 6, **far)
        assert install(world, wanted, number % 6) == "Accepted"
    level = (most + 5) // 6  # nothing is in its place
    wanted = raw((0, 16), charging_profile_id=most, stack_level=level, **far)
    assert install(world, wanted) == "Rejected"


# which are cleared (5.5, errata 3.25 and 3.26)


def two(world: World) -> None:
    """Profile 1 is the default of connector 1, profile 2 the maximum, both of level 0."""
    booted(world)
    assert install(world, raw((0, 6), charging_profile_id=1)) == "Accepted"
    wanted = raw((0, 20), charging_profile_id=2, purpose=MAX)
    assert install(world, wanted, 0) == "Accepted"


CLEARED: dict[str, tuple[dict[str, Any], list[int]]] = {
    "S5.5 TC_067 by id": ({"id": 1}, [2]),
    "S5.5 TC_067 all": ({}, []),
    "E3.25 an id alone counts": ({"id": 1, "connector_id": 0, "stack_level": 9}, [2]),
    "E3.26 all that is given must fit": (
        {"connector_id": 1, "charging_profile_purpose": Purpose.charge_point_max_profile},
        [1, 2],
    ),
    "S5.5 by purpose": ({"charging_profile_purpose": Purpose.charge_point_max_profile}, [1]),
    "S5.5 by level": ({"stack_level": 0}, []),
    "S5.5 by connector": ({"connector_id": 1}, [2]),
    "S5.5 connector 0 is that of the maximum": ({"connector_id": 0}, [1]),
    "S5.5 none of this id": ({"id": 3}, [1, 2]),
}


@rows(("fields", "left"), CLEARED)
def test_what_a_request_names_is_cleared(
    world: World, fields: dict[str, Any], left: list[int]
) -> None:
    two(world)
    assert clear(world, **fields) == ("Unknown" if left == [1, 2] else "Accepted")
    assert [number for number in (1, 2) if clear(world, id=number) == "Accepted"] == left


@clause("S5.5 what was below is in force again")
def test_a_cleared_profile_leaves_the_next_in_force_at_once(world: World) -> None:
    forget(world.charging())
    assert install(world, raw((0, 20), charging_profile_id=1)) == "Accepted"
    assert install(world, raw((0, 6), charging_profile_id=2, stack_level=1)) == "Accepted"
    assert clear(world, id=2) == "Accepted"
    settle(world)
    assert limits(world) == [20, 6, 20]


@clause("S3.13.1 a profile of a transaction is of one connector")
def test_a_tx_profile_of_connector_0_is_rejected_also_during_a_transaction(world: World) -> None:
    world.charging()
    assert install(world, raw((0, 16), purpose=TX), 0) == "Rejected"


# in W


@clause("S5.7 in W", supply=SUPPLY)
def test_a_schedule_is_told_in_the_unit_that_is_asked_for(world: World) -> None:
    """16 A * 230 V * 3 = 11040 W."""
    assert install(booted(world), raw((0, 16))) == "Accepted"
    assert composite(world, 60, unit=Unit.watts) == [(0, 11040)]


@clause("S7.12 limits in W", supply=SUPPLY)
def test_watts_become_amperes_of_each_phase(world: World) -> None:
    """11040 W / (230 V * 3) = 16 A. With numberPhases 1 it flows in three all the same: 3 A."""
    booted(world)
    watts = {"charging_rate_unit": "W"}
    assert install(world, raw((0, 11040), schedule=watts)) == "Accepted"
    one = [{"start_period": 0, "limit": 2300, "number_phases": 1}]
    wanted = raw((0, 0), schedule=watts | {"charging_schedule_period": one})
    assert install(world, wanted) == "Accepted"
    assert limits(world) == [16, 3]


@clause("S3.13.7 the example of the standard", supply=SUPPLY)
def test_the_daily_profile_of_the_example_is_in_force_as_it_says(world: World) -> None:
    """6 kW from 8 to 20 h: 6000 W / (230 V * 3) = 8.69 A, and 11 kW before and after: 15.94 A."""
    booted(world)
    schedule = {
        "duration": DAY,
        "start_schedule": "2013-01-01T00:00:00Z",
        "charging_rate_unit": "W",
        "charging_schedule_period": [
            {"start_period": 0, "limit": 11000, "number_phases": 3},
            {"start_period": 28800, "limit": 6000, "number_phases": 3},
            {"start_period": 72000, "limit": 11000, "number_phases": 3},
        ],
    }
    kind = {"charging_profile_kind": "Recurring", "recurrency_kind": "Daily"}
    assert install(world, raw((0, 0), charging_profile_id=100, schedule=schedule, **kind)) == (
        "Accepted"
    )
    watts = composite(world, DAY, unit=Unit.watts)
    assert watts == [(0, 6000), (8 * 3600, 11000), (20 * 3600, 6000)]
    run(world, 8 * 3600)
    assert limits(world) == [8, 15]  # the bus carries whole A, rounded down


@clause("S7.14 a limit has one decimal", supply=SUPPLY)
def test_a_schedule_never_says_more_than_is_in_force(world: World) -> None:
    """7000 W / (230 V * 3) = 10.145 A."""
    booted(world)
    assert install(world, raw((0, 7000), schedule={"charging_rate_unit": "W"})) == "Accepted"
    assert composite(world, 60) == [(0, 10.1)]
