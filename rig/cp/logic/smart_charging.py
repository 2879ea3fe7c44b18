"""Which charging profiles this charge point accepts.

`strict` follows OCPP 1.6; `seed` also takes the seed's cycle, which sends a TxProfile before the
transaction that it is for. Such a profile is in force at once and stays for the next transaction.
"""

from dataclasses import dataclass
from typing import Any, Literal, cast

from ocpp.v16 import call

from rig.bus.logic.messages import Codec
from rig.cp.logic.charging_profile import Profile, ProfileError, Purpose
from rig.cp.logic.profile_reading import read_profile
from rig.cp.logic.profiles import Profiles
from rig.role.logic.supply import Supply

Policy = Literal["strict", "seed"]
Raw = dict[str, Any]

NO_TRANSACTION = "a TxProfile needs a transaction (3.13.1)"
DEVIATION = "deviation from OCPP 1.6, 3.13.1 and 5.16.4: TxProfile accepted without a transaction"


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much this charge point holds: its read-only configuration keys (9.4).

    ChargeProfileMaxStackLevel, ChargingScheduleMaxPeriods, MaxChargingProfilesInstalled.
    """

    stack_level: int = 20
    periods: int = 1000  # a week in quarters of an hour has 672
    installed: int = 100


CAPACITY = Capacity()
NONE_INSTALLED = Profiles()


def accept_profile(
    request: call.SetChargingProfile,
    supply: Supply | None,
    codec: Codec,
    *,
    policy: Policy,
    charging: bool,
    transaction_id: int | None,
    installed: Profiles = NONE_INSTALLED,
    capacity: Capacity = CAPACITY,
) -> tuple[Profile, str | None]:
    """The profile of a request, and how accepting it deviates from the standard (None: not).

    Raises ProfileError for a profile that must be rejected.
    """
    raw = cast(Raw, request.cs_charging_profiles)
    profile = _read(request.connector_id, raw, supply, codec, installed, capacity)
    _check_connector(profile)
    if profile.purpose is not Purpose.tx_profile:
        return profile, None
    if profile.transaction_id is not None and profile.transaction_id != transaction_id:
        raise ProfileError(f"transaction {str(profile.transaction_id)[:20]} does not run here")
    if charging:
        return profile, None
    if policy == "strict":
        raise ProfileError(NO_TRANSACTION)
    return profile, DEVIATION


def profile_of_start(
    request: call.RemoteStartTransaction,
    supply: Supply | None,
    codec: Codec,
    *,
    connector: int | None = None,
    installed: Profiles = NONE_INSTALLED,
    capacity: Capacity = CAPACITY,
) -> Profile | None:
    """The TxProfile that a RemoteStartTransaction carries for its transaction (5.16.2).

    `connector` is the one that the charge point chose where the request names none (5.11).
    """
    if request.charging_profile is None:
        return None
    number = request.connector_id or connector or 1
    raw = cast(Raw, request.charging_profile)
    profile = _read(number, raw, supply, codec, installed, capacity)
    if profile.purpose is not Purpose.tx_profile or profile.transaction_id is not None:
        raise ProfileError("RemoteStartTransaction takes a TxProfile without transactionId")
    return profile


def _check_connector(profile: Profile) -> None:
    """A ChargePointMaxProfile is for connector 0, a TxProfile for one above, TxDefault for any."""
    wrong = Purpose.charge_point_max_profile if profile.connector else Purpose.tx_profile
    if profile.purpose is wrong:
        raise ProfileError(f"{profile.purpose.value} on connector {profile.connector} (3.13.1)")


def _read(
    connector: int,
    raw: Raw,
    supply: Supply | None,
    codec: Codec,
    installed: Profiles,
    capacity: Capacity,
) -> Profile:
    if len(raw["charging_schedule"]["charging_schedule_period"]) > capacity.periods:
        raise ProfileError(f"more than {capacity.periods} periods (ChargingScheduleMaxPeriods)")
    if not 0 <= raw["stack_level"] <= capacity.stack_level:
        raise ProfileError(f"stackLevel is not 0 to {capacity.stack_level}")
    profile = read_profile(connector, raw, supply)
    is_full = len(installed) >= capacity.installed
    if is_full and len(installed.with_one_more(profile)) > capacity.installed:
        raise ProfileError(f"{capacity.installed} profiles are installed already")
    try:
        for _, limit in profile.periods:
            codec.set_limit(limit)
    except ValueError as error:
        raise ProfileError(str(error)) from error
    return profile
