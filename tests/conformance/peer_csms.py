"""A strict central system: plays a whole session with the charge point that connects.

    python -m tests.conformance.peer_csms 9000

Ends with status 0 where the charge point did everything right; else it says what it did wrong.
"""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from tests.conformance.strict import CallError, Payload, StrictEnd, check, status_of

TRANSACTION = 4711
CORE_KEYS = {
    "AuthorizeRemoteTxRequests",
    "ClockAlignedDataInterval",
    "ConnectionTimeOut",
    "ConnectorPhaseRotation",
    "GetConfigurationMaxKeys",
    "HeartbeatInterval",
    "LocalAuthorizeOffline",
    "LocalPreAuthorize",
    "MeterValuesAlignedData",
    "MeterValuesSampledData",
    "MeterValueSampleInterval",
    "NumberOfConnectors",
    "ResetRetries",
    "StopTransactionOnInvalidId",
    "StopTxnAlignedData",
    "StopTxnSampledData",
    "SupportedFeatureProfiles",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "UnlockConnectorOnEVSideDisconnect",
}


def now() -> str:
    return datetime.now(UTC).isoformat()


def answer(action: str, payload: Payload) -> Payload:
    """What this central system answers."""
    accepted = {"status": "Accepted"}
    match action:
        case "BootNotification":
            return {"currentTime": now(), "interval": 300, "status": "Accepted"}
        case "Heartbeat":
            return {"currentTime": now()}
        case "Authorize" | "StopTransaction":
            return {"idTagInfo": accepted}
        case "StartTransaction":
            return {"transactionId": TRANSACTION, "idTagInfo": accepted}
    check(action in ("StatusNotification", "MeterValues"), f"{action} comes unasked")
    return {}


def limit(amperes: float, purpose: str, **fields: Any) -> Payload:
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 1 if purpose == "TxDefaultProfile" else 2,
            "stackLevel": 0,
            "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Relative",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amperes}],
            },
            **fields,
        },
    }


async def expect(
    point: StrictEnd, status: str, action: str, payload: Payload | None = None
) -> None:
    """Ask; its answer must have this status."""
    got = await point.call(action, payload)
    check(got.get("status") == status, f"{action} {payload}: {got} instead of {status}")


async def refused(point: StrictEnd, code: str, action: str, payload: Payload) -> None:
    """Ask; the answer must be a CALLERROR of this code."""
    try:
        got: object = await point.call(action, payload)
    except CallError as error:
        got = str(error)
    check(got == code, f"{action}: {got} instead of {code}")


async def booted(point: StrictEnd) -> None:
    """BootNotification comes first, then the status of 0 and 1 (4.2, errata 3.22)."""
    await point.until("BootNotification")
    check(len(point.heard) == 1, "something came before BootNotification")
    await point.until("StatusNotification", connectorId=0, status="Available")
    await point.until("StatusNotification", connectorId=1)


async def configuration(point: StrictEnd) -> None:
    keys = {one["key"]: one for one in (await point.call("GetConfiguration"))["configurationKey"]}
    check(keys.keys() >= CORE_KEYS, f"without {CORE_KEYS - keys.keys()}")
    change = "ChangeConfiguration"
    await expect(point, "Accepted", change, {"key": "ConnectionTimeOut", "value": "30"})
    await expect(point, "Rejected", change, {"key": "ConnectionTimeOut", "value": "-30"})
    await expect(point, "Rejected", change, {"key": "NumberOfConnectors", "value": "9"})
    await expect(point, "NotSupported", change, {"key": "NoSuchKey", "value": "1"})
    await refused(point, "NotImplemented", "NoSuchAction", {})
    reservation = {"connectorId": 1, "expiryDate": now(), "idTag": "A", "reservationId": 1}
    await refused(point, "NotSupported", "ReserveNow", reservation)


async def session(point: StrictEnd) -> None:
    """From a default profile to the end of a transaction, with a limit that shows."""
    await expect(point, "Rejected", "SetChargingProfile", limit(8, "TxProfile"))
    await expect(point, "Accepted", "SetChargingProfile", limit(16, "TxDefaultProfile"))
    request = {"connectorId": 1, "duration": 60}
    schedule = (await point.call("GetCompositeSchedule", request))["chargingSchedule"]
    (period,) = schedule["chargingSchedulePeriod"]
    check((period["startPeriod"], period["limit"]) == (0, 16), f"{schedule}")
    await expect(point, "Accepted", "RemoteStartTransaction", {"idTag": "STRICT", "connectorId": 1})
    start = await point.until("StartTransaction", connectorId=1, idTag="STRICT")
    await point.until("StatusNotification", connectorId=1, status="Charging")
    values = await point.until("MeterValues", connectorId=1, transactionId=TRANSACTION)
    flows = [one for one in values["meterValue"][0]["sampledValue"] if one["unit"] == "A"]
    check(0 <= float(flows[0]["value"]) <= 16, f"{flows} with a limit of 16 A")
    lower = limit(8, "TxProfile", transactionId=TRANSACTION)
    await expect(point, "Accepted", "SetChargingProfile", lower)
    await expect(point, "Rejected", "RemoteStopTransaction", {"transactionId": TRANSACTION + 1})
    await expect(point, "Accepted", "RemoteStopTransaction", {"transactionId": TRANSACTION})
    stop = await point.until("StopTransaction", transactionId=TRANSACTION, reason="Remote")
    check(stop["meterStop"] >= start["meterStart"], "the register fell")
    await expect(point, "Unknown", "ClearChargingProfile", {"id": 2})  # it ended with it
    await point.until("StatusNotification", connectorId=1, status="Finishing")


async def afterwards(point: StrictEnd) -> None:
    """Triggers, availability, unlock."""
    await expect(point, "Accepted", "TriggerMessage", {"requestedMessage": "Heartbeat"})
    await point.until("Heartbeat")
    inoperative = {"connectorId": 1, "type": "Inoperative"}
    await expect(point, "Accepted", "ChangeAvailability", inoperative)
    await point.until("StatusNotification", connectorId=1, status="Unavailable")
    await expect(point, "Rejected", "RemoteStartTransaction", {"idTag": "A", "connectorId": 1})
    await expect(point, "Accepted", "ChangeAvailability", inoperative | {"type": "Operative"})
    await expect(point, "NotSupported", "UnlockConnector", {"connectorId": 1})
    await expect(point, "UnknownVendorId", "DataTransfer", {"vendorId": "com.example"})
    await expect(point, "Accepted", "ClearCache")
    await expect(point, "Accepted", "Reset", {"type": "Soft"})


async def first_life(point: StrictEnd) -> None:
    for part in (booted, configuration, session, afterwards):
        await part(point)


async def play(port: int) -> None:
    """Serve on a port of loopback until a charge point has lived twice."""
    lives = [booted, first_life]
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def live(websocket: ServerConnection) -> None:
        try:
            check(websocket.subprotocol == "ocpp1.6", "another subprotocol")
            await StrictEnd(websocket, answer).play(lives.pop())
            if not lives:
                over.set_result(None)
            await websocket.wait_closed()
        except BaseException as error:
            if not over.done():
                over.set_exception(error)

    offered = [Subprotocol("ocpp1.6")]
    async with serve(live, "127.0.0.1", port, subprotocols=offered, compression=None):
        print("listening", flush=True)  # noqa: T201
        await over


if __name__ == "__main__":
    sys.exit(status_of(play(int(sys.argv[1]))))
