"""Opens the central system's database, SQLite or PostgreSQL, and brings its schema up to date.

Whoever writes holds the whole database for the length of a transaction (milliseconds), so that
several central systems may share one; the others wait up to LOCK_TIMEOUT.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from rig.csms.store.database_errors import reason
from rig.csms.store.tables import VERSION, last_transaction, metadata, schema_version
from rig.role.clone import install
from rig.role.errors import UserError
from rig.role.private import make_file

LOCK_TIMEOUT = 5  # s
CONNECT_TIMEOUT = 5  # s, PostgreSQL
SILENCE = 10_000  # ms until a PostgreSQL that answers nothing counts as gone
ADVISORY_LOCK = 0x72_6967  # among PostgreSQL's locks: "rig"
HOW = "write sqlite:///FILE or postgresql://USER@HOST/NAME"
# So that a charge point whose database was thrown away never meets an id that it has used.
IDS_SINCE = 1_577_836_800  # 2020-01-01; s since then fit 31 bit until 2088

# Step n makes a schema of version n one of version n + 1, in the transaction that opens it.
Steps = Mapping[int, Callable[[Connection], None]]


def _keep_whole_verdicts(connection: Connection) -> None:
    """So that a StartTransaction that is sent again gets all of its first answer."""
    for column in ("parent_id_tag", "expiry_date"):
        connection.exec_driver_sql(f"ALTER TABLE transactions ADD COLUMN {column} TEXT")


STEPS: Steps = {1: _keep_whole_verdicts}


class Database:
    """One database by its URL. Raises UserError for a URL that cannot be one."""

    def __init__(self, url: str) -> None:
        self._url = _read_url(url)
        self._engine = _engine(self._url, {})
        _each_connection(self._engine, _sqlite_writer, "BEGIN IMMEDIATE", _take_lock)
        self._file: tuple[int, int] | None = None

    def open(self, now: float, steps: Steps = STEPS, version: int = VERSION) -> Connection:
        """Connect, and bring the schema up to date. Raises UserError."""

        def prepare(connection: Connection) -> None:
            with connection.begin():
                _prepare(connection, now, steps, version)

        _make_private(self._url)
        connection = _open(self._engine, prepare, _name(self._url))
        self._file = self._which_file()
        return connection

    def connect(self) -> Connection:
        """A connection to what was opened before. Raises DBAPIError."""
        return self._engine.connect()

    @property
    def file(self) -> str | None:
        """The name of its file; None where it is a server's, or in memory."""
        return _file(self._url)

    @property
    def is_there(self) -> bool:
        """Whether the file that was opened still bears its name: else nobody would find it."""
        return self._file is None or self._file == self._which_file()

    def _which_file(self) -> tuple[int, int] | None:
        if self._url.get_backend_name() != "sqlite" or not self._url.database:
            return None
        try:
            status = os.stat(self._url.database)
        except OSError:
            return (0, 0)
        return status.st_dev, status.st_ino


def read_only(url: str) -> Connection:
    """A connection that sees one state of the database and changes nothing. Raises UserError."""
    parsed, arguments = _read_url(url), {}
    name = _name(parsed)
    if parsed.get_backend_name() == "sqlite":
        path = parsed.database or ""
        if not os.path.exists(path):
            raise UserError(f"there is no database {path} yet: rig csms makes it; or --database")
        query = {"mode": "ro", "uri": "true"}
        parsed = parsed.set(database=f"file:{quote(path)}", query=query)
    else:
        arguments = {"isolation_level": "REPEATABLE READ"}
    engine = _engine(parsed, arguments)
    _each_connection(engine, _sqlite_reader, "BEGIN", None)
    return _open(engine, _check_this_version, name)


def _make_private(url: URL) -> None:
    """A new file is for its user alone; SQLite makes what it puts beside it of the same mode."""
    if path := _file(url):
        with contextlib.suppress(OSError):  # SQLite says it as well
            make_file(path)


def _file(url: URL) -> str | None:
    """The name of SQLite's file, where it is one."""
    path = url.database or ""
    is_file = url.get_backend_name() == "sqlite" and path and not path.startswith((":", "file:"))
    return path if is_file else None


def _open(engine: Engine, prepare: Callable[[Connection], None], name: str) -> Connection:
    try:
        connection = engine.connect()
        try:
            prepare(connection)
        except BaseException:
            connection.close()
            raise
    except (DBAPIError, UserError) as error:
        raise UserError(f"the database {name}: {reason(error)}") from error
    return connection


def _read_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise UserError(f"no database URL ({HOW})") from None  # not echoed: it may hold a password
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise UserError(f"no database of {parsed.get_backend_name()} ({HOW})")
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed


def _name(url: URL) -> str:
    """As the user wrote it, without the password."""
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)


def _engine(url: URL, arguments: dict[str, Any]) -> Engine:
    if url.get_backend_name() == "sqlite":
        options: dict[str, Any] = {"timeout": LOCK_TIMEOUT}
    else:
        options = {
            "connect_timeout": CONNECT_TIMEOUT,
            "tcp_user_timeout": SILENCE,
            "application_name": "ev-charging-rig",
        }
    try:
        return create_engine(url, poolclass=NullPool, connect_args=options, **arguments)
    except ModuleNotFoundError as error:
        fix = install("postgresql")
        raise UserError(f"PostgreSQL needs its driver ({error.name}): {fix}") from error


def _each_connection(
    engine: Engine,
    on_connect: Callable[[Any], None],
    begin: str,
    take_lock: Callable[[Connection], None] | None,
) -> None:
    """What each connection does first, and each of its transactions."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: on_connect(connection))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    elif take_lock:
        event.listen(engine, "begin", take_lock)


def _sqlite_writer(connection: Any) -> None:
    _sqlite_reader(connection)
    _set_wal(connection, time.monotonic() + LOCK_TIMEOUT)
    connection.execute("PRAGMA synchronous = FULL")  # what is committed survives a power loss


def _set_wal(connection: Any, deadline: float) -> None:
    """This alone SQLite does not wait for, while another one opens the same new file."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(LOCK_TIMEOUT / 1000)


def _sqlite_reader(connection: Any) -> None:
    connection.isolation_level = None  # the "begin" event says BEGIN instead of the driver


def _take_lock(connection: Connection) -> None:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}s'")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")


def _prepare(connection: Connection, now: float, steps: Steps, version: int) -> None:
    there = set(inspect(connection).get_table_names())
    if "schema_version" in there:
        found = _check_version(connection, version)
        for number in range(found, version):
            steps[number](connection)
        connection.execute(update(schema_version).values(version=version))
        return
    if foreign := sorted(there & set(metadata.tables)):
        raise UserError(
            f"another program's table {foreign[0]} is in it: name another with --database"
        )
    metadata.create_all(connection, checkfirst=False)
    connection.execute(insert(schema_version).values(version=version))
    connection.execute(insert(last_transaction).values(id=max(1, int(now) - IDS_SINCE)))


def _check_this_version(connection: Connection) -> None:
    if _check_version(connection, VERSION) < VERSION:
        raise UserError("its schema is of an older version: rig csms brings it up to date")


def _check_version(connection: Connection, version: int) -> int:
    found: int = connection.execute(select(schema_version.c.version)).scalar_one()
    if found > version:
        raise UserError(
            f"its schema is of version {found}, this rig knows {version}: "
            "update the rig, or name another with --database"
        )
    return found
