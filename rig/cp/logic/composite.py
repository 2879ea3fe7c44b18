"""GetCompositeSchedule: the limits in force from now on (OCPP 1.6 edition 2, 5.7 and 6.22)."""

import math
from collections.abc import Callable, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import ChargingRateUnitType, GetCompositeScheduleStatus

from rig.cp.logic.profile import ProfileError
from rig.cp.logic.profile_reading import whole_seconds
from rig.cp.logic.profiles import Profiles, RunningTransaction
from rig.ocppj.logic.moments import timestamp
from rig.role.logic.supply import Supply

Unit = ChargingRateUnitType
Period = tuple[int, float]  # start (s after now), limit (in the unit that is asked for)


def composite_schedule(
    request: call.GetCompositeSchedule,
    profiles: Profiles,
    now: float,
    running: Sequence[RunningTransaction],
    *,
    connectors: int,
    supply: Supply | None,
    otherwise: float,
    most: int,
) -> call_result.GetCompositeSchedule:
    """The answer: what is in force in each whole second from `now` on, in A where no unit is asked.

    Connector 0 is the sum of the connectors in a transaction, or of all `connectors` while none is.
    `otherwise` (A per phase) is in force on a connector where no profile says anything. At most
    `most` moments are looked at; a schedule that changes more often is cut there, and its duration
    says so. Raises ProfileError where it must be Rejected; whether there is such a connector is for
    the caller to know.
    """
    unit = Unit(request.charging_rate_unit or Unit.amps)
    rate = _per_ampere(unit, supply)
    duration = int(whole_seconds(request.duration, "duration"))
    if not duration:
        raise ProfileError("a schedule of 0 s says nothing")
    asked = [request.connector_id]
    if request.connector_id == 0:
        asked = [one.connector for one in running] or list(range(1, connectors + 1))

    def limit_at(second: int) -> tuple[float, float]:
        limit, until = _total(asked, profiles, now + second, running, otherwise)
        return _tenths(rate * limit), until - now

    periods, covered = _walk(limit_at, duration, most)
    return call_result.GetCompositeSchedule(
        GetCompositeScheduleStatus.accepted,
        request.connector_id,
        timestamp(now),
        _schedule(periods, covered, unit, supply),
    )


def _walk(
    limit_at: Callable[[int], tuple[float, float]], duration: int, most: int
) -> tuple[list[Period], int]:
    """The periods, no two neighbours of one limit, and how many seconds they cover.

    `limit_at` gives the limit at a second, and until which moment (s) at least.
    """
    periods: list[Period] = []
    second = 0
    for _ in range(most):
        limit, until = limit_at(second)
        if not periods or periods[-1][1] != limit:
            periods.append((second, limit))
        # At least 1: far ahead `until` is as many seconds after `now` as what was looked at.
        second = max(second + 1, math.ceil(min(until, duration)))
        if second >= duration:
            break
    return periods, second


def _total(
    asked: Sequence[int],
    profiles: Profiles,
    now: float,
    running: Sequence[RunningTransaction],
    otherwise: float,
) -> tuple[float, float]:
    """The limit of these connectors together (A), and until when at least.

    The cap matters for connectors without a transaction: each alone is held to all of it, and so
    changes when it does.
    """
    sayings = [profiles.said(connector, now, running) for connector in asked]
    cap = profiles.said(0, now, running)
    total = sum(otherwise if said.limit is None else said.limit for said in sayings)
    limit = total if cap.limit is None else min(total, cap.limit)
    return limit, min(said.until for said in sayings)


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

    The phases in which the current flows are named: one that names none has three (7.14).
    """
    phases = {"number_phases": supply.phases} if supply else {}
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
