"""Where the rig keeps what must outlive it (XDG base directories).

Not by platformdirs: 4.3 takes a relative path, and 4.14 writes a warning to stderr where there is
no XDG_RUNTIME_DIR.
"""

import contextlib
import os
import stat
from pathlib import Path

from rig.role.errors import UserError
from rig.role.private import make_folders

NAME = "ev-charging-rig"


def state_folder() -> Path:
    """The folder of this user for all that. Raises RuntimeError where nobody's home is known."""
    given = os.environ.get("XDG_STATE_HOME", "")
    # A relative path is to be ignored, says the XDG specification.
    state = Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "state"
    return state / NAME


def default_database() -> str:
    """The URL of the central system's database, in a directory that only its user may enter.

    Raises UserError if that cannot be made.
    """
    try:
        folder = state_folder()
        make_folders(folder)
    except (OSError, RuntimeError) as error:  # RuntimeError: nobody's home
        raise UserError(f"no place for the database ({error}): name one with --database") from error
    return f"sqlite:///{folder / 'csms.db'}"


def runtime_directory() -> Path:
    """Files of roles that run now: this user's alone, gone after a reboot. Made if it is not there.

    Raises UserError for one that somebody else could write to: in /tmp anybody may have made it.
    """
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    is_there = os.path.isabs(base) and os.path.isdir(base)
    path = Path(base, NAME) if is_there else Path(f"/tmp/{NAME}-{os.geteuid()}")
    try:
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
        state = path.lstat()
    except OSError as error:
        raise UserError(f"cannot make the directory {path}: {error.strerror}") from error
    is_ours = state.st_uid == os.geteuid() and not stat.S_IMODE(state.st_mode) & 0o077
    if not (is_ours and stat.S_ISDIR(state.st_mode)):
        raise UserError(f"{path} is open to others: remove it, or set XDG_RUNTIME_DIR")
    return path
