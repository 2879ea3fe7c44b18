"""Which profiles are accepted (OCPP 1.6 edition 2, 3.13.1, 5.16 and 5.11)."""

from typing import Any

import pytest
from cantools.database.can import Database
from ocpp.v16 import call

from rig.bus.logic.messages import Codec
from rig.cp.logic.profile import Profile, ProfileError
from rig.cp.logic.profile_reading import (
    DEVIATION,
    Policy,
    accept_profile,
    profile_of_start,
)
from rig.cp.logic.profiles import Profiles
from rig.role.logic.supply import Supply
from tests.processes import ROOT

DBC = ROOT / "dbc" / "ev_charging.dbc"
TX, DEFAULT, MAX = "TxProfile", "TxDefaultProfile", "ChargePointMaxProfile"


def codec() -> Codec:
    database = Database()
    database.add_dbc_file(str(DBC), encoding="cp1252")
    return Codec(database)


def raw(purpose: str, *limits: float, **more: Any) -> dict[str, Any]:
    periods = [{"start_period": n, "limit": limit} for n, limit in enumerate(limits or (16,))]
    schedule = {"charging_rate_unit": "A", "charging_schedule_period": periods}
    return {
        "charging_profile_id": 7,
        "stack_level": 0,
        "charging_profile_purpose": purpose,
        "charging_profile_kind": "Relative",
        "charging_schedule": schedule,
    } | more


def accept(
    profile: dict[str, Any],
    connector: int = 1,
    policy: Policy = "strict",
    charging: bool = False,
    running: int | None = None,
    supply: Supply | None = None,
    installed: Profiles = Profiles(),  # noqa: B008 - it does not change
) -> tuple[Profile, str | None]:
    return accept_profile(
        call.SetChargingProfile(connector_id=connector, cs_charging_profiles=profile),
        supply,
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
    profile, deviation = accept(raw(purpose), connector, charging=charging)
    assert (profile.purpose, profile.connector) == (purpose, connector)
    assert deviation is None


@pytest.mark.parametrize("policy", ["strict", "seed"])
@pytest.mark.parametrize("charging", [False, True])
@pytest.mark.parametrize(("purpose", "connector"), [(MAX, 1), (MAX, 2), (TX, 0)])
def test_a_purpose_on_the_wrong_connector_is_rejected(
    purpose: str, connector: int, charging: bool, policy: Policy
) -> None:
    with pytest.raises(ProfileError, match=r"on connector . \(3\.13\.1\)"):
        accept(raw(purpose), connector, policy, charging)


def test_strict_rejects_a_tx_profile_without_a_transaction() -> None:
    """OCTT TC_058_1."""
    with pytest.raises(ProfileError, match="needs a transaction"):
        accept(raw(TX))


def test_seed_accepts_a_tx_profile_without_a_transaction_and_names_the_deviation() -> None:
    profile, deviation = accept(raw(TX, 100), policy="seed")
    assert profile.periods == ((0.0, 100.0),)
    assert deviation == DEVIATION
    assert "3.13.1" in DEVIATION


@pytest.mark.parametrize("policy", ["strict", "seed"])
def test_a_tx_profile_for_the_running_transaction_is_no_deviation(policy: Policy) -> None:
    assert accept(raw(TX, transaction_id=4), policy=policy, charging=True, running=4)[1] is None
    assert accept(raw(TX), policy=policy, charging=True, running=4)[1] is None


@pytest.mark.parametrize("policy", ["strict", "seed"])
@pytest.mark.parametrize(("charging", "running"), [(True, 5), (True, None), (False, None)])
def test_a_tx_profile_for_another_transaction_is_rejected(
    policy: Policy, charging: bool, running: int | None
) -> None:
    """OCTT TC_058_2."""
    with pytest.raises(ProfileError, match="4 does not run here"):
        accept(raw(TX, transaction_id=4), policy=policy, charging=charging, running=running)


@pytest.mark.parametrize("limit", [65536, 70000, 1e9, 1e300, -1, -0.1])
def test_a_limit_that_the_bus_cannot_carry_is_rejected_in_whatever_period(limit: float) -> None:
    with pytest.raises(ProfileError):
        accept(raw(DEFAULT, 16, limit))


def test_the_greatest_limit_of_the_bus_is_accepted() -> None:
    """uint16: 65535 A; 65535.9 A is carried rounded down."""
    assert accept(raw(DEFAULT, 65535))[0].periods == ((0.0, 65535.0),)
    assert accept(raw(DEFAULT, 65535.9))[0].periods == ((0.0, 65535.9),)


def test_as_many_periods_as_the_charge_point_holds_are_accepted() -> None:
    """ChargingScheduleMaxPeriods (9.4.3)."""
    assert len(accept(raw(DEFAULT, *range(1000)))[0].periods) == 1000


def test_one_period_more_is_rejected() -> None:
    with pytest.raises(ProfileError, match="more than 1000 periods"):
        accept(raw(DEFAULT, *range(1001)))


@pytest.mark.parametrize("level", [-1, 21, 10**400])
def test_a_stack_level_that_does_not_exist_is_rejected(level: int) -> None:
    """ChargeProfileMaxStackLevel (9.4.1); 7.8: from 0."""
    with pytest.raises(ProfileError, match="stackLevel is not 0 to 20"):
        accept(raw(DEFAULT, stack_level=level))


def test_the_highest_stack_level_is_accepted() -> None:
    assert accept(raw(DEFAULT, stack_level=20))[0].stack_level == 20


def test_one_profile_more_than_the_charge_point_holds_is_rejected() -> None:
    """MaxChargingProfilesInstalled (9.4.5); one that replaces another is none more."""
    one = accept(raw(DEFAULT))[0]
    full = Profiles(
        tuple(one._replace(profile_id=7 + more, connector=1 + more) for more in range(100))
    )
    assert accept(raw(DEFAULT, 20), installed=full)[0].periods == ((0.0, 20.0),)
    with pytest.raises(ProfileError, match="100 profiles are installed already"):
        accept(raw(DEFAULT, stack_level=1, charging_profile_id=700), installed=full)


def test_a_transaction_id_of_a_thousand_digits_is_not_echoed() -> None:
    with pytest.raises(ProfileError) as caught:
        accept(raw(TX, transaction_id=10**999), charging=True, running=4)
    assert len(str(caught.value)) < 60


def of_start(profile: dict[str, Any]) -> Profile:
    return profile_of_start(profile, None, codec(), connector=2, installed=Profiles())


def test_a_remote_start_brings_the_profile_of_its_transaction() -> None:
    profile = of_start(raw(TX, 20))
    assert (profile.connector, profile.periods) == (2, ((0.0, 20.0),))


@pytest.mark.parametrize(
    "profile",
    [raw(DEFAULT), raw(MAX), raw(TX, transaction_id=4), raw(TX, 70000), raw(TX, stack_level=21)],
)
def test_a_remote_start_takes_no_other_profile(profile: dict[str, Any]) -> None:
    with pytest.raises(ProfileError):
        of_start(profile)
