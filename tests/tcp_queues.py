"""What the kernel holds of a TCP connection of loopback, for tests that fill it up."""

import socket
import time
from pathlib import Path

from tests.processes import PATIENCE, Program

STILL = 5.0  # s without a word after which a connection is jammed
SMALL_BUFFER = 4096  # bytes that the kernel takes in for an end that does not read
SMALL_SEGMENT = 536  # bytes; the kernel's buffer for sending grows with it


def small_socket() -> socket.socket:
    """One that is soon full if nobody reads."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SMALL_SEGMENT)
    return sock


def gets_through(program: Program, mark: str, theirs: tuple[int, int]) -> bool:
    """Whether the other end logs a mark. If not, it must have read all that is there."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            program.until(mark, patience=STILL)
        except AssertionError:
            if queued_bytes(*theirs)[1] == 0:
                return False
        else:
            return True
    raise AssertionError("the other end does not read what is there")


def queued_bytes(local: int, remote: int) -> tuple[int, int]:
    """What the kernel holds for the program at a local port, connected to a remote one: bytes to
    be sent, bytes to be read (proc_net_tcp.rst of Linux).
    """
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, here, there, _, queues, *_ = line.split()
        if (int(here.split(":")[1], 16), int(there.split(":")[1], 16)) == (local, remote):
            unsent, unread = queues.split(":")
            return int(unsent, 16), int(unread, 16)
    raise AssertionError(f"no connection from port {local} to {remote}")
