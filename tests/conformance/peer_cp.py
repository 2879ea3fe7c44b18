"""A strict charge point: plays a whole session with a central system that steers it.

    python -m tests.conformance.peer_cp ws://127.0.0.1:9000/ STRICT_1

The central system is to set a limit, start and stop. Ends with status 0 where it did everything
right; else it says what it did wrong.
"""

import sys
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.conformance.strict import CallError, Payload, StrictEnd, Violation, check, status_of

KEYS = {
    "NumberOfConnectors": "1",
    "SupportedFeatureProfiles": "Core,SmartCharging",
    "ChargingScheduleAllowedChargingRateUnit": "Current",
    "ChargeProfileMaxStackLevel": "1",
    "ChargingScheduleMaxPeriods": "10",
    "MaxChargingProfilesInstalled": "2",
}


def now() -> str:
    return datetime.now(UTC).isoformat()


class ChargePoint:
    """What this charge point is and answers. A TxProfile needs a transaction (3.13.1)."""

    def __init__(self) -> None:
        self.transaction: int | None = None
        self.limit = 32.0

    def answer(self, action: str, payload: Payload) -> Payload:
        match action:
            case "GetConfiguration":
                return self._configuration(payload.get("key") or list(KEYS))
            case "SetChargingProfile":
                return {"status": self._set_limit(payload["csChargingProfiles"])}
            case "RemoteStartTransaction":
                check(payload.get("connectorId") == 1, f"no connector: {payload}")
                return {"status": "Rejected" if self.transaction else "Accepted"}
            case "RemoteStopTransaction":
                mine = payload["transactionId"] == self.transaction
                check(mine, f"{payload} does not run here")
                return {"status": "Accepted" if mine else "Rejected"}
            case "ChangeConfiguration":
                return {"status": "NotSupported"}
            case "TriggerMessage":  # of a profile that it has not
                raise CallError("NotSupported")
        raise Violation(f"{action}, which nobody asked for")

    def _configuration(self, wanted: list[str]) -> Payload:
        known = [
            {"key": key, "readonly": True, "value": KEYS[key]} for key in wanted if key in KEYS
        ]
        unknown = [key for key in wanted if key not in KEYS]
        return {"configurationKey": known} | ({"unknownKey": unknown} if unknown else {})

    def _set_limit(self, profile: Payload) -> str:
        schedule = profile["chargingSchedule"]
        check(schedule["chargingRateUnit"] == "A", "W, which is not allowed here")
        check(schedule["chargingSchedulePeriod"][0]["startPeriod"] == 0, "no period at 0")
        if profile["chargingProfilePurpose"] == "TxProfile" and self.transaction is None:
            return "Rejected"
        self.limit = float(schedule["chargingSchedulePeriod"][0]["limit"])
        return "Accepted"


def status(name: str, connector: int = 1) -> Payload:
    return {"connectorId": connector, "errorCode": "NoError", "status": name, "timestamp": now()}


def values(transaction: int, amperes: float) -> Payload:
    sample = {"value": f"{amperes:g}", "measurand": "Current.Import", "unit": "A"}
    value = {"timestamp": now(), "sampledValue": [sample]}
    return {"connectorId": 1, "transactionId": transaction, "meterValue": [value]}


async def boot(csms: StrictEnd) -> None:
    """A CALL before the boot is refused (errata OCPP-J 3.10); Heartbeat tells the time."""
    try:
        await csms.call("Heartbeat")
        check(False, "Heartbeat is answered before BootNotification")
    except CallError as error:
        check(str(error) == "SecurityError", f"{error} before BootNotification")
    model = {"chargePointVendor": "Strict", "chargePointModel": "Peer"}
    registered = await csms.call("BootNotification", model)
    check(registered["status"] == "Accepted", f"{registered}")
    for connector, name in ((0, "Available"), (1, "Preparing")):
        await csms.call("StatusNotification", status(name, connector))
    beat = await csms.call("Heartbeat")
    moment = datetime.fromisoformat(beat["currentTime"])
    check(abs((datetime.now(UTC) - moment).total_seconds()) < 60, f"another time: {beat}")


async def session(csms: StrictEnd, point: ChargePoint) -> None:
    """The central system sets a limit, starts and stops; what it must know is told twice."""
    start = await csms.until("RemoteStartTransaction")
    check(any(action == "SetChargingProfile" for action, _ in csms.heard), "no limit")
    began = {"connectorId": 1, "idTag": start["idTag"], "meterStart": 100, "timestamp": now()}
    answered = await csms.call("StartTransaction", began)
    check(answered["idTagInfo"]["status"] == "Accepted", f"{answered}")
    point.transaction = number = answered["transactionId"]
    check(number > 0, f"{answered}")
    again = await csms.call("StartTransaction", began)
    check(again["transactionId"] == number, f"another transaction: {again}")
    await csms.call("StatusNotification", status("Charging"))
    for _ in range(3):
        await csms.call("MeterValues", values(number, point.limit))
    await csms.until("RemoteStopTransaction", transactionId=number)
    ended = {"transactionId": number, "meterStop": 200, "timestamp": now(), "reason": "Remote"}
    await csms.call("StopTransaction", ended)
    await csms.call("StopTransaction", ended)
    point.transaction = None
    await csms.call("StatusNotification", status("Finishing"))


BAD: list[tuple[str, Payload, str]] = [
    ("NoSuchAction", {}, "NotImplemented"),
    ("RemoteStartTransaction", {"idTag": "A"}, "NotSupported"),
    ("Authorize", {}, "ProtocolError"),
    ("Authorize", {"idTag": "A", "more": 1}, "FormationViolation"),
    ("Authorize", {"idTag": 1}, "TypeConstraintViolation"),
    ("Authorize", {"idTag": "A" * 21}, "PropertyConstraintViolation"),
    ("MeterValues", {"connectorId": 1, "meterValue": []}, "OccurenceConstraintViolation"),
]


async def oddities(csms: StrictEnd) -> None:
    """What cannot be understood has its code (OCPP-J table 7); what is only odd, its answer."""
    for action, payload, code in BAD:
        try:
            got: object = await csms.call(action, payload)
        except CallError as error:
            got = str(error)
        check(got == code, f"{action} {payload}: {got} instead of {code}")
    unknown = {"transactionId": -1, "meterStop": 0, "timestamp": now()}  # errata 3.18
    await csms.call("StopTransaction", unknown)
    data = await csms.call("DataTransfer", {"vendorId": "com.example"})
    check(data == {"status": "UnknownVendorId"}, f"{data}")
    await csms.call("Authorize", {"idTag": "A"})


async def play(url: str, name: str) -> None:
    point = ChargePoint()

    async def life(csms: StrictEnd) -> None:
        await boot(csms)
        await session(csms, point)
        await oddities(csms)

    options: dict[str, Any] = {"compression": None, "proxy": None}
    offered = [Subprotocol("ocpp1.6")]
    async with connect(url + name, subprotocols=offered, **options) as websocket:
        check(websocket.subprotocol == "ocpp1.6", "another subprotocol")
        await StrictEnd(websocket, point.answer).play(life)


if __name__ == "__main__":
    sys.exit(status_of(play(*sys.argv[1:])))
