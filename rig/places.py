"""Where the rig keeps what must outlive it (XDG base directories)."""

import os
from pathlib import Path

from rig.errors import UserError
from rig.private import make_folders


def state_folder() -> Path:
    """The folder of this user for all that. Raises RuntimeError where nobody's home is known."""
    given = os.environ.get("XDG_STATE_HOME", "")
    # A relative path is to be ignored, says the XDG specification.
    state = Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "state"
    return state / "ev-charging-rig"


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
