"""The OCPP-J texts that the bench sends, made once or by formatting: a load must be cheap."""

import json
from datetime import UTC, datetime
from typing import Any

BOOT = {"chargePointVendor": "bench", "chargePointModel": "bare"}
METER_VALUES = (
    '[2,"%s","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"%sZ",'
    '"sampledValue":[{"value":"%d","context":"Sample.Periodic","measurand":"Current.Import",'
    '"unit":"A"}]}]}]'
)


def call(unique_id: str, action: str, payload: dict[str, Any]) -> str:
    """A CALL."""
    return json.dumps([2, unique_id, action, payload], separators=(",", ":"))


def result(unique_id: str, payload: dict[str, Any]) -> str:
    """A CALLRESULT."""
    return json.dumps([3, unique_id, payload], separators=(",", ":"))


def boot(unique_id: str) -> str:
    """A BootNotification."""
    return call(unique_id, "BootNotification", BOOT)


def meter_values(number: int) -> str:
    """MeterValues, sampled now, with this number (0 and up) as its id and its value: each is
    another one."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    return METER_VALUES % (number, moment[: -len("+00:00")], number)


def heartbeat(number: int) -> str:
    """A Heartbeat with this number as its id."""
    return '[2,"%d","Heartbeat",{}]' % number  # noqa: UP031


def profile(limit: int, transaction: int | None) -> dict[str, Any]:
    """The payload of a SetChargingProfile with this limit (A), as the shipped cycles send it."""
    purpose = "TxDefaultProfile" if transaction is None else "TxProfile"
    bound = {} if transaction is None else {"transactionId": transaction}
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 7,
            "stackLevel": 0,
            **bound,
            "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Relative",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
            },
        },
    }
