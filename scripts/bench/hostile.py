"""One hostile connection to a central system: floods it, or asks and reads nothing.

It comes back whenever it is thrown out, ten times a second at most, and ends by itself.

usage: hostile.py calls|garbage|deaf|long PORT SECONDS
"""

import base64
import itertools
import os
import socket
import struct
import sys
import time
from collections.abc import Iterator

CALLS, GARBAGE, DEAF, LONG = "calls", "garbage", "deaf", "long"
KINDS = (CALLS, GARBAGE, DEAF, LONG)
AT_ONCE = 500  # frames in one write
BACK_AFTER = 0.1  # s
BOOT = '[2,"boot","BootNotification",{"chargePointVendor":"bench","chargePointModel":"hostile"}]'
HEARTBEAT = '[2,"%s-%d","Heartbeat",{}]'
# 1 MB in which each of 15 000 samples breaks the schema
UNNAMED = '{"no":"of the standard","unit":"that there is not","context":"x"}'
BROKEN = (
    '[2,"%s-%d","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-01-31T12:00:00Z",'
    f'"sampledValue":[{",".join([UNNAMED] * 15_000)}]}}]}}]'
)
GARBLED = '[2,"%s-%d",{"no": CALL'
TEXTS = {GARBAGE: GARBLED, LONG: BROKEN}


def masked(text: str) -> bytes:
    """A text frame of a client (RFC 6455, 5.2), with a mask of zeros, which changes nothing."""
    data = text.encode()
    length = len(data)
    if length < 126:
        head = struct.pack("!BB", 0x81, 0x80 | length)
    elif length < 1 << 16:
        head = struct.pack("!BBH", 0x81, 0xFE, length)
    else:
        head = struct.pack("!BBQ", 0x81, 0xFF, length)
    return head + bytes(4) + data


def opened(port: int) -> socket.socket:
    """A WebSocket connection that has booted."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall(
        f"GET /HOSTILE HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n".encode()
    )
    if b" 101 " not in connection.recv(4096):
        raise OSError("refused")
    connection.sendall(masked(BOOT))
    connection.recv(4096)
    return connection


def writes(kind: str) -> Iterator[bytes]:
    """What to send, for ever. Each connection has ids of its own."""
    text, life = TEXTS.get(kind, HEARTBEAT), os.urandom(4).hex()
    numbers, at_once = itertools.count(), 1 if kind == LONG else AT_ONCE
    while True:
        yield b"".join(masked(text % (life, next(numbers))) for _ in range(at_once))


def attack(kind: str, port: int, end: float) -> None:
    """One connection, until it is thrown out or the time is over."""
    with opened(port) as connection:
        connection.settimeout(0.05)
        for write in writes(kind):
            while write and time.monotonic() < end:
                try:
                    write = write[connection.send(write) :]
                    if kind != DEAF:
                        connection.recv(1 << 16)
                except TimeoutError:
                    continue
            if time.monotonic() >= end:
                return


def main(kind: str, port: str, seconds: str) -> None:
    """Attack until the time is over."""
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        try:
            attack(kind, int(port), end)
        except OSError:  # thrown out
            time.sleep(BACK_AFTER)


if __name__ == "__main__":
    main(*sys.argv[1:])
