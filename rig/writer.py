"""The one thread that writes the central system's database: group commit.

All that waits becomes one database transaction, and while that commits the next group gathers.
A group begins at once when nothing was written for GATHERING; else when that is over or ENOUGH
wait. What `ask` gave is done only after its commit.

When the database fails, the log says so once, whoever asks is told StoreFailed, what was told waits
for the next try, up to NOTES_ALLOWED, and what is lost beyond that is counted.
"""

import asyncio
import concurrent.futures
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError

from rig.database import Database
from rig.database_errors import reason
from rig.ledger import Ledger, Seen
from rig.logic.csms.tags import Unknown

GATHERING = 0.02  # s from the beginning of one group to the next, at most
ENOUGH = 32  # that wait
AT_ONCE = 2000  # in one database transaction
RETRY = 1.0  # s from a failure to the next try
NOTES_ALLOWED = 10_000  # that wait for a database which failed
CLOSE_PATIENCE = 10.0  # s

T = TypeVar("T")
Job = Callable[[Ledger], T]


class StoreFailed(Exception):
    """It is not stored. Whoever sends it again, later, loses nothing."""


class _Gone(Exception):
    """The database's file is not there any more."""


FAILURES = (OperationalError, InterfaceError, _Gone)


@dataclass(slots=True)
class _Entry:
    job: Job[Any]
    future: asyncio.Future[Any] | None = None
    outcome: Any = None


class Writer:
    """Raises UserError if the database cannot be opened."""

    def __init__(self, database: Database, unknown: Unknown, log: logging.Logger) -> None:
        self._database, self._unknown, self._log = database, unknown, log
        self._connection: Connection | None = None
        self._seen: Seen = {}
        self._waiting: list[_Entry] = []
        self._ready = threading.Condition()
        self._next_at = 0.0
        self._is_failing = self._is_closing = False
        self._lost = 0
        opened: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread = threading.Thread(target=self._run, args=(opened,), daemon=True)
        self._thread.start()
        opened.result()

    def ask(self, job: Job[T]) -> "asyncio.Future[T]":
        """Do a job; its result, once it is committed. Raises StoreFailed there."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if not self._put(_Entry(job, future)):
            future.set_exception(StoreFailed("the database is closed"))
        return future

    def tell(self, job: Job[None]) -> None:
        """Do a job with the next group; never waits."""
        if not self._put(_Entry(job)):
            self._log.warning("database: closed, a note was lost")

    async def close(self) -> None:
        """Write what waits, and end; CLOSE_PATIENCE at most."""
        with self._ready:
            self._is_closing = True
            self._ready.notify()
        await asyncio.to_thread(self._thread.join, CLOSE_PATIENCE)
        if self._thread.is_alive():
            self._log.error("database: it is stuck; what waited for it may be lost")

    def _put(self, entry: _Entry) -> bool:
        with self._ready:
            if self._is_closing:
                return False
            if self._is_failing and not entry.future and len(self._waiting) >= NOTES_ALLOWED:
                self._lost += 1
                return True
            self._waiting.append(entry)
            if len(self._waiting) in (1, ENOUGH):
                self._ready.notify()
            return True

    # in the thread

    def _run(self, opened: "concurrent.futures.Future[None]") -> None:
        try:
            self._connection = self._database.open(time.time())
        except BaseException as error:
            opened.set_exception(error)
            return
        opened.set_result(None)
        while group := self._gather():
            self._write(group)
        self._disconnect()
        if self._lost:
            self._log.error("database: %d notes were lost", self._lost)

    def _gather(self) -> list[_Entry]:
        """The next group, when its time has come; an empty one at the end."""
        with self._ready:
            self._ready.wait_for(lambda: self._waiting or self._is_closing)
            self._ready.wait_for(self._is_due, max(0.0, self._next_at - time.monotonic()))
            group, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            self._next_at = time.monotonic() + GATHERING
            return group

    def _is_due(self) -> bool:
        return self._is_closing or (len(self._waiting) >= ENOUGH and not self._is_failing)

    def _write(self, group: list[_Entry]) -> None:
        try:
            self._commit(group)
        except Exception as error:
            self._fail(group, error)
        else:
            self._recover()
        _deliver(group)

    def _commit(self, group: Sequence[_Entry]) -> None:
        """Do the whole group, else each by itself, so that a bad one takes no other down."""
        if not self._database.is_there:
            raise _Gone("its file was moved or removed: restart the central system")
        connection = self._connection = self._connection or self._database.connect()
        try:
            with connection.begin():
                ledger = Ledger(connection, self._unknown, self._seen)
                for entry in group:
                    entry.outcome = entry.job(ledger)
                ledger.flush()
        except FAILURES:
            raise
        except Exception as error:
            if _is_malformed(error):
                raise
            self._seen.clear()
            with connection.begin():
                for entry in group:
                    self._do_alone(connection, entry)

    def _do_alone(self, connection: Connection, entry: _Entry) -> None:
        try:
            with connection.begin_nested():
                ledger = Ledger(connection, self._unknown, self._seen)
                entry.outcome = entry.job(ledger)
                ledger.flush()
        except FAILURES:
            raise
        except Exception as error:
            if _is_malformed(error):
                raise
            self._log.error("database: cannot store one message: %s", reason(error))
            entry.outcome = StoreFailed(reason(error))
            self._seen.clear()
            self._lost += entry.future is None

    def _fail(self, group: list[_Entry], error: Exception) -> None:
        self._disconnect()
        self._seen.clear()
        if not self._is_failing:
            self._log.error("database: nothing is stored any more: %s", reason(error))
        for entry in group:
            entry.outcome = StoreFailed(reason(error))
        notes = [entry for entry in group if entry.future is None]
        with self._ready:
            self._is_failing = True
            self._next_at = time.monotonic() + RETRY
            if self._is_closing:
                self._lost += len(notes)
            else:
                self._waiting[:0] = notes

    def _recover(self) -> None:
        if self._is_failing:
            self._is_failing = False
            self._log.warning("database: it stores again; %d notes were lost", self._lost)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.close()
        except Exception as error:  # it was broken: that is why it is closed
            self._log.warning("database: %s", reason(error))


def _is_malformed(error: Exception) -> bool:
    """Whether the file is damaged, not the message: SQLite has no closer word for it."""
    return type(error) is DatabaseError


def _deliver(group: Sequence[_Entry]) -> None:
    """Give the outcomes to whoever asked, in their event loop."""
    asked = [entry for entry in group if entry.future]
    if asked and asked[0].future:
        try:
            asked[0].future.get_loop().call_soon_threadsafe(_resolve, asked)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return


def _resolve(asked: Sequence[_Entry]) -> None:
    for entry in asked:
        if entry.future is None or entry.future.done():
            continue
        if isinstance(entry.outcome, StoreFailed):
            entry.future.set_exception(entry.outcome)
        else:
            entry.future.set_result(entry.outcome)
