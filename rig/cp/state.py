"""What a charge point keeps on the disk: one file (rig/cp/state_file.py), used by a thread alone.

The event loop never waits for it; `keep` tells when it is done. A disk that cannot be written is
tried again until it can, and all goes on from memory meanwhile.
"""

import asyncio
import contextlib
import functools
import logging
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rig.cp.disk_health import LOSES, DiskHealth, Hears
from rig.cp.logic.kept import Keep
from rig.cp.state_file import UNREADABLE, Opened, begun_anew, is_damage, open_file, set_aside
from rig.cp.state_recovery import copied, empty
from rig.cp.state_rows import Loaded, Portion, RowKey, loaded, portion, write
from rig.role.errors import UserError
from rig.role.paths import state_folder

CLOSE_TIMEOUT = 2.0  # s
SLOW = 5.0  # s; a state that takes longer to read is named in the log
RETRY_EVERY = 2.0  # s between two attempts to write what could not be written

Done = Callable[[], None]
Values = tuple[Sequence[Keep[Any, Any]], Done]


@dataclass(frozen=True)
class Reading:
    """The requests after this number are to be read."""

    after: int
    done: Callable[[Portion], None]


Item = Values | asyncio.Future[Loaded] | Reading | None  # to be kept, loaded or read, the end


class State:
    """The state of one charge point at `path`, for this process alone.

    It is opened when it is first loaded.
    """

    def __init__(self, path: str, log: logging.Logger) -> None:
        self._path, self._log = path, log
        self._loop = asyncio.get_running_loop()
        self._waiting: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._database: sqlite3.Connection | None = None
        self._copy: sqlite3.Connection | None = None  # to read from where that is not open
        self._is_read = True  # else the file may hold what nobody knows
        self._unwritten: dict[RowKey, Any] = {}
        self._reading: Reading | None = None
        self._health = DiskHealth(path, log)
        self._writer = threading.Thread(target=self._run, daemon=True)
        self._writer.start()

    async def load(self) -> Loaded:
        """What was kept, also what waits to be written: section, key, value.

        Of the queue the first portion: `read_on` gives the next ones. Raises UserError if the file
        is no state, a newer version's, or in use.
        """
        future: asyncio.Future[Loaded] = self._loop.create_future()
        self._health.tell(None)
        self._waiting.put(future)
        late = self._loop.call_later(
            SLOW, self._log.error, "state = %s is not read yet: nothing but Stop", self._path
        )
        try:
            return await future
        finally:
            late.cancel()

    def tell(self, hears: Hears) -> None:
        """Tell this, from now on, what happens to the disk, and what nobody heard yet."""
        self._health.tell(hears)

    def keep(self, values: Sequence[Keep[Any, Any]], done: Done) -> None:
        """Keep these, all or none; `done` is called in the event loop once they are on the disk."""
        self._waiting.put((values, done))

    def read_on(self, after: int, done: Callable[[Portion], None]) -> None:
        """Read the requests after a number; `done` gets them in the event loop once they are read.

        Until the next `load`: what is still to be read then is of no use to anybody.
        """
        self._waiting.put(Reading(after, done))

    def close(self) -> None:
        """Write what waits; a disk that hangs holds nobody up for longer than CLOSE_TIMEOUT."""
        self._waiting.put(None)
        self._writer.join(CLOSE_TIMEOUT)
        if self._writer.is_alive():
            self._log.error("state = %s hangs: %s", self._path, LOSES)
        else:
            self._give_up_file()

    # in the thread

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # who waits would wait for ever: the role ends instead
            self._health.call(functools.partial(_raise, error))

    def _work(self) -> None:
        is_over = False
        while not is_over:
            try:
                item = self._waiting.get(timeout=RETRY_EVERY if self._is_behind else None)
            except queue.Empty:
                self._try_to_commit()
                self._read_on()
            else:
                is_over = self._do(item)

    @property
    def _is_behind(self) -> bool:
        return bool(self._unwritten or self._reading)

    def _do(self, item: Item) -> bool:
        """Do what waits: while one batch is written, the next one gathers. Whether it is over."""
        batch: list[Values] = []
        while isinstance(item, tuple):
            batch.append(item)
            if self._waiting.empty():
                break
            item = self._waiting.get()
        self._write(batch)
        if isinstance(item, asyncio.Future):
            self._load(item)
        elif isinstance(item, Reading):
            self._reading = item
        self._read_on()
        return item is None

    def _write(self, batch: list[Values]) -> None:
        for values, _ in batch:
            rows = (value.row for value in values)
            self._unwritten |= {(section, key): json for section, key, json in rows}
        if self._unwritten:
            self._try_to_commit()
        for _, done in batch:
            self._health.call(done)

    def _try_to_commit(self) -> None:
        """What cannot be written now is tried again, in one piece."""
        try:
            self._commit()
        except (OSError, sqlite3.Error, ValueError, UserError) as error:
            self._health.failed(str(error))
        else:
            self._unwritten.clear()
            self._health.works()

    def _commit(self) -> None:
        if self._database is None:
            self._open_again()
        try:
            write(self._writable(), self._unwritten)
        except (sqlite3.Error, ValueError) as error:
            if not is_damage(self._path, error):
                raise
            self._give_up_file()
            self._take(open_file(self._path))
            write(self._writable(), self._unwritten)

    def _writable(self) -> sqlite3.Connection:
        if self._database is None:
            raise OSError(self._health.trouble)
        return self._database

    def _open_again(self) -> None:
        """What nobody knows must not be mixed with what was kept since."""
        if not self._is_read and os.path.exists(self._path):
            aside = set_aside(self._path)
            self._health.damaged(f"{self._path} could not be read before: kept as {aside}")
        self._is_read = True
        self._take(open_file(self._path))

    def _take(self, opened: Opened) -> None:
        if opened.database:
            self._give_up_file()
        self._database = opened.database
        if opened.damage:
            self._health.damaged(opened.damage)
        if opened.trouble:
            self._health.failed(opened.trouble)

    def _give_up_file(self) -> None:
        for database in filter(None, (self._database, self._copy)):
            with contextlib.suppress(sqlite3.Error):
                database.close()
        self._database = self._copy = None

    def _load(self, future: "asyncio.Future[Loaded]") -> None:
        self._reading = None
        try:
            sections = self._sections()
        except UserError as error:
            self._health.call(functools.partial(_refuse, future, error))
            return
        self._health.call(functools.partial(_give, future, sections))

    def _sections(self) -> Loaded:
        if self._database is not None:
            try:
                return loaded(self._database, self._unwritten)
            except UNREADABLE:
                self._give_up_file()
        self._take(open_file(self._path))
        try:
            return loaded(self._source(), self._unwritten)
        except UNREADABLE:
            self._is_read, self._copy = False, empty()
            return loaded(self._copy, self._unwritten)

    def _source(self) -> sqlite3.Connection:
        """Where to read from. Raises OSError and sqlite3.Error."""
        if self._database is not None:
            return self._database
        if self._copy is None:
            self._copy = copied(self._path)
        return self._copy

    def _read_on(self) -> None:
        """Give the requests that are asked for. Where they cannot be read now, later."""
        if self._reading is None:
            return
        try:
            found = self._portion(self._reading.after)
        except (*UNREADABLE, UserError) as error:
            self._health.failed(str(error))
            return
        self._health.call(functools.partial(self._reading.done, found))
        self._reading = None

    def _portion(self, after: int) -> Portion:
        try:
            return portion(self._source(), self._unwritten, after)
        except UNREADABLE as error:
            self._give_up_file()
            if not is_damage(self._path, error):
                raise
            self._take(begun_anew(self._path, error))
            return portion(self._source(), self._unwritten, after)


def _give(future: "asyncio.Future[Loaded]", sections: Loaded) -> None:
    if not future.cancelled():
        future.set_result(sections)


def _refuse(future: "asyncio.Future[Loaded]", error: Exception) -> None:
    if not future.cancelled():
        future.set_exception(error)


def state_path(charge_point: str) -> str:
    """Where the state of a charge point is kept if nothing else is said. Raises UserError."""
    name = "".join(
        char if char.isalnum() or char in "-_" else f"%{ord(char):02X}" for char in charge_point
    )
    try:
        return str(state_folder() / f"{name}.db")
    except RuntimeError as error:  # nobody's home
        raise UserError(f"no place for the state ({error}): name one with --state") from error


def _raise(error: BaseException) -> None:
    raise error
