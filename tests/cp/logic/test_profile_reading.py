"""What is read of a profile, and what is rejected (OCPP 1.6 edition 2, 7.8 to 7.14, errata)."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.cp.logic.profile import Kind, Profile, ProfileError, Purpose
from rig.cp.logic.profile_reading import LONGEST, read_profile, whole_seconds
from rig.role.logic.supply import Supply
from tests.cp.logic.charging import NOON, THREE_PHASES, raw


def periods(*starts: int, limit: float = 5) -> dict[str, Any]:
    found = [{"start_period": start, "limit": limit} for start in starts]
    return {"schedule": {"charging_schedule_period": found}}


RECURRING = {"charging_profile_kind": "Recurring"}
FROM_NOON = {"schedule": {"start_schedule": "2026-01-31T12:00:00Z"}}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (periods(), "begin at 0"),
        (periods(1), "begin at 0"),
        (periods(0, 9, 5), "rise"),
        (periods(0, 0), "rise"),
        (periods(-1, 0), "startPeriod"),
        (periods(0, 10**400), "startPeriod"),
        (periods(0, limit=-1), "below 0"),
        (periods(0, limit=math.nan), "below 0"),
        (periods(0, limit=10**400), "hundreds of digits"),
        ({"schedule": {"duration": -1}}, "duration"),
        ({"schedule": {"duration": 10**400}}, "duration"),
        ({"charging_profile_kind": "Absolute"}, "startSchedule"),
        (RECURRING | {"recurrency_kind": "Daily"}, "startSchedule"),
        (RECURRING | FROM_NOON, "recurrencyKind"),
        ({"valid_from": "yesterday"}, "is no date"),
        ({"charging_profile_kind": "Absolute", "schedule": {"start_schedule": "now"}}, "no date"),
    ],
)
def test_a_profile_that_the_standard_does_not_allow_is_rejected(
    changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(ProfileError, match=why):
        read_profile(1, raw(**changes), None)


def watts(limit: float, **period: Any) -> dict[str, Any]:
    found = [{"start_period": 0, "limit": limit} | period]
    return raw(schedule={"charging_rate_unit": "W", "charging_schedule_period": found})


@pytest.mark.parametrize(
    ("profile", "supply", "amperes"),
    [
        (watts(11040), THREE_PHASES, 16.0),  # 11040 W / (230 V * 3)
        (watts(3450, number_phases=1), THREE_PHASES, 5.0),  # it flows in three all the same
        (watts(6900, number_phases=2), THREE_PHASES, 10.0),
        (watts(3680, number_phases=3), Supply(230, 1), 16.0),
        (watts(3680), Supply(230, 1), 16.0),  # errata 3.34: the limit as given, for one phase
        (watts(0), THREE_PHASES, 0.0),
        (watts(2988.7), Supply(229.9, 1), 13.0),  # in binary 12.999999999999998, sent as 12 A
    ],
)
def test_watts_become_amperes_per_phase(
    profile: dict[str, Any], supply: Supply, amperes: float
) -> None:
    """7.12, errata 3.69."""
    assert read_profile(1, profile, supply).periods == ((0.0, amperes),)


@given(
    tenths=st.integers(0, 500_000),
    named=st.none() | st.integers(1, 3),
    volts=st.integers(1000, 4000),
    phases=st.integers(1, 3),
)
def test_what_flows_is_never_more_than_was_allowed(
    tenths: int, named: int | None, volts: int, phases: int
) -> None:
    """In tenths of W and V, with the whole amperes that the bus carries; 1 A more would be."""
    supply = Supply(volts / 10, phases)
    period = {} if named is None else {"number_phases": named}
    ((_, limit),) = read_profile(1, watts(tenths / 10, **period), supply).periods
    assert math.floor(limit) * volts * phases <= tenths < (math.floor(limit) + 1) * volts * phases


def test_amperes_are_per_phase_however_many_there_are() -> None:
    """7.12, errata 3.34."""
    found = {"charging_schedule_period": [{"start_period": 0, "limit": 16, "number_phases": 1}]}
    assert read_profile(1, raw(schedule=found), THREE_PHASES).periods == ((0.0, 16.0),)


def test_watts_without_a_voltage_are_rejected() -> None:
    with pytest.raises(ProfileError, match="voltage and phases"):
        read_profile(1, watts(11040), None)


@pytest.mark.parametrize("phases", [0, -1, 4])
def test_a_number_of_phases_that_does_not_exist_is_rejected(phases: int) -> None:
    with pytest.raises(ProfileError, match="numberPhases"):
        read_profile(1, watts(11040, number_phases=phases), THREE_PHASES)


def test_everything_of_a_profile_is_read() -> None:
    profile = raw(
        charging_profile_kind="Recurring",
        recurrency_kind="Weekly",
        stack_level=3,
        valid_from="2026-01-31T12:00:00Z",
        valid_to="2026-01-31T14:00:00+01:00",
        transaction_id=4,
        schedule={"start_schedule": "2026-01-31T12:00:00.000Z", "duration": 60},
    )
    assert read_profile(2, profile, None) == Profile(
        connector=2,
        profile_id=7,
        stack_level=3,
        purpose=Purpose.tx_default_profile,
        kind=Kind.recurring,
        periods=((0.0, 16.0),),
        duration=60,
        start=NOON,
        recurrence=604800.0,
        valid_from=NOON,
        valid_to=NOON + 3600,
        transaction_id=4,
    )


def test_a_date_without_a_zone_is_utc() -> None:
    assert read_profile(1, raw(valid_from="2026-01-31T12:00:00"), None).valid_from == NOON


def test_what_the_kind_has_no_use_for_is_ignored() -> None:
    """Errata 3.56: recurrencyKind belongs to Recurring; 7.13: startSchedule not to Relative."""
    relative = read_profile(1, raw(recurrency_kind="Daily", **FROM_NOON), None)
    assert (relative.start, relative.recurrence) == (None, None)
    absolute = raw(charging_profile_kind="Absolute", recurrency_kind="Daily", **FROM_NOON)
    assert read_profile(1, absolute, None).recurrence is None


def test_the_least_charging_rate_changes_no_limit() -> None:
    """7.13: minChargingRate is a hint for load balancing."""
    hinted = read_profile(1, raw(schedule={"min_charging_rate": 6.0}), None)
    assert hinted == read_profile(1, raw(), None)


def test_a_duration_of_68_years_is_a_length_of_time() -> None:
    """2**31 - 1 s."""
    assert whole_seconds(2147483647, "duration") == 2147483647.0
    with pytest.raises(ProfileError, match="duration is not 0 to 2147483647 s"):
        whole_seconds(LONGEST + 1, "duration")
