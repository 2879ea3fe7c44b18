"""A limit of the cycle as charging profiles: what to send first, and what after a rejection."""

from ocpp.v16 import call
from ocpp.v16.datatypes import ChargingProfile, ChargingSchedule, ChargingSchedulePeriod
from ocpp.v16.enums import (
    ChargingProfileKindType,
    ChargingProfilePurposeType,
    ChargingRateUnitType,
)

from rig.role.logic.supply import Supply

CONNECTOR = 1  # that the cycle plays on
PROFILE_ID = 7  # the seed's
TX_PROFILE = ChargingProfilePurposeType.tx_profile
TX_DEFAULT_PROFILE = ChargingProfilePurposeType.tx_default_profile


def profiles(
    limit: float, transaction: int | None, supply: Supply | None, *, strict: bool
) -> list[call.SetChargingProfile]:
    """Profiles for a limit (A), each to be sent if the one before was rejected.

    The seed's TxProfile comes first. By clause 3.13.1 there is one only during a transaction, so
    one that is `strict` is spared it. `supply`: limits in W.
    """
    seed = [] if strict else [set_profile(limit, TX_PROFILE, None, supply)]
    bound = [] if transaction is None else [set_profile(limit, TX_PROFILE, transaction, supply)]
    return [*seed, *bound, set_profile(limit, TX_DEFAULT_PROFILE, None, supply)]


def set_profile(
    limit: float,
    purpose: ChargingProfilePurposeType,
    transaction: int | None = None,
    supply: Supply | None = None,
) -> call.SetChargingProfile:
    """The seed's profile with a limit (A). The schema demands its kind, which the seed forgot."""
    period = ChargingSchedulePeriod(start_period=0, limit=limit)
    unit = ChargingRateUnitType.amps
    if supply:  # 7.31: W is the total of all phases; one decimal (7.14)
        watts = round(limit * supply.voltage * supply.phases, 1)
        period = ChargingSchedulePeriod(0, watts, number_phases=supply.phases)
        unit = ChargingRateUnitType.watts
    profile = ChargingProfile(
        charging_profile_id=PROFILE_ID,
        transaction_id=transaction,
        stack_level=0,
        charging_profile_purpose=purpose,
        charging_profile_kind=ChargingProfileKindType.relative,
        charging_schedule=ChargingSchedule(unit, [period]),
    )
    return call.SetChargingProfile(connector_id=CONNECTOR, cs_charging_profiles=profile)


def purpose_of(request: call.SetChargingProfile) -> str:
    """TxProfile or TxDefaultProfile."""
    return str(request.cs_charging_profiles.charging_profile_purpose)  # type: ignore[union-attr]
