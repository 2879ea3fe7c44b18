"""Deletes what a database need not keep any longer, a batch at a time, so that nobody waits long.

Over is: a transaction with its stop, by the moment the stop came; one that a later one on the same
connector has superseded, by that of its start. Meter values of a transaction that is there stay as
long as it does. All other rows go by their `at`; that of meter values and stray stops is what the
charge point said, so that a wrong clock of it has them deleted at once: one that is as far in the
future as the past may be, or 0 (unreadable), is over too, else it would stay for ever.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Select,
    Table,
    bindparam,
    delete,
    exists,
    func,
    literal,
    select,
    true,
    tuple_,
)

from rig.csms.store.statements import superseded
from rig.csms.store.tables import (
    charge_points,
    meter_values,
    security_events,
    statuses,
    stray_stops,
    transactions,
)

BATCH = 1000  # rows that are looked at
DAY = 86400.0  # s

_held = exists().where(
    transactions.c.id == meter_values.c.transaction_id,
    transactions.c.charge_point == meter_values.c.charge_point,
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pass over the tables has come: `after` is the key of the last row looked at."""

    stage: int = 0
    after: Sequence[Any] | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """The rows of a table that are `chosen`, in the order of their key, where `is_future` those
    after the newest moment that is kept; those that are `over` go."""

    table: Table
    chosen: ColumnElement[bool]
    over: ColumnElement[bool]
    is_future: bool = False


def last_seen(connection: Connection) -> float:
    """The newest moment (s since 1970) at which this computer heard of a charge point: it is not
    earlier now, whatever its clock says, such as one that begins at 1970 after a power loss."""
    newest: float | None = connection.execute(select(func.max(charge_points.c.seen_at))).scalar()
    return newest or 0.0


def delete_batch(
    connection: Connection, place: Progress, oldest: float, newest: float
) -> tuple[Progress | None, int]:
    """Delete what is over among the rows after `place`, where nothing from `oldest` to `newest`
    (s since 1970) is; the place after them, None at the end, and how many were deleted."""
    stage = STAGES[place.stage]
    begin = (newest, b"") if stage.is_future else None
    looked_at = _looked_at(stage, place.after or begin)
    rows = connection.execute(looked_at, {"oldest": oldest}).all()
    keys = [tuple(row)[:-1] for row in rows if row[-1]]
    if keys:
        _delete(connection, stage.table, keys)
    if len(rows) == BATCH:
        return Progress(place.stage, tuple(rows[-1])[:-1]), len(keys)
    following = place.stage + 1
    return (Progress(following) if following < len(STAGES) else None), len(keys)


def _looked_at(stage: Stage, after: Sequence[Any] | None) -> Select[Any]:
    key = list(stage.table.primary_key)
    rows = select(*key, stage.over).where(stage.chosen).order_by(*key).limit(BATCH)
    if after is None:
        return rows
    parts = [literal(part, column.type) for part, column in zip(after, key, strict=True)]
    return rows.where(tuple_(*key) > tuple_(*parts))


def _delete(connection: Connection, table: Table, keys: list[tuple[Any, ...]]) -> None:
    key = list(table.primary_key)
    statement = delete(table).where(*(column == bindparam(f"key_{column.name}") for column in key))
    names = [f"key_{column.name}" for column in key]
    connection.execute(statement, [dict(zip(names, each, strict=True)) for each in keys])


def _stages() -> Iterator[Stage]:
    oldest = bindparam("oldest", type_=Double)
    stopped, started = transactions.c.stop_at, transactions.c.start_at
    ended = (stopped < oldest) | (stopped.is_(None) & (started < oldest) & superseded)
    yield Stage(transactions, true(), ended.is_(True))
    for table in (statuses, security_events):
        yield Stage(table, table.c.at < oldest, true())
    for table, over in ((stray_stops, true()), (meter_values, ~_held)):
        yield Stage(table, table.c.at < oldest, over)
        yield Stage(table, true(), over, is_future=True)


STAGES = tuple(_stages())
