"""A charging profile from a request (OCPP 1.6 edition 2, 7.8 to 7.14, with the errata 2025-04)."""

import math
from typing import Any

from ocpp.v16.enums import ChargingRateUnitType, RecurrencyKind

from rig.logic.cp.charging_profile import Kind, Profile, ProfileError, Purpose
from rig.logic.moments import seconds
from rig.logic.supply import Supply

DAY = 86400.0  # s
RECURRENCE: dict[str, float] = {RecurrencyKind.daily: DAY, RecurrencyKind.weekly: 7 * DAY}
LONGEST = 2**31 - 1  # s; an integer of OCPP has 32 bit in its SOAP schemas

Raw = dict[str, Any]


def read_profile(connector: int, raw: Raw, supply: Supply | None) -> Profile:
    """The profile in a request of `ocpp.v16.call`, whose names are in snake case.

    minChargingRate is a hint for load balancing (7.13) and changes no limit. A recurrencyKind or
    startSchedule that the kind has no use for is ignored. Raises ProfileError for what the standard
    or this charge point does not allow.
    """
    schedule = raw["charging_schedule"]
    kind = Kind(raw["charging_profile_kind"])
    return Profile(
        connector=connector,
        profile_id=raw["charging_profile_id"],
        stack_level=raw["stack_level"],
        purpose=Purpose(raw["charging_profile_purpose"]),
        kind=kind,
        periods=_periods(schedule, supply),
        duration=_duration(schedule.get("duration")),
        start=_start(kind, schedule),
        recurrence=_recurrence(kind, raw),
        valid_from=_moment(raw.get("valid_from"), -math.inf),
        valid_to=_moment(raw.get("valid_to"), math.inf),
        transaction_id=raw.get("transaction_id"),
    )


def whole_seconds(value: int, name: str) -> float:
    """A length of time from a request (s). Raises ProfileError outside 0 to LONGEST."""
    if not 0 <= value <= LONGEST:
        raise ProfileError(f"{name} is not 0 to {LONGEST} s")
    return float(value)


def _duration(value: int | None) -> float:
    return math.inf if value is None else whole_seconds(value, "duration")


def _start(kind: Kind, schedule: Raw) -> float | None:
    if kind is Kind.relative:
        return None
    if schedule.get("start_schedule") is None:
        raise ProfileError(f"{kind.value} without startSchedule (3.13.2)")
    return _moment(schedule["start_schedule"], math.nan)


def _recurrence(kind: Kind, raw: Raw) -> float | None:
    if kind is not Kind.recurring:
        return None
    if not raw.get("recurrency_kind"):
        raise ProfileError("Recurring without recurrencyKind (3.13.2)")
    return RECURRENCE[raw["recurrency_kind"]]


def _moment(text: str | None, otherwise: float) -> float:
    if text is None:
        return otherwise
    try:
        return seconds(text)
    except ValueError as error:
        raise ProfileError(f"{text[:40]!r} is no date") from error


def _periods(schedule: Raw, supply: Supply | None) -> tuple[tuple[float, float], ...]:
    periods = schedule["charging_schedule_period"]
    starts = [whole_seconds(period["start_period"], "startPeriod") for period in periods]
    if not starts or starts[0] != 0 or starts != sorted(set(starts)):
        raise ProfileError("periods must begin at 0 and rise (7.13, errata 3.70)")
    unit = ChargingRateUnitType(schedule["charging_rate_unit"])
    return tuple(
        (start, _amperes(period, unit, supply))
        for start, period in zip(starts, periods, strict=True)
    )


def _amperes(period: Raw, unit: ChargingRateUnitType, supply: Supply | None) -> float:
    limit = _limit(period["limit"])
    if unit is ChargingRateUnitType.amps:
        return limit
    if supply is None:
        raise ProfileError("a limit in W needs voltage and phases of the bench")
    asked: int = period.get("number_phases", 3)  # 7.14: 3 where it is not given
    if not 1 <= asked <= 3:
        raise ProfileError("numberPhases is not 1, 2 or 3")
    return limit / (supply.voltage * min(asked, supply.phases))


def _limit(value: float) -> float:
    try:
        limit = float(value)
    except OverflowError as error:
        raise ProfileError("a limit has hundreds of digits") from error
    if not limit >= 0:
        raise ProfileError(f"a limit of {limit:g} is below 0")
    return limit
