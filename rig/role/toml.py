"""The TOML files that a user gives a role: the bench, a cycle, the tags."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from rig.role.errors import UserError

T = TypeVar("T")


def read_toml(path: str | Path, what: str, read: Callable[[dict[str, Any]], T]) -> T:
    """What `read` makes of the table of a file; it raises ValueError or UserError where it is none.

    Raises UserError, whose line names the file, by `what` it is for, and the mistake.
    """
    try:
        return read(tomllib.loads(Path(path).read_text("utf-8")))
    except OSError as error:
        raise UserError(f"cannot read the {what} {path}: {error.strerror}") from error
    except (ValueError, UserError) as error:  # ValueError: also of TOML and of UTF-8
        raise UserError(f"the {what} {path} is not valid: {error}") from error
