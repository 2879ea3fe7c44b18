"""The floor of a charge point: websockets, json, struct and a raw CAN socket, and nothing else.

SetChargingProfile becomes SetLimit, Current becomes MeterValues. No check, no state, no log.

usage: bare_cp.py URL CHANNEL
"""

import asyncio
import json
import socket
import struct
import sys
import uuid
from datetime import UTC, datetime

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

SET_LIMIT, CURRENT = 0x210, 0x300  # dbc/ev_charging.dbc
FRAME = struct.Struct("=IB3x8s")  # linux/can.h
AMPERES = struct.Struct("<H")
ONLY_CURRENT = struct.pack("=II", CURRENT, 0x7FF)

SENDING: set["asyncio.Future[None]"] = set()  # a task that nobody holds may vanish


def open_can(channel: str) -> socket.socket:
    """A raw socket that gets Current alone."""
    can = socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW)
    can.setsockopt(socket.SOL_CAN_RAW, socket.CAN_RAW_FILTER, ONLY_CURRENT)
    can.setblocking(False)
    can.bind((channel,))
    return can


async def to_can(connection: ClientConnection, can: socket.socket) -> None:
    """Each SetChargingProfile becomes SetLimit, until the connection ends."""
    async for text in connection:
        kind, unique_id, *rest = json.loads(text)
        if kind == 2:
            schedule = rest[1]["csChargingProfiles"]["chargingSchedule"]
            limit = int(schedule["chargingSchedulePeriod"][0]["limit"])
            can.send(FRAME.pack(SET_LIMIT, 2, AMPERES.pack(limit)))
            await connection.send(json.dumps([3, unique_id, {"status": "Accepted"}]))


def to_csms(connection: ClientConnection, can: socket.socket) -> None:
    """A Current is there: it becomes MeterValues."""
    _, _, data = FRAME.unpack(can.recv(FRAME.size))
    current = AMPERES.unpack_from(data)[0]
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    sample = {"value": str(current), "measurand": "Current.Import", "unit": "A"}
    payload = {"connectorId": 1, "meterValue": [{"timestamp": moment, "sampledValue": [sample]}]}
    text = json.dumps([2, str(uuid.uuid4()), "MeterValues", payload])
    sending = asyncio.ensure_future(connection.send(text))
    SENDING.add(sending)
    sending.add_done_callback(SENDING.discard)


async def main(url: str, channel: str) -> None:
    """Run until the connection ends."""
    can = open_can(channel)
    async with connect(
        url,
        subprotocols=[Subprotocol("ocpp1.6")],
        compression=None,
        proxy=None,
        open_timeout=None,  # as for pings: see programs.py
        ping_interval=None,
    ) as connection:
        asyncio.get_running_loop().add_reader(can, to_csms, connection, can)
        await to_can(connection, can)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
