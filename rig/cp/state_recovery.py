"""What can be read of a state file that is damaged, or that cannot be written.

It goes into another SQLite database, row by row: the file may be larger than the memory.
"""

import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Generator, Iterator

from rig.cp.state_rows import INDEX, TABLE
from rig.role.private import make_file

READ = "SELECT section, key, value FROM kept ORDER BY section, key"
READ_BACKWARDS = "SELECT section, key, value FROM kept ORDER BY section DESC, key DESC"
PUT = "INSERT OR IGNORE INTO kept VALUES (?, ?, ?)"
LEAST_TIMEOUT = 10.0  # s
LEAST_RATE = 1e6  # bytes/s
PARTS = ("", "-wal", "-shm")  # of an SQLite database, beside each other
NO_JSON = (ValueError, RecursionError)  # what json.loads raises
DAMAGE = (sqlite3.Error, ValueError, TypeError)  # its messages may be no UTF-8 either

Row = tuple[str, str, str]  # section, key, value as JSON


def recover(path: str, fresh: str) -> int:
    """Make a new file of what can be read of a damaged one; how many values those are.

    Raises OSError and sqlite3.Error where it cannot be written.
    """
    for part in (*PARTS, "-journal"):  # of an attempt that was killed
        with contextlib.suppress(FileNotFoundError):
            os.unlink(fresh + part)
    make_file(fresh)
    with contextlib.closing(sqlite3.connect(fresh)) as database:
        return _fill(database, path)


def copied(path: str) -> sqlite3.Connection:
    """What can be read of a file that SQLite could read only if it may write beside it.

    It lies in the folder for temporary files, until it is closed. Raises OSError and sqlite3.Error.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "state")
        for part in PARTS[:2]:
            if os.path.lexists(path + part):
                shutil.copyfile(path + part, copy + part)
        database = sqlite3.connect("", check_same_thread=False)
        _fill(database, copy)
        return database


def empty() -> sqlite3.Connection:
    """A state without anything, in the folder for temporary files, until it is closed."""
    database = sqlite3.connect("", check_same_thread=False)
    database.execute(TABLE)
    database.execute(INDEX)
    return database


def _fill(database: sqlite3.Connection, path: str) -> int:
    with database:
        database.execute(TABLE)
        count = database.executemany(PUT, _readable(path)).rowcount
        database.execute(INDEX)
        return count


def _readable(path: str) -> Iterator[Row]:
    """What can be read from either end of it; some perhaps twice."""
    with contextlib.suppress(*DAMAGE), contextlib.closing(sqlite3.connect(path)) as damaged:
        damaged.text_factory = bytes
        until = time.monotonic() + max(LEAST_TIMEOUT, os.path.getsize(path) / LEAST_RATE)
        damaged.set_progress_handler(lambda: time.monotonic() > until, 10_000)
        if not (yield from _sound_rows(damaged, READ)):
            yield from _sound_rows(damaged, READ_BACKWARDS)


def _sound_rows(damaged: sqlite3.Connection, query: str) -> Generator[Row, None, bool]:
    """The rows as far as they can be read; whether that was all."""
    before: tuple[bytes, bytes] | None = None
    with contextlib.suppress(*DAMAGE):
        for section, key, value in damaged.execute(query):
            if before is not None and not (before < (section, key)) ^ (query != READ):
                return False  # a damaged tree may lead in circles
            before = (section, key)
            with contextlib.suppress(AttributeError, *NO_JSON):
                row = section.decode(), key.decode(), value.decode()
                json.loads(row[2])
                yield row
        return True
    return False
