"""OCPP messages as an end tells them to a detector, with an id each."""

import itertools
from typing import Any

from rig.detect.events import End, Said
from rig.ocppj.logic.framing import Call, CallResult

_ids = (f"m{number}" for number in itertools.count(1))


def ordered(action: str, end: End = "cp", **payload: Any) -> Said:
    """A CALL of the central system."""
    return Said(end, "CP_1", False, Call(next(_ids), action, payload))


def told(action: str, end: End = "cp", **payload: Any) -> Said:
    """A CALL of the charge point."""
    return Said(end, "CP_1", True, Call(next(_ids), action, payload))


def answer(to: Said, **payload: Any) -> Said:
    """The CALLRESULT of the other side, at the same end."""
    assert isinstance(to.message, Call)
    result = CallResult(to.message.unique_id, payload)
    return Said(to.end, "CP_1", not to.by_charge_point, result)


def profile(limit: float, purpose: str = "TxProfile", **more: Any) -> dict[str, Any]:
    """A charging profile of one period."""
    schedule = {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
    }
    return {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
        "chargingSchedule": schedule | more,
    }


def meter_values(current: float, timestamp: str, connector: int = 1, end: End = "cp") -> Said:
    sampled = [
        {"value": "1200", "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
        {"value": f"{current:g}", "measurand": "Current.Import", "unit": "A"},
    ]
    sample = {"timestamp": timestamp, "sampledValue": sampled}
    return told("MeterValues", end, connectorId=connector, meterValue=[sample])


def status(word: str, connector: int = 1) -> Said:
    return told("StatusNotification", connectorId=connector, status=word, errorCode="NoError")
