"""Where csms and cp offer their OCPP messages, apart from those of another `rig up`."""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rig.ocppj.logic.told import socket_of
from rig.role.errors import UserError
from rig.role.paths import runtime_directory
from rig.role.streams import say
from rig.role.unix_socket import LONGEST, is_in_use
from rig.up.logic.launch_plan import OCPP_ENDS

LOCK = "ocpp.lock"  # held by the `rig up` that has the usual place


@contextlib.contextmanager
def ocpp_folder() -> Iterator[str | None]:
    """The usual place, where `rig watch` looks; a private one, gone at the end, where that is not
    safe or another rig has it; None, and a line on stderr, where neither can be.
    """
    with contextlib.ExitStack() as held:
        yield _usual(held) or _private(held)


def _usual(held: contextlib.ExitStack) -> str | None:
    """The usual place, held until the end; None if it cannot be had."""
    try:
        folder = runtime_directory()
    except UserError:
        return None
    sockets = [socket_of(str(folder), role) for role in OCPP_ENDS]
    if any(len(os.fsencode(socket)) > LONGEST for socket in sockets):
        return None
    if not _is_locked(folder / LOCK, held) or any(map(is_in_use, sockets)):
        return None
    return str(folder)


def _is_locked(path: Path, held: contextlib.ExitStack) -> bool:
    """Whether this process has the lock, until its end; it is free again however that comes."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        held.callback(os.close, file)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _private(held: contextlib.ExitStack) -> str | None:
    """In /tmp, whatever TMPDIR says: the path of a socket is short."""
    try:
        folder = tempfile.TemporaryDirectory(
            prefix="ev-charging-rig-", dir="/tmp", ignore_cleanup_errors=True
        )
    except OSError as error:
        say(f"rig up: OCPP is not offered to detectors: no folder in /tmp: {error.strerror}")
        return None
    return held.enter_context(folder)
