"""GetCompositeSchedule: the limits in force from now on (OCPP 1.6 edition 2, 5.7 and 6.22)."""

import math
from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import ChargingRateUnitType, GetCompositeScheduleStatus

from rig.logic.cp.charging_profile import ProfileError
from rig.logic.cp.profile_reading import Supply, whole_seconds
from rig.logic.cp.profiles import Profiles, Running
from rig.logic.moments import timestamp

Unit = ChargingRateUnitType
Period = tuple[int, float]  # start (s after now), limit (in the unit that is asked for)


def composite_schedule(
    request: call.GetCompositeSchedule,
    profiles: Profiles,
    now: float,
    running: Sequence[Running],
    *,
    supply: Supply | None,
    greatest: float,
    most: int,
) -> call_result.GetCompositeSchedule:
    """The answer: what is in force in each whole second from `now` on, in A where no unit is asked.

    `greatest` (A per phase) is what the connector can carry, for 0 what all can: it is in force
    where no profile says less. At most `most` moments are looked at; a schedule that changes more
    often is cut there, and its duration says so. Raises ProfileError where it must be Rejected.
    """
    unit = Unit(request.charging_rate_unit or Unit.amps)
    rate = _per_ampere(unit, supply)
    duration = int(whole_seconds(request.duration, "duration"))
    if not duration:
        raise ProfileError("a schedule of 0 s says nothing")

    def limit_at(moment: float) -> tuple[float, float]:
        limit, until = profiles.said(request.connector_id, moment, running)
        return _tenths(rate * (greatest if limit is None else min(limit, greatest))), until

    periods: list[Period] = []
    at = 0
    for _ in range(most):
        limit, until = limit_at(now + at)
        if not periods or periods[-1][1] != limit:
            periods.append((at, limit))
        at = max(at + 1, math.ceil(min(until - now, duration)))
        if at >= duration:
            break
    schedule = _schedule(periods, at, unit, supply)
    return call_result.GetCompositeSchedule(
        GetCompositeScheduleStatus.accepted, request.connector_id, timestamp(now), schedule
    )


def _per_ampere(unit: Unit, supply: Supply | None) -> float:
    if unit is Unit.amps:
        return 1.0
    if supply is None:
        raise ProfileError("a schedule in W needs voltage and phases of the bench")
    return supply.voltage * supply.phases


def _schedule(
    periods: list[Period], duration: int, unit: Unit, supply: Supply | None
) -> dict[str, Any]:
    """As `ocpp.v16.call_result` takes it; without startSchedule (errata 3.57).

    In W the phases are named: who divides by them gets the current per phase (7.12).
    """
    phases = {"number_phases": supply.phases} if supply and unit is Unit.watts else {}
    return {
        "duration": duration,
        "charging_rate_unit": unit,
        "charging_schedule_period": [
            {"start_period": start, "limit": limit} | phases for start, limit in periods
        ],
    }


def _tenths(limit: float) -> float:
    """Rounded down to one decimal (7.14), what binary fractions are off by aside."""
    exact = Decimal(str(round(limit, 6)))
    return float(exact.quantize(Decimal("0.1"), ROUND_DOWN))
