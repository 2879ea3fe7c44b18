"""What is read of a profile, and what is accepted (OCPP 1.6, 3.13.1, 5.11, 5.16, 7.8 to 7.14)."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16 import call

from rig.cp.logic.profile import Kind, Profile, ProfileError, Purpose
from rig.cp.logic.profile_reading import (
    DEVIATION,
    LONGEST,
    Policy,
    accept_profile,
    profile_of_start,
    read_profile,
    whole_seconds,
)
from rig.cp.logic.profiles import Profiles
from rig.role.logic.supply import Supply
from tests.cp.logic.charging import NOON, THREE_PHASES, raw
from tests.cp.logic.world import codec


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
        ({"schedule": {"charging_rate_unit": "W"}}, "voltage and phases"),
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


TX, DEFAULT, MAX = "TxProfile", "TxDefaultProfile", "ChargePointMaxProfile"


def of(purpose: str, *limits: float, **more: Any) -> dict[str, Any]:
    """A profile of these limits, a second each, or of 16 A."""
    found = [{"start_period": n, "limit": limit} for n, limit in enumerate(limits or (16,))]
    schedule = {"charging_schedule_period": found}
    return raw(charging_profile_purpose=purpose, schedule=schedule, **more)


def accept(
    profile: dict[str, Any],
    connector: int = 1,
    policy: Policy = "strict",
    charging: bool = False,
    running: int | None = None,
    installed: Profiles = Profiles(),  # noqa: B008 - it does not change
) -> tuple[Profile, str | None]:
    request = call.SetChargingProfile(connector_id=connector, cs_charging_profiles=profile)
    return accept_profile(
        request,
        None,
        codec(),
        policy=policy,
        charging=charging,
        transaction_id=running,
        installed=installed,
    )


@pytest.mark.parametrize("charging", [False, True])
@pytest.mark.parametrize(
    ("purpose", "connector"), [(DEFAULT, 0), (DEFAULT, 1), (DEFAULT, 2), (MAX, 0)]
)
def test_what_needs_no_transaction_is_accepted_with_and_without_one(
    purpose: str, connector: int, charging: bool
) -> None:
    profile, deviation = accept(of(purpose), connector, charging=charging)
    assert (profile.purpose, profile.connector) == (purpose, connector)
    assert deviation is None


@pytest.mark.parametrize("policy", ["strict", "seed"])
@pytest.mark.parametrize("charging", [False, True])
@pytest.mark.parametrize(("purpose", "connector"), [(MAX, 1), (MAX, 2), (TX, 0)])
def test_a_purpose_on_the_wrong_connector_is_rejected(
    purpose: str, connector: int, charging: bool, policy: Policy
) -> None:
    with pytest.raises(ProfileError, match=r"on connector . \(3\.13\.1\)"):
        accept(of(purpose), connector, policy, charging)


def test_seed_accepts_a_tx_profile_without_a_transaction_and_names_the_deviation() -> None:
    profile, deviation = accept(of(TX, 100), policy="seed")
    assert profile.periods == ((0.0, 100.0),)
    assert deviation == DEVIATION
    assert "3.13.1" in DEVIATION


@pytest.mark.parametrize("policy", ["strict", "seed"])
def test_a_tx_profile_for_the_running_transaction_is_no_deviation(policy: Policy) -> None:
    assert accept(of(TX, transaction_id=4), policy=policy, charging=True, running=4)[1] is None
    assert accept(of(TX), policy=policy, charging=True, running=4)[1] is None


@pytest.mark.parametrize("policy", ["strict", "seed"])
@pytest.mark.parametrize(("charging", "running"), [(True, 5), (True, None), (False, None)])
def test_a_tx_profile_for_another_transaction_is_rejected(
    policy: Policy, charging: bool, running: int | None
) -> None:
    """OCTT TC_058_2."""
    with pytest.raises(ProfileError, match="4 does not run here"):
        accept(of(TX, transaction_id=4), policy=policy, charging=charging, running=running)


@pytest.mark.parametrize(
    ("profile", "why"),
    [
        (of(TX), "needs a transaction"),  # OCTT TC_058_1
        *((of(DEFAULT, 16, limit), "limit") for limit in (65536, 70000, 1e9, 1e300, -1, -0.1)),
        (of(DEFAULT, *range(1001)), "more than 1000 periods"),  # ChargingScheduleMaxPeriods
        *((of(DEFAULT, stack_level=n), "stackLevel is not 0 to 20") for n in (-1, 21, 10**400)),
    ],
)
def test_a_profile_that_it_cannot_carry_out_is_rejected(profile: dict[str, Any], why: str) -> None:
    with pytest.raises(ProfileError, match=why):
        accept(profile)


def test_the_most_that_it_can_carry_out_is_accepted() -> None:
    """uint16: 65535 A; 65535.9 A is carried rounded down. 9.4.1, 9.4.3."""
    assert accept(of(DEFAULT, 65535, 65535.9))[0].periods == ((0.0, 65535.0), (1.0, 65535.9))
    assert len(accept(of(DEFAULT, *range(1000)))[0].periods) == 1000
    assert accept(of(DEFAULT, stack_level=20))[0].stack_level == 20


def test_one_profile_more_than_the_charge_point_holds_is_rejected() -> None:
    """MaxChargingProfilesInstalled (9.4.5); one that replaces another is none more."""
    one = accept(of(DEFAULT))[0]
    full = Profiles(
        tuple(one._replace(profile_id=7 + more, connector=1 + more) for more in range(100))
    )
    assert accept(of(DEFAULT, 20), installed=full)[0].periods == ((0.0, 20.0),)
    with pytest.raises(ProfileError, match="100 profiles are installed already"):
        accept(of(DEFAULT, stack_level=1, charging_profile_id=700), installed=full)


def test_a_transaction_id_of_a_thousand_digits_is_not_echoed() -> None:
    with pytest.raises(ProfileError) as caught:
        accept(of(TX, transaction_id=10**999), charging=True, running=4)
    assert len(str(caught.value)) < 60


def of_start(profile: dict[str, Any]) -> Profile:
    return profile_of_start(profile, None, codec(), connector=2, installed=Profiles())


def test_a_remote_start_brings_the_profile_of_its_transaction() -> None:
    profile = of_start(of(TX, 20))
    assert (profile.connector, profile.periods) == (2, ((0.0, 20.0),))


@pytest.mark.parametrize(
    "profile",
    [of(DEFAULT), of(MAX), of(TX, transaction_id=4), of(TX, 70000), of(TX, stack_level=21)],
)
def test_a_remote_start_takes_no_other_profile(profile: dict[str, Any]) -> None:
    with pytest.raises(ProfileError):
        of_start(profile)
