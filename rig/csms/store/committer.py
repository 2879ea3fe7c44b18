"""Does jobs on the central system's database, many in one transaction: group commit."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError

from rig.csms.logic.tags import Unknown
from rig.csms.store.database import Database
from rig.csms.store.database_errors import reason
from rig.csms.store.disk_reserve import DiskReserve
from rig.csms.store.ledger import Ledger, Memory
from rig.role.logic.tally import Tally


class StoreFailed(Exception):
    """It is not stored. Whoever sends it again, later, loses nothing."""


class Gone(Exception):
    """The database's file is not there any more."""


FAILURES = (OperationalError, InterfaceError, Gone)


@dataclass(slots=True, eq=False)
class PendingJob:
    """A job, and who gets its outcome: what it gave, or StoreFailed. Nobody: it is a note.

    `charge_point`: who asks no more until then.
    """

    job: Callable[[Ledger], Any]
    done: Callable[[Any], None] | None = None
    charge_point: str | None = None
    outcome: Any = None


class Committer:
    """One connection to the database, for one thread."""

    def __init__(self, database: Database, unknown: Unknown, log: logging.Logger) -> None:
        self._database, self._unknown, self._log = database, unknown, log
        self._connection: Connection | None = None
        self._memory, self._left_out = Memory(), Tally()
        self._reserve = DiskReserve(database.file, log)

    def open(self) -> None:
        """Connect, and bring the schema up to date. Raises UserError."""
        self._connection = self._database.open(time.time())

    def write(self, group: Sequence[PendingJob]) -> Exception | None:
        """Do and commit a group, and set its outcomes; why the database failed, if it did.

        A bad job fails alone. The next group connects again after a failure.
        """
        try:
            self._commit(group)
        except Exception as error:
            self.close()
            self._memory.clear()
            for entry in group:
                entry.outcome = StoreFailed(reason(error))
            return error
        return None

    def close(self) -> None:
        """End the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.close()
        except Exception as error:  # it was broken: that is why it is closed
            self._log.warning("database: %s", reason(error))

    def _commit(self, group: Sequence[PendingJob]) -> None:
        """Do the whole group, else each by itself, so that a bad one takes no other down."""
        if not self._database.is_there:
            raise Gone("its file was moved or removed: restart the central system")
        connection = self._connection = self._connection or self._database.connect()
        group = [PendingJob(self._reserve.note), *group] if self._reserve.look() else group
        try:
            with connection.begin():
                left_out = self._do(connection, group)
        except Exception as error:
            if _is_of_database(error):
                raise
            self._memory.clear()
            left_out = Counter()
            with connection.begin():
                for entry in group:
                    left_out += self._do_alone(connection, entry)
        self._tell(left_out)

    def _do(self, connection: Connection, group: Sequence[PendingJob]) -> Counter[str]:
        """What is left out of it."""
        is_on_reserve = self._reserve.is_on
        ledger = Ledger(connection, self._unknown, self._memory, is_on_reserve=is_on_reserve)
        for entry in group:
            entry.outcome = entry.job(ledger)
        ledger.flush()
        return ledger.left_out

    def _tell(self, left_out: Counter[str]) -> None:
        self._reserve.committed(left_out)
        if self._reserve.is_on:
            return
        for kind, number in left_out.items():
            if self._left_out.count(kind, number):
                so_far = self._left_out.counts[kind]
                self._log.warning("database: %d %s left out so far", so_far, kind)

    def _do_alone(self, connection: Connection, entry: PendingJob) -> Counter[str]:
        try:
            with connection.begin_nested():
                return self._do(connection, [entry])
        except Exception as error:
            if _is_of_database(error):
                raise
            self._log.error("database: cannot store one message: %s", reason(error))
            entry.outcome = StoreFailed(reason(error))
            self._memory.clear()
            return Counter()


def _is_of_database(error: Exception) -> bool:
    """Whether the database failed, not the message: of a damaged file SQLite says no closer word
    than DatabaseError."""
    return isinstance(error, FAILURES) or type(error) is DatabaseError
