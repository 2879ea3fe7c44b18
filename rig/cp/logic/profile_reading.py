"""A charging profile from a request, and whether this charge point accepts it.

`strict` follows OCPP 1.6; `seed` also takes the seed's cycle, which sends a TxProfile before the
transaction that it is for. Such a profile is in force at once and stays for the next transaction.
Source: OCPP 1.6 edition 2, 7.8 to 7.14, with the errata 2025-04.
"""

from decimal import Decimal
from typing import Any, Literal, cast

from ocpp.v16 import call
from ocpp.v16.enums import ChargingRateUnitType, RecurrencyKind

from rig.bus.logic.messages import Codec
from rig.cp.logic.configuration import MAX_INSTALLED, MAX_PERIODS, MAX_STACK_LEVEL
from rig.cp.logic.profile import Kind, Profile, ProfileError, Purpose
from rig.cp.logic.profiles import Profiles
from rig.ocppj.logic.moments import seconds
from rig.role.logic.supply import Supply

DAY = 86400.0  # s
RECURRENCE: dict[str, float] = {RecurrencyKind.daily: DAY, RecurrencyKind.weekly: 7 * DAY}
LONGEST = 2**31 - 1  # s; an integer of OCPP has 32 bit in its SOAP schemas
BEGIN_AND_RISE = "periods must begin at 0 and rise (7.13, errata 3.70)"

Raw = dict[str, Any]
Policy = Literal["strict", "seed"]
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
    installed: Profiles,
) -> tuple[Profile, str | None]:
    """The profile of a request, and how accepting it deviates from the standard (None: not).

    Raises ProfileError for a profile that must be rejected.
    """
    raw = cast(Raw, request.cs_charging_profiles)
    profile = _read(request.connector_id, raw, supply, codec, installed)
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
    raw: Raw, supply: Supply | None, codec: Codec, *, connector: int, installed: Profiles
) -> Profile:
    """The TxProfile that a RemoteStartTransaction brings for its transaction (5.16.2).

    Raises ProfileError.
    """
    profile = _read(connector, raw, supply, codec, installed)
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
) -> Profile:
    if len(raw["charging_schedule"]["charging_schedule_period"]) > MAX_PERIODS:
        raise ProfileError(f"more than {MAX_PERIODS} periods (ChargingScheduleMaxPeriods)")
    if not 0 <= raw["stack_level"] <= MAX_STACK_LEVEL:
        raise ProfileError(f"stackLevel is not 0 to {MAX_STACK_LEVEL}")
    profile = read_profile(connector, raw, supply)
    is_full = len(installed) >= MAX_INSTALLED
    if is_full and len(installed.with_one_more(profile)) > MAX_INSTALLED:
        raise ProfileError(f"{MAX_INSTALLED} profiles are installed already")
    try:
        for _, limit in profile.periods:
            codec.set_limit(limit)
    except ValueError as error:
        raise ProfileError(str(error)) from error
    return profile


def read_profile(connector: int, raw: Raw, supply: Supply | None) -> Profile:
    """The profile in a request of `ocpp.v16.call`, whose names are in snake case.

    minChargingRate is a hint for load balancing (7.13) and changes no limit. A recurrencyKind or
    startSchedule that the kind has no use for is ignored. Raises ProfileError for what the standard
    or this charge point does not allow.
    """
    schedule = raw["charging_schedule"]
    kind = Kind(raw["charging_profile_kind"])
    times = _bounds(raw, schedule)
    if kind is not Kind.relative:
        times |= _times(kind, raw, schedule)
    return Profile(
        connector,
        raw["charging_profile_id"],
        raw["stack_level"],
        Purpose(raw["charging_profile_purpose"]),
        kind,
        _periods(schedule, supply),
        transaction_id=raw.get("transaction_id"),
        **times,
    )


def whole_seconds(value: int, name: str) -> float:
    """A length of time from a request (s). Raises ProfileError outside 0 to LONGEST."""
    if not 0 <= value <= LONGEST:
        raise ProfileError(f"{name} is not 0 to {LONGEST} s")
    return float(value)


def _bounds(raw: Raw, schedule: Raw) -> Raw:
    """When it ends or begins, as far as it says so."""
    bounds = {}
    if raw.get("valid_from") is not None:
        bounds["valid_from"] = _moment(raw["valid_from"])
    if raw.get("valid_to") is not None:
        bounds["valid_to"] = _moment(raw["valid_to"])
    if schedule.get("duration") is not None:
        bounds["duration"] = whole_seconds(schedule["duration"], "duration")
    return bounds


def _times(kind: Kind, raw: Raw, schedule: Raw) -> Raw:
    """Start and recurrence of one that is not Relative."""
    if schedule.get("start_schedule") is None:
        raise ProfileError(f"{kind.value} without startSchedule (3.13.2)")
    start = _moment(schedule["start_schedule"])
    if kind is not Kind.recurring:
        return {"start": start}
    if not raw.get("recurrency_kind"):
        raise ProfileError("Recurring without recurrencyKind (3.13.2)")
    return {"start": start, "recurrence": RECURRENCE[raw["recurrency_kind"]]}


def _moment(text: str) -> float:
    try:
        return seconds(text)
    except ValueError as error:
        raise ProfileError(f"{text[:40]!r} is no date") from error


def _periods(schedule: Raw, supply: Supply | None) -> tuple[tuple[float, float], ...]:
    in_watts = schedule["charging_rate_unit"] == ChargingRateUnitType.watts
    periods: list[tuple[float, float]] = []
    for raw in schedule["charging_schedule_period"]:
        start, limit = whole_seconds(raw["start_period"], "startPeriod"), _limit(raw["limit"])
        if start <= periods[-1][0] if periods else start != 0:
            raise ProfileError(BEGIN_AND_RISE)
        periods.append((start, _amperes(limit, raw, supply) if in_watts else limit))
    if not periods:
        raise ProfileError(BEGIN_AND_RISE)
    return tuple(periods)


def _amperes(limit: float, period: Raw, supply: Supply | None) -> float:
    """A limit in W, which is that of all phases together (7.12), as A per phase.

    numberPhases (7.14) divides nothing: the charger lets the current flow in all phases it has.
    """
    if supply is None:
        raise ProfileError("a limit in W needs voltage and phases of the bench")
    if not 1 <= period.get("number_phases", 3) <= 3:
        raise ProfileError("numberPhases is not 1, 2 or 3")
    # In decimal, so that a limit of so many whole amperes is not floored to one less.
    return float(Decimal(str(limit)) / (Decimal(str(supply.voltage)) * supply.phases))


def _limit(value: float) -> float:
    try:
        limit = float(value)
    except OverflowError as error:
        raise ProfileError("a limit has hundreds of digits") from error
    if not limit >= 0:
        raise ProfileError(f"a limit of {limit:g} is below 0")
    return limit
