"""What a role tells whoever started it, one way: systemd's, on the socket that NOTIFY_SOCKET names.

READY=1 (sd_notify(3)), and for `rig up` the option with which to start it again.
"""

import os
import socket

AGAIN = "X_AGAIN"  # X_ is for what systemd does not know


def announce_ready(status: str = "") -> None:
    """Tell whoever started this role that it works now (sd_notify(3)); nothing if nobody asked.

    `status`: a line for people, such as where to look.
    """
    _notify(f"READY=1\nSTATUS={status}" if status else "READY=1")


def announce_again(option: str) -> None:
    """Tell with which option to start this role again, should it die; one line."""
    _notify(f"{AGAIN}={option}")


def _notify(state: str) -> None:
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else path
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        try:
            # Not to wait for somebody who reads nothing: the kernel keeps ten.
            sock.sendto(state.encode(), socket.MSG_DONTWAIT, address)
        except OSError:  # whoever asked is gone, or stuck
            return
