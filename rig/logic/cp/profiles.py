"""Smart charging: which limit is in force at a moment.

Times are seconds since 1970, limits A per phase. Source: OCPP 1.6 edition 2, 3.13 and 5.16, with
the errata 2025-04.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ocpp.v16.enums import (
    ChargingProfileKindType,
    ChargingProfilePurposeType,
    ChargingRateUnitType,
    RecurrencyKind,
)

Purpose = ChargingProfilePurposeType
DAY = 86400.0  # s
RECURRENCE: dict[str, float] = {RecurrencyKind.daily: DAY, RecurrencyKind.weekly: 7 * DAY}


class ProfileError(ValueError):
    """A profile that this charge point must reject; the text says why."""


@dataclass(frozen=True, slots=True)
class Supply:
    """What turns W into A: voltage (V, phase to neutral) and the number of phases of the bench."""

    voltage: float
    phases: int


@dataclass(frozen=True, slots=True)
class Profile:
    """One charging profile for one connector. `periods` are (start s, limit A), the first at 0."""

    connector: int
    profile_id: int
    stack_level: int
    purpose: Purpose
    kind: ChargingProfileKindType
    periods: tuple[tuple[float, float], ...]
    duration: float = math.inf
    start: float | None = None
    recurrence: float | None = None
    valid_from: float = -math.inf
    valid_to: float = math.inf
    transaction_id: int | None = None

    def limit_at(self, now: float, transaction_start: float | None) -> float | None:
        """The limit of this profile at `now`; None where it says nothing."""
        if not self.valid_from <= now < self.valid_to:
            return None
        offset = self._offset(now, transaction_start)
        if offset is None or not 0 <= offset < self.duration:
            return None
        return next(limit for start, limit in reversed(self.periods) if start <= offset)

    def _offset(self, now: float, transaction_start: float | None) -> float | None:
        """Seconds since the schedule began. Relative ones begin with the transaction."""
        if self.kind is ChargingProfileKindType.relative:
            return now - (now if transaction_start is None else transaction_start)
        if self.start is None:
            return None
        offset = now - self.start
        return offset % self.recurrence if self.recurrence and offset >= 0 else offset


def read_profile(connector: int, raw: dict[str, Any], supply: Supply | None) -> Profile:
    """The profile in a request of `ocpp.v16.call`, whose names are in snake case.

    Raises ProfileError for what the standard or this charge point does not allow.
    """
    schedule = raw["charging_schedule"]
    kind = ChargingProfileKindType(raw["charging_profile_kind"])
    start = _seconds(schedule.get("start_schedule"))
    _check_kind(kind, start, raw)
    return Profile(
        connector=connector,
        profile_id=raw["charging_profile_id"],
        stack_level=raw["stack_level"],
        purpose=Purpose(raw["charging_profile_purpose"]),
        kind=kind,
        periods=_periods(schedule, supply),
        duration=schedule.get("duration", math.inf),
        start=start,
        recurrence=RECURRENCE.get(raw.get("recurrency_kind", "")),
        valid_from=_seconds(raw.get("valid_from"), -math.inf),
        valid_to=_seconds(raw.get("valid_to"), math.inf),
        transaction_id=raw.get("transaction_id"),
    )


def _check_kind(kind: ChargingProfileKindType, start: float | None, raw: dict[str, Any]) -> None:
    if kind is ChargingProfileKindType.relative:
        return
    if start is None:
        raise ProfileError(f"{kind.value} without startSchedule (3.13.2)")
    if kind is ChargingProfileKindType.recurring and not raw.get("recurrency_kind"):
        raise ProfileError("Recurring without recurrencyKind (3.13.2)")


def _periods(schedule: dict[str, Any], supply: Supply | None) -> tuple[tuple[float, float], ...]:
    periods = schedule["charging_schedule_period"]
    starts = [float(period["start_period"]) for period in periods]
    if starts[0] != 0 or starts != sorted(set(starts)):
        raise ProfileError("periods must begin at 0 and rise (7.14)")
    unit = ChargingRateUnitType(schedule["charging_rate_unit"])
    return tuple(
        (start, _amperes(period, unit, supply))
        for start, period in zip(starts, periods, strict=True)
    )


def _amperes(period: dict[str, Any], unit: ChargingRateUnitType, supply: Supply | None) -> float:
    limit = float(period["limit"])
    if not limit >= 0:
        raise ProfileError(f"a limit of {limit:g} is below 0")
    if unit is ChargingRateUnitType.amps:
        return limit
    if supply is None:
        raise ProfileError("a limit in W needs voltage and phases of the bench")
    asked: int = period.get("number_phases", 3)  # 7.14: 3 where it is not given
    if not 1 <= asked <= 3:
        raise ProfileError(f"numberPhases {asked} is not 1, 2 or 3")
    return limit / (supply.voltage * min(asked, supply.phases))


def _seconds(text: str | None, otherwise: Any = None) -> Any:
    if text is None:
        return otherwise
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ProfileError(f"{text[:40]!r} is no date") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


class Profiles:
    """The profiles of one charge point."""

    def __init__(self, profiles: Iterable[Profile] = ()) -> None:
        self._profiles = list(profiles)

    def __iter__(self) -> Any:
        return iter(self._profiles)

    def with_one_more(self, new: Profile) -> "Profiles":
        """These and a new one, which replaces its like (same id, or purpose and stack level)."""
        return Profiles([*(old for old in self._profiles if not _replaces(new, old)), new])

    def without_transaction(self) -> "Profiles":
        """These less the TxProfiles, which end with their transaction (3.13.1)."""
        return Profiles(old for old in self._profiles if old.purpose is not Purpose.tx_profile)

    def limit_at(self, connector: int, now: float, transaction_start: float | None) -> float | None:
        """The limit in force (A); None if no profile says anything.

        A TxProfile overrides TxDefaultProfiles, one of the connector those of all connectors
        (connector 0); ChargePointMaxProfile caps whatever they say. (3.13.3)
        """

        def prevailing(purpose: Purpose, where: int) -> float | None:
            candidates = [
                profile
                for profile in self._profiles
                if profile.purpose is purpose and profile.connector == where
            ]
            for profile in sorted(candidates, key=lambda item: -item.stack_level):
                if (limit := profile.limit_at(now, transaction_start)) is not None:
                    return limit
            return None

        choices = (
            prevailing(Purpose.tx_profile, connector),
            prevailing(Purpose.tx_default_profile, connector),
            prevailing(Purpose.tx_default_profile, 0),
        )
        own = next((limit for limit in choices if limit is not None), None)
        cap = prevailing(Purpose.charge_point_max_profile, 0)
        limits = [limit for limit in (own, cap) if limit is not None]
        return min(limits) if limits else None


def _replaces(new: Profile, old: Profile) -> bool:
    if new.profile_id == old.profile_id:
        return True
    return (new.connector, new.purpose, new.stack_level) == (
        old.connector,
        old.purpose,
        old.stack_level,
    )
