"""Statements on the central system's database that more than one module needs."""

import functools
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Dialect, Insert, Select, Table, exists, select
from sqlalchemy.dialects import sqlite

from rig.csms.logic.transactions import Transaction
from rig.csms.store.tables import transactions

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

_later = transactions.alias("later")
# A later transaction began on the same connector: the stop of this one will not come any more,
# since a charge point delivers in order (OCPP 1.6 edition 2, 3.7).
superseded = exists().where(
    _later.c.charge_point == transactions.c.charge_point,
    _later.c.connector == transactions.c.connector,
    _later.c.id > transactions.c.id,
)


def insert_once(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """INSERT rows that have the same columns; one that is there already is left alone.

    They go to the driver as they are: what SQLAlchemy does to each costs as much as SQLite.
    """
    text, places = _insert_once(connection.dialect, table, tuple(rows[0]))
    in_places = list(map(operator.itemgetter(*places), rows)) if places else list(rows)
    connection.exec_driver_sql(text, in_places)


@functools.cache
def _insert_once(
    dialect: Dialect, table: Table, columns: tuple[str, ...]
) -> tuple[str, Sequence[str] | None]:
    """The statement as the driver takes it; its columns in order where they have places there."""
    statement = _insert(dialect.name, table).on_conflict_do_nothing()
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(columns))
    return str(compiled), compiled.positiontup


@functools.cache
def upsert(dialect: str, table: Table, columns: frozenset[str]) -> Insert:
    """INSERT of these columns, which are written over where the row is there already."""
    statement = _insert(dialect, table)
    key = [column.name for column in table.primary_key]
    values = {name: statement.excluded[name] for name in columns if name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=values)


def _insert(dialect: str, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Each has an ON CONFLICT of its own. A start on SQLite need not import the other's, 30 ms."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


def select_transactions() -> Select[Any]:
    """The columns of a Transaction."""
    column = transactions.c
    return select(
        column.id,
        column.charge_point,
        column.connector,
        column.id_tag,
        column.status,
        column.meter_start,
        column.started,
        column.meter_stop,
        column.stopped,
        column.reason,
        column.stop_tag,
        superseded.label("superseded"),
    )


def transaction_of(row: Any) -> Transaction:
    """The Transaction of a row of `select_transactions`."""
    return Transaction(**(row._asdict() | {"superseded": bool(row.superseded)}))
