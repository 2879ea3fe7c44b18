"""Charging profiles as a central system sends them, and what the charge point makes of them."""

from typing import Any

from ocpp.v16 import call
from ocpp.v16.enums import ChargingRateUnitType as Unit

from rig.ocppj.logic.moments import timestamp
from tests.conformance.clauses import reply
from tests.cp.logic.world import NOON, World

DEFAULT, TX, MAX = "TxDefaultProfile", "TxProfile", "ChargePointMaxProfile"
DAY = 86400


def raw(*periods: tuple[int, float], purpose: str = DEFAULT, **changes: Any) -> dict[str, Any]:
    """A Relative profile in A of these periods; `schedule` changes its schedule."""
    schedule: dict[str, Any] = {
        "charging_rate_unit": "A",
        "charging_schedule_period": [
            {"start_period": start, "limit": limit} for start, limit in periods
        ],
    }
    schedule |= changes.pop("schedule", {})
    return {
        "charging_profile_id": 1,
        "stack_level": 0,
        "charging_profile_purpose": purpose,
        "charging_profile_kind": "Relative",
        "charging_schedule": schedule,
    } | changes


def install(world: World, profile: dict[str, Any], connector: int = 1) -> str:
    """SetChargingProfile; the status, or the code of its CALLERROR."""
    return world.status(call.SetChargingProfile(connector, profile))


def clear(world: World, **fields: Any) -> str:
    return world.status(call.ClearChargingProfile(**fields))


def composite(
    world: World, duration: int, connector: int = 1, unit: Unit | None = None
) -> list[tuple[int, float]]:
    """GetCompositeSchedule; its periods as (start, limit)."""
    answer = reply(world, call.GetCompositeSchedule(connector, duration, unit))
    assert (answer.status, answer.connector_id) == ("Accepted", connector)
    periods = answer.charging_schedule["charging_schedule_period"]
    return [(period["start_period"], period["limit"]) for period in periods]


def at(seconds: float) -> str:
    """A moment, in seconds after noon."""
    return timestamp(NOON + seconds)
