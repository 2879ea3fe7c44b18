"""Writes the central system's database, in one thread: what waits becomes one transaction.

What waits gathers in the event loop, so that the two threads meet twice for each group, not for
each message. While one group is written, the next one gathers. Who asked is told after the commit.

When the database fails, the log says so once, whoever asks is told StoreFailed, what was told waits
for the next try, up to NOTES_ALLOWED, and what is lost beyond that is counted.
"""

import asyncio
import concurrent.futures
import contextlib
import functools
import logging
import math
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from rig.csms.logic.tags import Unknown
from rig.csms.store.committer import Committer, PendingJob, StoreFailed
from rig.csms.store.database import Database
from rig.csms.store.database_errors import reason
from rig.csms.store.ledger import Ledger

GATHERING = 0.05  # s that anything waits for others, at most
AT_ONCE = 2000  # in one database transaction
RETRY = 1.0  # s from a failure to the next try
NOTES_ALLOWED = 10_000  # that wait for a database which failed
CLOSE_PATIENCE = 10.0  # s

T = TypeVar("T")
Job = Callable[[Ledger], T]
Done = Callable[[Any], None]


class Gathering:
    """Of the group that gathers now, and who is expected to join it. `due_at`: when to write it (s
    on the clock of `now`); inf if there is none.

    A large group costs less. But whoever was answered may ask again at once, and where all of them
    have there is nothing more to wait for: a charge point that is alone is not held up.
    """

    def __init__(self) -> None:
        self.due_at = self._since = math.inf
        self._is_urgent = False
        self._awaited: set[str] = set()

    def adds(self, now: float, charge_point: str | None = None, *, urgent: bool = False) -> None:
        """Something joins the group; `charge_point`: who waits for it, and asks nothing else."""
        self._since = min(self._since, now)
        self._is_urgent |= urgent
        if charge_point is not None:
            self._awaited.discard(charge_point)
        self._settle()

    def taken(self) -> None:
        """The group is being written; the next one gathers."""
        self.due_at = self._since = math.inf
        self._is_urgent = False

    def answered(self, charge_points: Iterable[str], again: Iterable[str]) -> None:
        """These were; those of `again` have asked since."""
        self._awaited = set(charge_points) - set(again)
        self._settle()

    def _settle(self) -> None:
        is_due = self._is_urgent or not self._awaited
        self.due_at = self._since if is_due else self._since + GATHERING


class Writer:
    """Of the running event loop. Raises UserError if the database cannot be opened."""

    def __init__(self, database: Database, unknown: Unknown, log: logging.Logger) -> None:
        self._log, self._committer = log, Committer(database, unknown, log)
        self._waiting: list[PendingJob] = []
        self._gathering = Gathering()
        self._groups: queue.SimpleQueue[list[PendingJob] | None] = queue.SimpleQueue()
        self._timer: asyncio.TimerHandle | None = None
        self._is_busy = False  # with a group, or with waiting for a database that failed
        self._is_failing = self._is_closing = False
        self._lost = 0
        opened: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread = threading.Thread(target=self._run, args=(opened,), daemon=True)
        self._thread.start()
        opened.result()
        self._loop = asyncio.get_running_loop()

    def ask(self, job: Job[T]) -> "asyncio.Future[T]":
        """Do a job at once; its result, once it is committed. Raises StoreFailed there."""
        future: asyncio.Future[T] = self._loop.create_future()
        self.consult(job, functools.partial(_resolve, future))
        return future

    def consult(self, job: Job[Any], done: Done, charge_point: str | None = None) -> None:
        """Do a job, and give its result or StoreFailed to `done`, once it is committed.

        At once, or in a group where a `charge_point` is named: it waits for this.
        """
        if self._is_closing:
            done(StoreFailed("the database is closed"))
            return
        self._gathering.adds(self._loop.time(), charge_point, urgent=charge_point is None)
        self._put(PendingJob(job, done, charge_point))

    def tell(self, job: Job[None]) -> None:
        """Do a job in a group; never waits."""
        if self._is_closing:
            self._log.warning("database: closed, a note was lost")
        elif self._is_failing and len(self._waiting) >= NOTES_ALLOWED:
            self._lost += 1
        else:
            self._gathering.adds(self._loop.time())
            self._put(PendingJob(job))

    async def close(self) -> None:
        """Write what waits, tell whoever asked, and end; CLOSE_PATIENCE at most."""
        self._is_closing = True
        self._disarm()
        while self._waiting:
            self._hand_over()
        self._groups.put(None)
        await asyncio.to_thread(self._thread.join, CLOSE_PATIENCE)
        if self._thread.is_alive():
            self._log.error("database: it is stuck; what waited for it may be lost")
        if self._lost:
            self._log.error("database: %d notes were lost", self._lost)

    def _put(self, entry: PendingJob) -> None:
        self._waiting.append(entry)
        if not self._is_busy:
            self._look()

    def _look(self) -> None:
        """Hand over the group that gathers, or look again when it is due."""
        if self._gathering.due_at <= self._loop.time():
            self._disarm()
            self._hand_over()
        elif self._waiting and self._timer is None:
            self._look_at(self._gathering.due_at)

    def _look_at(self, moment: float) -> None:
        self._disarm()
        self._timer = self._loop.call_at(moment, self._on_timer)

    def _on_timer(self) -> None:
        self._timer, self._is_busy = None, False
        self._look()

    def _disarm(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None

    def _hand_over(self) -> None:
        group, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
        self._is_busy = True
        self._gathering.taken()
        if self._waiting:
            self._gathering.adds(self._loop.time(), urgent=True)
        self._groups.put(group)

    def _written(self, group: list[PendingJob], error: Exception | None) -> None:
        if error:
            self._fail(group, error)
        else:
            self._recover()
            self._lost += sum(_is_lost(entry) for entry in group)
        for entry in group:
            self._tell(entry)
        if not self._is_failing and not self._is_closing:
            self._is_busy = False
            self._gathering.answered(_charge_points(group), _charge_points(self._waiting))
            self._look()

    def _tell(self, entry: PendingJob) -> None:
        try:
            if entry.done:
                entry.done(entry.outcome)
        except Exception:
            self._log.exception("database: ended in a defect of the rig; please report it")

    # when it fails

    def _fail(self, group: list[PendingJob], error: Exception) -> None:
        if not self._is_failing:
            self._log.error("database: nothing is stored any more: %s", reason(error))
        self._is_failing = True
        notes = [entry for entry in group if entry.done is None]
        if self._is_closing:
            self._lost += len(notes)
            return
        self._waiting[:0] = notes
        if notes:
            self._gathering.adds(self._loop.time())
        self._look_at(self._loop.time() + RETRY)

    def _recover(self) -> None:
        if self._is_failing:
            self._is_failing = False
            self._log.warning("database: it stores again; %d notes were lost", self._lost)

    # in the thread

    def _run(self, opened: "concurrent.futures.Future[None]") -> None:
        try:
            self._committer.open()
        except BaseException as error:
            opened.set_exception(error)
            return
        opened.set_result(None)
        while group := self._groups.get():
            failure = self._committer.write(group)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._written, group, failure)
        self._committer.close()


def _resolve(future: "asyncio.Future[Any]", outcome: Any) -> None:
    if future.done():  # whoever asked does not wait any more
        return
    if isinstance(outcome, StoreFailed):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def _is_lost(note: PendingJob) -> bool:
    return note.done is None and isinstance(note.outcome, StoreFailed)


def _charge_points(entries: Sequence[PendingJob]) -> set[str]:
    """Who waits for one of these."""
    return {entry.charge_point for entry in entries if entry.charge_point is not None}
