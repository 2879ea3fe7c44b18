"""The SQLite file of a charge point's state: opened, and set aside if it is damaged.

A commit is on the disk when it returns (WAL, synchronous=FULL): it survives a kill -9 and a power
loss. Nothing is lost by setting a file aside: it is renamed, and what can be read of it goes into
the new one.
"""

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import NamedTuple

from rig.cp.state_recovery import NO_JSON, PARTS, recover
from rig.cp.state_rows import INDEX, TABLE, loaded
from rig.role.errors import UserError
from rig.role.private import make_file, make_folders

VERSION = 1  # of the table, in the file's user_version
FRESH = ".new"  # a file that is to take a damaged one's place
UNREADABLE = (OSError, sqlite3.Error, *NO_JSON)  # what reading raises
# What a disk says that is full, read-only or fails; all else that SQLite says is damage.
OF_THE_DISK = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_AUTH,
}


class Opened(NamedTuple):
    """What came of opening a file. `database` is None where it cannot be written now.

    `trouble` says why it cannot, `damage` what was set aside, and why.
    """

    database: sqlite3.Connection | None
    trouble: str | None = None
    damage: str | None = None


def open_file(path: str) -> Opened:
    """Open a state. Raises UserError for what is none, is a newer version's, in use, or for others
    to write."""
    try:
        _refuse_directory(path)
        make_folders(Path(path).parent)
        _finish_recovery(path)
        make_file(path)  # SQLite makes what it puts beside it of the same mode
        database = sqlite3.connect(path, timeout=0, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        return Opened(None, _why(error))
    try:
        _prepare(path, database)
    except UNREADABLE as error:
        _close(database)
        return begun_anew(path, error) if is_damage(path, error) else Opened(None, _why(error))
    except BaseException:
        _close(database)
        raise
    return Opened(database)


def begun_anew(path: str, error: Exception) -> Opened:
    """Set a damaged file aside, and go on with what can be read of it. Raises as `open_file`."""
    fresh = path + FRESH
    try:
        count = recover(path, fresh)
        aside = set_aside(path)
        os.rename(fresh, path)
    except (OSError, sqlite3.Error) as failed:
        return Opened(None, f"is damaged ({error}) and stays: {_why(failed)}")
    damage = f"{path} is damaged ({error}): kept as {aside}; {count} values could be read"
    return open_file(path)._replace(damage=damage)


def is_damage(path: str, error: Exception) -> bool:
    """Whether this is what a damaged file causes, and not a disk that cannot be written."""
    code = _code(error)
    if isinstance(error, OSError) or code in OF_THE_DISK - {sqlite3.SQLITE_READONLY}:
        return False
    # A damaged header says read-only too.
    return code != sqlite3.SQLITE_READONLY or _can_be_written(path)


def _code(error: Exception) -> int:
    """What SQLite says; the sqlite3 module itself says nothing of a text that is none."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)) & 0xFF


def set_aside(path: str) -> str:
    """Rename a file that cannot be used; its new name. Raises OSError."""
    first = aside = f"{path}.damaged-{time.strftime('%Y%m%dT%H%M%S')}"
    number = 1
    while os.path.lexists(aside):
        number += 1
        aside = f"{first}_{number}"
    for part in PARTS:
        with contextlib.suppress(FileNotFoundError):
            os.rename(path + part, aside + part)
    return aside


def _refuse_directory(path: str) -> None:
    if os.path.isdir(path):
        raise UserError(f"{path} is a directory: name a file with --state")
    if any(parent.exists() and not parent.is_dir() for parent in Path(path).parents):
        raise UserError(f"cannot make the directory of {path}: name another file with --state")


def _finish_recovery(path: str) -> None:
    """This process was killed after it had set a damaged file aside, before it had the new one."""
    if os.path.lexists(path + FRESH) and not os.path.lexists(path):
        for part in PARTS[1:]:  # all that these said is in the new one
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path + part)
        os.rename(path + FRESH, path)


def _why(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def _prepare(path: str, database: sqlite3.Connection) -> None:
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    try:
        _check_owner(path, database)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
    except sqlite3.OperationalError as error:
        if _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            fix = "end it, or name another --id or --state"
            raise UserError(f"{path} is in use by another charge point: {fix}") from error
        raise
    is_new = not _version(database)
    database.execute("BEGIN")
    database.execute(f"PRAGMA user_version = {VERSION}")  # fails where nothing can be written
    if is_new:
        database.execute(TABLE)
        database.commit()
    else:
        database.rollback()
    # Not quick_check: a request that the index lacks would never be read.
    (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise ValueError(found.splitlines()[-1])
    database.execute(INDEX)  # where a version before wrote it, there is none
    loaded(database, {})  # what a life begins with must make sense


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _check_owner(path: str, database: sqlite3.Connection) -> None:
    version = _version(database)
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    if version > VERSION:
        fix = "use that version, or name another --state"
        raise UserError(f"{path} was written by a newer version of the rig: {fix}")
    if not version and tables and "kept" not in tables:
        fix = "name another --state"
        raise UserError(f"{path} is the database of another program: {fix}")


def _can_be_written(path: str) -> bool:
    parts = (path, os.path.dirname(path) or ".")
    return all(os.access(part, os.W_OK, effective_ids=True) for part in parts)


def _close(database: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.Error):
        database.close()
