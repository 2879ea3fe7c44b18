"""Readiness, announced one way: systemd's READY=1 on the socket that NOTIFY_SOCKET names."""

import os
import socket


def announce_ready(status: str = "") -> None:
    """Tell whoever started this role that it works now (sd_notify(3)); nothing if nobody asked.

    `status`: a line for people, such as where to look.
    """
    _notify(f"READY=1\nSTATUS={status}" if status else "READY=1")


def _notify(state: str) -> None:
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else path
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        try:
            sock.sendto(state.encode(), address)
        except OSError:  # whoever asked is gone
            return
