"""Which charging profiles this charge point accepts.

`strict` follows OCPP 1.6; `seed` also takes the seed's cycle, which sends a TxProfile before the
transaction that it is for.
"""

from typing import Any, Literal, cast

from ocpp.v16 import call
from ocpp.v16.enums import ChargingProfilePurposeType as Purpose

from rig.logic.cp.profiles import Profile, ProfileError, Supply, read_profile
from rig.logic.messages import Codec, SetLimit

Policy = Literal["strict", "seed"]
Raw = dict[str, Any]

NO_TRANSACTION = "a TxProfile needs a transaction (3.13.1)"
DEVIATION = "deviation from OCPP 1.6, 3.13.1 and 5.16.4: TxProfile accepted without a transaction"


def accept_profile(
    request: call.SetChargingProfile,
    supply: Supply | None,
    codec: Codec,
    *,
    policy: Policy,
    charging: bool,
    transaction_id: int | None,
) -> tuple[Profile, str | None]:
    """The profile of a request, and how accepting it deviates from the standard (None: not).

    Raises ProfileError for a profile that must be rejected.
    """
    profile = _read(request.connector_id, cast(Raw, request.cs_charging_profiles), supply, codec)
    if (profile.purpose is Purpose.charge_point_max_profile) != (profile.connector == 0) and (
        profile.purpose is not Purpose.tx_default_profile
    ):
        raise ProfileError(f"{profile.purpose.value} on connector {profile.connector} (3.13.1)")
    if profile.purpose is not Purpose.tx_profile:
        return profile, None
    if profile.transaction_id is not None and profile.transaction_id != transaction_id:
        raise ProfileError(f"transaction {profile.transaction_id} does not run here")
    if charging:
        return profile, None
    if policy == "strict":
        raise ProfileError(NO_TRANSACTION)
    return profile, DEVIATION


def profile_of_start(
    request: call.RemoteStartTransaction, supply: Supply | None, codec: Codec
) -> Profile | None:
    """The TxProfile that a RemoteStartTransaction carries for its transaction (5.16.2)."""
    if request.charging_profile is None:
        return None
    profile = _read(request.connector_id or 1, cast(Raw, request.charging_profile), supply, codec)
    if profile.purpose is not Purpose.tx_profile or profile.transaction_id is not None:
        raise ProfileError("RemoteStartTransaction takes a TxProfile without transactionId")
    return profile


def _read(connector: int, raw: dict[str, Any], supply: Supply | None, codec: Codec) -> Profile:
    profile = read_profile(connector, raw, supply)
    for _, limit in profile.periods:
        try:
            codec.encode(SetLimit(limit))
        except ValueError as error:
            raise ProfileError(str(error)) from error
    return profile
