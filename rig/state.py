"""What a charge point keeps on the disk: one SQLite file, written by a thread.

A commit is on the disk when it returns (WAL, synchronous=FULL): it survives a kill -9 and a power
loss. The event loop never waits for it; `keep` tells when it is done.
"""

import asyncio
import json
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rig.errors import UserError
from rig.logic.cp.kept import Keep
from rig.places import state_folder
from rig.private import make_file, make_folders

VERSION = 1  # of the table, in the file's user_version
TABLE = """\
CREATE TABLE IF NOT EXISTS kept (
    section TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (section, key)
) WITHOUT ROWID"""
WRITE = "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
FORGET = "DELETE FROM kept WHERE section = ? AND key = ?"
CLOSE_TIMEOUT = 2.0  # s
LOSES = "a restart now would not know what happened since"

Done = Callable[[], None]


class State:
    """The state of one charge point at `path`, for this process alone.

    Raises UserError if the file cannot be opened, is another program's, or in use. When it cannot
    be written the log says so, and all goes on from memory until it can.
    """

    def __init__(self, path: str, log: logging.Logger) -> None:
        self._path, self._log = path, log
        self._loop = asyncio.get_running_loop()
        self._waiting: queue.SimpleQueue[tuple[Sequence[Keep], Done] | None] = queue.SimpleQueue()
        self._database = _open(path)
        self._unwritten: dict[tuple[str, str], Any] = {}
        self._is_broken = False
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def load(self) -> dict[str, dict[str, Any]]:
        """Everything that was kept, also what a broken disk did not take: section, key, value."""
        loaded: dict[str, dict[str, Any]] = {}
        for section, key, value in self._database.execute("SELECT * FROM kept"):
            loaded.setdefault(section, {})[key] = json.loads(value)
        for (section, key), value in list(self._unwritten.items()):
            loaded.setdefault(section, {})[key] = value
            if value is None:
                del loaded[section][key]
        return loaded

    def keep(self, values: Sequence[Keep], done: Done) -> None:
        """Keep these, all or none; `done` is called in the event loop once they are on the disk."""
        self._waiting.put((values, done))

    def close(self) -> None:
        """Write what waits; a disk that hangs holds nobody up for longer than CLOSE_TIMEOUT."""
        self._waiting.put(None)
        self._writer.join(CLOSE_TIMEOUT)
        if self._writer.is_alive():
            self._log.error("state = %s hangs: %s", self._path, LOSES)
        else:
            self._database.close()

    def _write(self) -> None:
        while batch := self._next_batch():
            for values, _ in batch:
                self._unwritten |= {(value.section, value.key): value.value for value in values}
            self._try_to_commit()
            for _, done in batch:
                self._call(done)

    def _next_batch(self) -> list[tuple[Sequence[Keep], Done]]:
        """All that waits: while one batch is written, the next one gathers. None at the end."""
        batch = []
        while (item := self._waiting.get()) is not None:
            batch.append(item)
            if self._waiting.empty():
                return batch
        self._waiting.put(None)  # the end stays the end
        return batch

    def _try_to_commit(self) -> None:
        """What cannot be written now is tried again with the next batch, in one piece."""
        try:
            self._commit()
        except sqlite3.Error as error:
            if not self._is_broken:
                self._log.error("state = cannot write %s: %s; %s", self._path, error, LOSES)
            self._is_broken = True
        else:
            if self._is_broken:
                self._log.warning("state = %s is written again, nothing is missing", self._path)
            self._is_broken = False
            self._unwritten.clear()

    def _commit(self) -> None:
        with self._database:
            for (section, key), value in self._unwritten.items():
                if value is None:
                    self._database.execute(FORGET, (section, key))
                else:
                    self._database.execute(WRITE, (section, key, json.dumps(value)))

    def _call(self, done: Done) -> None:
        try:
            self._loop.call_soon_threadsafe(done)
        except RuntimeError:  # the loop is closed: the role has ended
            return


def _open(path: str) -> sqlite3.Connection:
    try:
        make_folders(Path(path).parent)
        make_file(path)  # SQLite makes what it puts beside it of the same mode
        database = sqlite3.connect(path, timeout=0, check_same_thread=False)
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        _check_version(path, database)
        with database:
            database.execute(TABLE)
            database.execute(f"PRAGMA user_version = {VERSION}")
    except OSError as error:
        raise UserError(f"cannot make the state {path}: {error.strerror}") from error
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            fix = "end it, or name another --id or --state"
            raise UserError(f"{path} is in use by another charge point: {fix}") from error
        raise UserError(f"cannot open the state {path}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise UserError(f"{path} is not the state of a charge point ({error})") from error
    return database


def _check_version(path: str, database: sqlite3.Connection) -> None:
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        fix = "use that version, or name another --state"
        raise UserError(f"{path} was written by a newer version of the rig: {fix}")


def state_path(charge_point: str) -> str:
    """Where the state of a charge point is kept if nothing else is said. Raises UserError."""
    name = "".join(
        char if char.isalnum() or char in "-_" else f"%{ord(char):02X}" for char in charge_point
    )
    try:
        return str(state_folder() / f"{name}.db")
    except RuntimeError as error:  # nobody's home
        raise UserError(f"no place for the state ({error}): name one with --state") from error
