"""Sends the same Current again and again, so many a second.

usage: flood.py CHANNEL RATE
"""

import socket
import struct
import sys
import time

CURRENT = struct.pack("=IB3x8s", 0x300, 2, b"\x14\x00")  # 20 A; dbc/ev_charging.dbc, linux/can.h
PAUSE = 0.001  # s; what came due meanwhile goes out together


def main(channel: str, rate: int) -> None:
    """Run until it is ended."""
    with socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW) as can:
        can.bind((channel,))
        begin, sent = time.monotonic(), 0
        while True:
            due = int((time.monotonic() - begin) * rate)
            for _ in range(due - sent):
                can.send(CURRENT)
            sent = due
            time.sleep(PAUSE)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
