"""What one database transaction of the central system does: it answers requests, in order.

The rows that nothing asks back for (meter values, statuses, ...) gather until `flush`. Sending a
message again changes nothing and gets the same answer. Sources: OCPP 1.6 edition 2, 4.1, 4.7, 4.8,
4.10 and 7.2, with the errata 2025-04, 3.18.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import AuthorizationStatus
from sqlalchemy import Connection, Table, insert, select, update

from rig.csms.logic.left_out import LeftOut
from rig.csms.logic.tags import Unknown, verdict
from rig.csms.logic.transactions import Transaction
from rig.csms.store import rows
from rig.csms.store.expiry import Progress, delete_batch, last_seen
from rig.csms.store.known_tags import KnownTags
from rig.csms.store.rows import Row
from rig.csms.store.statements import (
    insert_once,
    select_transactions,
    superseded,
    transaction_of,
    upsert,
)
from rig.csms.store.tables import (
    charge_points,
    last_transaction,
    meter_values,
    security_events,
    statuses,
    stray_stops,
    transactions,
)
from rig.ocppj.logic.rate_limit import DATA_SAMPLES, SAMPLES, samples

SEEN_EVERY = 10.0  # s; to that, `seen_at` is exact
SAMPLES_LEFT_OUT = "SamplesLeftOut"  # a security event of ours
BEYOND = f"samples beyond {SAMPLES} of a MeterValues or {DATA_SAMPLES} of a StopTransaction"


@dataclass(slots=True)
class Memory:
    """What outlasts a database transaction that was committed; else it is to be cleared."""

    seen: dict[str, float] = field(default_factory=dict)  # when each charge point was last noted
    left_out: LeftOut = field(default_factory=LeftOut)

    def clear(self) -> None:
        self.seen.clear()
        self.left_out.clear()


class Ledger:
    """`unknown`: what becomes of unknown tags. `left_out` counts what was not kept.

    `is_on_reserve`: keeps transactions and errors alone.
    """

    def __init__(
        self,
        connection: Connection,
        unknown: Unknown,
        memory: Memory,
        *,
        is_on_reserve: bool = False,
    ) -> None:
        self._is_on_reserve = is_on_reserve
        self._connection, self._unknown, self._memory = connection, unknown, memory
        self.tags = KnownTags(connection)
        self.left_out: Counter[str] = Counter()
        self._gathered: dict[Table, list[Row]] = defaultdict(list)
        self._rewritten: dict[str, Row] = {}  # security events, by charge point

    def flush(self) -> None:
        """Write what gathered."""
        for table, gathered in self._gathered.items():
            if table is charge_points:
                self._upsert(table, gathered)
            else:
                insert_once(self._connection, table, gathered)
        self._gathered.clear()
        if self._rewritten:
            self._upsert(security_events, list(self._rewritten.values()))
            self._rewritten.clear()

    def _upsert(self, table: Table, gathered: list[Row]) -> None:
        statement = upsert(self._connection.dialect.name, table, frozenset(gathered[0]))
        self._connection.execute(statement, gathered)

    def delete_batch(
        self, place: Progress, oldest: float, newest: float
    ) -> tuple[Progress | None, int]:
        """`rig.csms.store.expiry.delete_batch` on this database."""
        return delete_batch(self._connection, place, oldest, newest)

    def last_seen(self) -> float:
        """`rig.csms.store.expiry.last_seen` of this database."""
        return last_seen(self._connection)

    # what charge points say

    def answer(self, charge_point: str, request: Any, now: float) -> Any:
        """The typed response to one of ANSWERED."""
        self._see(charge_point, now)
        return ANSWERED[type(request)](self, charge_point, request, now)

    def note(self, charge_point: str, request: Any, now: float) -> None:
        """Keep one of BootNotification, StatusNotification, Heartbeat."""
        match request:
            case call.BootNotification():
                self._boot(charge_point, rows.boot_row(charge_point, request, now))
            case call.StatusNotification(error_code="NoError") if self._is_on_reserve:
                self.left_out["statuses"] += 1
            case call.StatusNotification():
                self._gathered[statuses].append(rows.status_row(charge_point, request, now))
        self._see(charge_point, now)

    def note_security(self, charge_point: str, event: str, detail: str, now: float) -> None:
        row = rows.security_row(charge_point, event, detail, now)
        self._gathered[security_events].append(row)

    def _see(self, charge_point: str, now: float) -> None:
        if abs(now - self._memory.seen.get(charge_point, 0.0)) >= SEEN_EVERY:
            self._memory.seen[charge_point] = now
            row = {"charge_point": charge_point, "seen_at": now}
            self._gathered[charge_points].append(row)

    def _boot(self, charge_point: str, row: Row) -> None:
        self.flush()  # an older `seen_at` must not be written over this one
        self._memory.seen[charge_point] = row["seen_at"]
        self._upsert(charge_points, [row])

    def _authorize(
        self, charge_point: str, request: call.Authorize, now: float
    ) -> call_result.Authorize:
        return call_result.Authorize(self._verdict(request.id_tag, now))

    def _start(
        self, charge_point: str, request: call.StartTransaction, now: float
    ) -> call_result.StartTransaction:
        row = rows.start_row(charge_point, request, now)
        if begun := self._begun(row["start_digest"]):
            return begun
        elsewhere = self._runs_elsewhere(row)
        info = self._verdict(request.id_tag, now, runs_elsewhere=elsewhere)
        number = self._next_transaction()
        verdict = {
            "status": AuthorizationStatus(info.status).value,
            "parent_id_tag": info.parent_id_tag,
            "expiry_date": info.expiry_date,
        }
        self._connection.execute(insert(transactions), row | verdict | {"id": number})
        return call_result.StartTransaction(number, info)

    def _begun(self, start_digest: bytes) -> call_result.StartTransaction | None:
        """What was answered to this start, if it came before."""
        column = transactions.c
        answered = select(column.id, column.status, column.parent_id_tag, column.expiry_date)
        found = self._connection.execute(answered.where(column.start_digest == start_digest))
        if (row := found.first()) is None:
            return None
        status = AuthorizationStatus(row.status)
        info = IdTagInfo(status, row.parent_id_tag, row.expiry_date)
        return call_result.StartTransaction(row.id, info)

    def _stop(
        self, charge_point: str, request: call.StopTransaction, now: float
    ) -> call_result.StopTransaction:
        row = rows.stop_row(charge_point, request)
        connector = self._end(row, now)
        number, data = row["transaction_id"], request.transaction_data or []
        if self._takes(data):
            gathered = rows.meter_rows(charge_point, connector, number, data, DATA_SAMPLES)
            self._gather_values(charge_point, gathered, data, now)
        info = None if request.id_tag is None else self._verdict(request.id_tag, now)
        return call_result.StopTransaction(info)

    def _meter(
        self, charge_point: str, request: call.MeterValues, now: float
    ) -> call_result.MeterValues:
        number = request.transaction_id
        transaction_id = None if number is None else rows.whole(number)
        connector = rows.whole(request.connector_id)
        data = request.meter_value
        if self._takes(data):
            gathered = rows.meter_rows(charge_point, connector, transaction_id, data, SAMPLES)
            self._gather_values(charge_point, gathered, data, now)
        return call_result.MeterValues()

    def _takes(self, data: Sequence[dict[str, Any]]) -> bool:
        if self._is_on_reserve and data:
            self.left_out["meter values"] += samples(data)
        return not self._is_on_reserve

    def _gather_values(
        self, charge_point: str, gathered: list[Row], data: Sequence[dict[str, Any]], now: float
    ) -> None:
        """`gathered`: what is kept of `data`."""
        if gathered:
            self._gathered[meter_values].extend(gathered)
        if len(gathered) >= SAMPLES and (left := samples(data) - len(gathered)):
            self._leave_out(charge_point, left, now)

    def _leave_out(self, charge_point: str, number: int, now: float) -> None:
        self.left_out[BEYOND] += number
        since, so_far = self._memory.left_out.count(charge_point, number, now)
        detail = f"{so_far} {BEYOND} left out"
        row = rows.left_out_row(charge_point, SAMPLES_LEFT_OUT, since, detail)
        self._rewritten[charge_point] = row

    # transactions

    def _next_transaction(self) -> int:
        following = last_transaction.c.id + 1
        statement = update(last_transaction).values(id=following).returning(last_transaction.c.id)
        number: int = self._connection.execute(statement).scalar_one()
        return number

    def _runs_elsewhere(self, row: Row) -> bool:
        """Whether the tag began one on another connector, which is not known to be over."""
        column = transactions.c
        running = select(column.id).where(
            column.folded_tag == row["folded_tag"],
            column.stop_digest.is_(None),
            (column.charge_point != row["charge_point"]) | (column.connector != row["connector"]),
            ~superseded,
        )
        return self._connection.execute(running.limit(1)).scalar() is not None

    def _end(self, row: Row, now: float) -> int | None:
        """End what runs by that id on this charge point; its connector. The first stop wins."""
        here = (transactions.c.id == row["transaction_id"]) & (
            transactions.c.charge_point == row["charge_point"]
        )
        columns = transactions.c.connector, transactions.c.stop_digest
        found = self._connection.execute(select(*columns).where(here)).first()
        if found is None or found.stop_digest not in (None, row["digest"]):
            stray = row | {"at": rows.sampled_at(row["stopped"])}
            self._gathered[stray_stops].append(stray)
        elif found.stop_digest is None:
            said = {key: row[key] for key in ("meter_stop", "stopped", "stop_tag", "reason")}
            ended = said | {"stop_digest": row["digest"], "stop_at": now}
            self._connection.execute(update(transactions).where(here).values(ended))
        return None if found is None else found.connector

    def running(self, charge_point: str) -> list[Transaction]:
        """The transactions without a stop, newest first."""
        found = self._connection.execute(
            select_transactions()
            .where(transactions.c.charge_point == charge_point)
            .where(transactions.c.stop_digest.is_(None))
            .order_by(transactions.c.id.desc())
        )
        return [transaction_of(row) for row in found]

    def knows(self, charge_point: str) -> bool:
        """Whether it ever sent a BootNotification."""
        booted = select(charge_points.c.booted_at).where(
            charge_points.c.charge_point == charge_point
        )
        return self._connection.execute(booted).scalar() is not None

    def _verdict(self, id_tag: str, now: float, *, runs_elsewhere: bool = False) -> IdTagInfo:
        tag = self.tags.get(id_tag)
        return verdict(tag, now, unknown=self._unknown, runs_elsewhere=runs_elsewhere)


Answer = Callable[[Ledger, str, Any, float], Any]
ANSWERED: dict[type, Answer] = {
    call.Authorize: Ledger._authorize,
    call.StartTransaction: Ledger._start,
    call.StopTransaction: Ledger._stop,
    call.MeterValues: Ledger._meter,
}
