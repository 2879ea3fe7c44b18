"""Files that hold what others have entrusted to the rig: for its user alone, whatever the umask."""

import os
import stat
from pathlib import Path

from rig.role.errors import UserError

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def make_folders(path: Path) -> None:
    """The folder and those above it, as far as they are not there, each 0700. Raises OSError."""
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError:
        make_folders(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def make_file(path: str) -> None:
    """An empty file, 0600, where there is none. Raises OSError, and UserError as `check_file`."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        check_file(path)


def open_file(path: str, flags: int) -> int:
    """An `opener`: a new file is 0600. Raises OSError, and UserError as `check_file`."""
    descriptor = os.open(path, flags, 0o600)
    try:
        check_file(path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def check_file(path: str) -> None:
    """Raises UserError for a file that others can write to, OSError where there is none."""
    found = os.stat(path)
    is_ours = found.st_uid in (0, os.geteuid()) or os.geteuid() == 0
    if stat.S_ISREG(found.st_mode) and (found.st_mode & OTHERS_WRITE or not is_ours):
        raise UserError(f"others can write {path}: make it yours alone (chown, chmod go-w)")
