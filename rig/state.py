"""What a charge point keeps on the disk: one file (rig/state_file.py), used by a thread alone.

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
import time
from collections.abc import Callable, Sequence
from typing import Any

from rig.errors import UserError
from rig.logic.cp.events import Damaged, DiskFailed, DiskWorks
from rig.logic.cp.kept import Keep
from rig.places import state_folder
from rig.state_file import Rows, is_damage, open_file, read, set_aside, write

CLOSE_TIMEOUT = 2.0  # s
SLOW = 5.0  # s; a state that takes longer to read is named in the log
RETRY_EVERY = 2.0  # s between two attempts to write what could not be written
REPEAT_EVERY = 60.0  # s between two lines of the log that say so
LOSES = "a restart now would not know what happened since"

Done = Callable[[], None]
Loaded = dict[str, dict[str, Any]]  # section -> key -> value
DiskEvent = DiskFailed | DiskWorks | Damaged
Hears = Callable[[DiskEvent], None]
Values = tuple[Sequence[Keep], Done]
Item = Values | asyncio.Future[Loaded] | None  # to be kept, to be loaded, the end


class State:
    """The state of one charge point at `path`, for this process alone.

    It is opened when it is first loaded.
    """

    def __init__(self, path: str, log: logging.Logger) -> None:
        self._path, self._log = path, log
        self._loop = asyncio.get_running_loop()
        self._waiting: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._database: sqlite3.Connection | None = None
        self._is_read = True  # else the file may hold what nobody knows
        self._unwritten: Rows = {}
        self._trouble: str | None = None  # as the thread has it
        self._told_at = 0.0  # when the log said so
        self._hears: Hears | None = None
        self._failure: DiskFailed | None = None  # as the event loop has it
        self._untold: list[Damaged] = []
        self._writer = threading.Thread(target=self._work, daemon=True)
        self._writer.start()

    async def load(self) -> Loaded:
        """Everything that was kept, also what waits to be written: section, key, value.

        Raises UserError if the file is no state, a newer version's, or in use.
        """
        loaded: asyncio.Future[Loaded] = self._loop.create_future()
        self._hears = None
        self._waiting.put(loaded)
        late = self._loop.call_later(
            SLOW, self._log.error, "state = %s is not read yet: nothing but Stop", self._path
        )
        try:
            return await loaded
        finally:
            late.cancel()

    def tell(self, hears: Hears) -> None:
        """Tell this, from now on, what happens to the disk, and what nobody heard yet."""
        self._hears, untold, self._untold = hears, self._untold, []
        if self._failure:
            hears(self._failure)
        for damaged in untold:
            hears(damaged)

    def keep(self, values: Sequence[Keep], done: Done) -> None:
        """Keep these, all or none; `done` is called in the event loop once they are on the disk."""
        self._waiting.put((values, done))

    def close(self) -> None:
        """Write what waits; a disk that hangs holds nobody up for longer than CLOSE_TIMEOUT."""
        self._waiting.put(None)
        self._writer.join(CLOSE_TIMEOUT)
        if self._writer.is_alive():
            self._log.error("state = %s hangs: %s", self._path, LOSES)
        elif self._database:
            self._database.close()

    # in the thread

    def _work(self) -> None:
        is_over = False
        while not is_over:
            try:
                item = self._waiting.get(timeout=RETRY_EVERY if self._unwritten else None)
            except queue.Empty:
                self._try_to_commit()
            else:
                is_over = self._do(item)

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
        return item is None

    def _write(self, batch: list[Values]) -> None:
        for values, _ in batch:
            self._unwritten |= {(value.section, value.key): value.value for value in values}
        if self._unwritten:
            self._try_to_commit()
        for _, done in batch:
            self._call(done)

    def _try_to_commit(self) -> None:
        """What cannot be written now is tried again, in one piece."""
        try:
            self._commit()
        except (OSError, sqlite3.Error, ValueError, UserError) as error:
            self._failed(str(error))
        else:
            self._unwritten.clear()
            self._works()

    def _commit(self) -> None:
        if self._database is None:
            self._open_again()
        try:
            write(self._writable(), self._unwritten)
        except (sqlite3.Error, ValueError) as error:
            if not is_damage(self._path, error):
                raise
            self._give_up_file()
            self._open()
            write(self._writable(), self._unwritten)

    def _writable(self) -> sqlite3.Connection:
        if self._database is None:
            raise OSError(self._trouble)
        return self._database

    def _open_again(self) -> None:
        """What nobody knows must not be mixed with what was kept since."""
        if not self._is_read and os.path.exists(self._path):
            aside = set_aside(self._path)
            self._damaged(f"{self._path} could not be read before: kept as {aside}")
        self._is_read = True
        self._open()

    def _open(self) -> Rows:
        opened = open_file(self._path)
        self._database, self._is_read = opened.database, self._is_read and opened.is_read
        if opened.damage:
            self._damaged(opened.damage)
        if opened.trouble:
            self._failed(opened.trouble)
        return opened.rows

    def _give_up_file(self) -> None:
        if self._database:
            with contextlib.suppress(sqlite3.Error):
                self._database.close()
        self._database = None

    def _load(self, loaded: "asyncio.Future[Loaded]") -> None:
        try:
            sections = self._sections()
        except UserError as error:
            self._call(functools.partial(_refuse, loaded, error))
            return
        self._call(functools.partial(_give, loaded, sections))

    def _sections(self) -> Loaded:
        sections: Loaded = {}
        for (section, key), value in (self._rows() | self._unwritten).items():
            if value is not None:
                sections.setdefault(section, {})[key] = value
        return sections

    def _rows(self) -> Rows:
        if self._database is not None:
            try:
                return read(self._database)
            except (sqlite3.Error, ValueError):
                self._give_up_file()
        return self._open()

    # what is told, from the thread

    def _failed(self, why: str) -> None:
        now = time.monotonic()
        if self._trouble is None or now >= self._told_at + REPEAT_EVERY:
            self._log.error("state = cannot write %s: %s; %s", self._path, why, LOSES)
            self._told_at = now
        if self._trouble is None:
            self._tell(DiskFailed(why))
        self._trouble = why

    def _works(self) -> None:
        if self._trouble is not None:
            self._log.warning("state = %s is written again, nothing is missing", self._path)
            self._tell(DiskWorks())
        self._trouble = None

    def _damaged(self, what: str) -> None:
        self._log.error("state = %s", what)
        self._tell(Damaged(what))

    def _tell(self, event: DiskEvent) -> None:
        self._call(functools.partial(self._hear, event))

    def _hear(self, event: DiskEvent) -> None:
        if not isinstance(event, Damaged):
            self._failure = event if isinstance(event, DiskFailed) else None
        if self._hears:
            self._hears(event)
        elif isinstance(event, Damaged):
            self._untold.append(event)

    def _call(self, done: Done) -> None:
        try:
            self._loop.call_soon_threadsafe(done)
        except RuntimeError:  # the loop is closed: the role has ended
            return


def _give(loaded: "asyncio.Future[Loaded]", sections: Loaded) -> None:
    if not loaded.cancelled():
        loaded.set_result(sections)


def _refuse(loaded: "asyncio.Future[Loaded]", error: Exception) -> None:
    if not loaded.cancelled():
        loaded.set_exception(error)


def state_path(charge_point: str) -> str:
    """Where the state of a charge point is kept if nothing else is said. Raises UserError."""
    name = "".join(
        char if char.isalnum() or char in "-_" else f"%{ord(char):02X}" for char in charge_point
    )
    try:
        return str(state_folder() / f"{name}.db")
    except RuntimeError as error:  # nobody's home
        raise UserError(f"no place for the state ({error}): name one with --state") from error
