"""Ports of loopback for what a test starts."""

import contextlib
import secrets
import socket

FIRST_PORT, PORTS = 10_000, 20_000  # Linux gives those from 32768 on


def free_port() -> int:
    """A TCP port of loopback that is free now, below those that the kernel gives to whoever asks
    for any: else another process would have it before the one that it is for."""
    while True:
        port = FIRST_PORT + secrets.randbelow(PORTS)  # `random` has the same course in all tests
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
