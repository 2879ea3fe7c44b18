"""The SQLite file of a charge point's state: opened, read, written, and set aside if it is damaged.

A commit is on the disk when it returns (WAL, synchronous=FULL): it survives a kill -9 and a power
loss. Nothing is lost by setting a file aside: it is renamed, and what can be read of it goes into
the new one.
"""

import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rig.errors import UserError
from rig.private import make_file, make_folders

VERSION = 1  # of the table, in the file's user_version
TABLE = """\
CREATE TABLE IF NOT EXISTS kept (
    section TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (section, key)
) WITHOUT ROWID"""
READ = "SELECT section, key, value FROM kept ORDER BY section, key"
READ_BACKWARDS = "SELECT section, key, value FROM kept ORDER BY section DESC, key DESC"
WRITE = "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
FORGET = "DELETE FROM kept WHERE section = ? AND key = ?"
SALVAGE_TIMEOUT = 10.0  # s
NO_JSON = (ValueError, RecursionError)  # what json.loads raises
PARTS = ("", "-wal", "-shm")  # of an SQLite database, beside each other
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

Rows = dict[tuple[str, str], Any]  # by section and key


class Opened(NamedTuple):
    """What came of opening a file. `database` is None where it cannot be written now.

    `trouble` says why it cannot, `damage` what was set aside, and why. Where not `is_read`, the
    file may hold what nobody knows.
    """

    database: sqlite3.Connection | None
    rows: Rows
    trouble: str | None = None
    damage: str | None = None
    is_read: bool = True


def open_file(path: str) -> Opened:
    """Open a state. Raises UserError for what is none, is a newer version's, in use, or for others
    to write."""
    try:
        _refuse_directory(path)
        make_folders(Path(path).parent)
        make_file(path)  # SQLite makes what it puts beside it of the same mode
        database = sqlite3.connect(path, timeout=0, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        return _unwritable(path, error)
    try:
        rows = _prepared(path, database)
    except (OSError, sqlite3.Error, *NO_JSON) as error:
        _close(database)
        return _begun_anew(path, error) if is_damage(path, error) else _unwritable(path, error)
    except BaseException:
        _close(database)
        raise
    return Opened(database, rows)


def write(database: sqlite3.Connection, values: Mapping[tuple[str, str], Any]) -> None:
    """Write all of these, or none; None forgets one. Raises sqlite3.Error."""
    with database:
        for (section, key), value in values.items():
            if value is None:
                database.execute(FORGET, (section, key))
            else:
                database.execute(WRITE, (section, key, json.dumps(value)))


def read(database: sqlite3.Connection) -> Rows:
    """All of it. Raises sqlite3.Error and ValueError for what is damaged."""
    with contextlib.closing(database.execute(READ)) as found:  # or the file stays locked
        return {(section, key): json.loads(value) for section, key, value in found}


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


def _prepared(path: str, database: sqlite3.Connection) -> Rows:
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
    (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise ValueError(found.splitlines()[-1])
    return read(database)


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


def _begun_anew(path: str, error: Exception) -> Opened:
    """Set a damaged file aside, and go on with what can be read of it."""
    rows = _salvaged(path)
    try:
        aside = set_aside(path)
    except OSError as failed:
        return Opened(None, rows, f"is damaged ({error}) and stays: {failed.strerror}")
    damage = f"{path} is damaged ({error}): kept as {aside}; {len(rows)} values could be read"
    opened = open_file(path)
    trouble = opened.trouble
    if opened.database:
        try:
            write(opened.database, rows)
        except sqlite3.Error as failed:
            _close(opened.database)
            return Opened(None, rows, str(failed), damage)
    return Opened(opened.database, rows, trouble, damage)


def _unwritable(path: str, error: Exception) -> Opened:
    """Go on with what can be read. A copy can be read where SQLite would have to write."""
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    try:
        if not os.path.lexists(path):
            return Opened(None, {}, why)
        with tempfile.TemporaryDirectory() as folder:
            copy = os.path.join(folder, "state")
            for part in PARTS[:2]:
                if os.path.exists(path + part):
                    shutil.copyfile(path + part, copy + part)
            return Opened(None, _salvaged(copy), why)
    except OSError:
        return Opened(None, {}, why, is_read=False)


def _salvaged(path: str) -> Rows:
    """What can be read from either end of it."""
    rows: Rows = {}
    damage = (sqlite3.Error, ValueError, TypeError)  # its messages may be no UTF-8 either
    with contextlib.suppress(*damage), contextlib.closing(sqlite3.connect(path)) as damaged:
        damaged.text_factory = bytes
        deadline = time.monotonic() + SALVAGE_TIMEOUT
        damaged.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
        for query in (READ, READ_BACKWARDS):
            with contextlib.suppress(*damage):
                rows.update(_sound_rows(damaged.execute(query), is_backwards=query != READ))
    return rows


def _sound_rows(
    found: sqlite3.Cursor, *, is_backwards: bool
) -> Iterator[tuple[tuple[str, str], Any]]:
    before: tuple[bytes, bytes] | None = None
    for section, key, value in found:
        if before is not None and not (before < (section, key)) ^ is_backwards:
            return  # a damaged tree may lead in circles
        before = (section, key)
        with contextlib.suppress(AttributeError, *NO_JSON):
            yield (section.decode(), key.decode()), json.loads(value.decode())


def _can_be_written(path: str) -> bool:
    parts = (path, os.path.dirname(path) or ".")
    return all(os.access(part, os.W_OK, effective_ids=True) for part in parts)


def _close(database: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.Error):
        database.close()
