"""Unix sockets of roles: for the user alone who started the role, and gone when it ends."""

import contextlib
import os
import socket
import stat
from collections.abc import Iterator

from rig.role.errors import UserError
from rig.role.paths import runtime_directory

LONGEST = 107  # bytes of a path; with the zero at its end 108, unix(7)


def usual_socket(name: str) -> str:
    """Where the socket of this name is. Raises UserError if there is no safe place for it."""
    return str(runtime_directory() / f"{name}.sock")


@contextlib.contextmanager
def bound_socket(path: str, option: str) -> Iterator[socket.socket]:
    """A socket at this path, to listen on; the path is free again afterwards.

    One that a killed role left there is replaced. Raises UserError, which names the option with
    which to choose another place.
    """
    with contextlib.suppress(FileNotFoundError):
        _remove_stale(path, option)
    try:
        bound = _bound(path)
    except OSError as error:
        why = error.strerror or error  # a path that is too long has no errno
        raise UserError(f"cannot make the socket {path}: {why}") from error
    with bound:
        try:
            yield bound
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)


def is_in_use(path: str) -> bool:
    """Whether somebody listens there, or may: only a refused connection proves that nobody does."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:
            return True
    return True


def _bound(path: str) -> socket.socket:
    """A socket there that is this user's alone from its first moment on. Raises OSError."""
    bound, before = socket.socket(socket.AF_UNIX), os.umask(0o177)
    try:
        bound.bind(path)
    except OSError:
        bound.close()
        raise
    finally:
        os.umask(before)
    return bound


def _remove_stale(path: str, option: str) -> None:
    """Remove the socket of a role that was killed; never that of a living one, nor a file."""
    if not stat.S_ISSOCK(os.stat(path).st_mode):
        raise UserError(f"{path} is there and no socket: name another place with {option}")
    if is_in_use(path):
        raise UserError(f"{path} is in use by another role: name another place with {option}")
    os.unlink(path)
