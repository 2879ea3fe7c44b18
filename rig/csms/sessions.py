"""Lists and exports the charging sessions that the central system kept.

Reads only, also while `rig csms` runs. The start and stop are as the charge point gave them; the
energy of a session that runs goes up to its newest meter value.
"""

import argparse
import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlalchemy.exc import DBAPIError

from rig.csms.csv_file import write_csv
from rig.csms.logic.transactions import (
    COLUMNS,
    Kind,
    Transaction,
    listing,
    record,
    watt_hours,
)
from rig.csms.parquet_file import write_parquet
from rig.csms.store.database import read_only
from rig.csms.store.database_errors import reason
from rig.csms.store.rows import MEASURAND, sampled_at
from rig.csms.store.statements import select_transactions, transaction_of
from rig.csms.store.tables import meter_values, transactions
from rig.role.arguments import Parser
from rig.role.entry import entry
from rig.role.errors import UserError
from rig.role.log import printable
from rig.role.logic.charge_point_id import normal_form
from rig.role.logic.exits import Exit
from rig.role.paths import default_database
from rig.role.streams import standard_output

EXAMPLES = """\
examples:
  rig sessions                                     a table of all sessions
  rig sessions --charge-point CP_1 --csv -         as CSV, to the next program
  rig sessions --parquet sessions.parquet
  rig sessions --meter-values --csv values.csv     each value that was sampled
  rig sessions --database postgresql://rig@db/rig  of another central system"""

AT_ONCE = 10_000  # rows, so that memory stays bounded
CLOCK_CORRECTION = 86_400.0  # s; a charge point's clock may be set back while it charges

VALUE_COLUMNS: dict[str, Kind] = {
    "charge_point": "text",
    "connector": "int",
    "transaction_id": "int",
    "timestamp": "moment",
    "measurand": "text",
    "phase": "text",
    "value": "text",
    "unit": "text",
    "context": "text",
    "location": "text",
    "format": "text",
}


def parser() -> Parser:
    """The options of this tool."""
    options = Parser("rig sessions", __doc__, EXAMPLES)
    options.add_argument("--database", metavar="URL", help="default: that of rig csms")
    options.add_argument("--charge-point", metavar="ID", help="of this one alone")
    options.add_argument("--csv", metavar="FILE", help="write CSV; - is stdout")
    options.add_argument("--parquet", metavar="FILE", help="write Parquet")
    options.add_argument(
        "--meter-values", action="store_true", help="export the meter values, not the sessions"
    )
    return options


def read_sessions(connection: Connection, charge_point: str | None) -> list[Transaction]:
    """The sessions, oldest first."""
    asked = select_transactions().order_by(transactions.c.id)
    if charge_point is not None:
        asked = asked.where(transactions.c.charge_point == normal_form(charge_point))
    sessions = [transaction_of(row) for row in connection.execute(asked)]
    running = [each for each in sessions if each.stopped is None]
    readings = _readings(connection, running, charge_point)
    return [dataclasses.replace(each, reading=readings.get(each.id)) for each in sessions]


def _readings(
    connection: Connection, running: Sequence[Transaction], charge_point: str | None
) -> dict[int, float]:
    """The newest energy register (Wh) of each of these, which are all of the charge point."""
    if not running:
        return {}
    began = min(sampled_at(each.started) for each in running)
    found = connection.execute(select_readings(charge_point, began))
    energies = ((number, watt_hours(text, unit)) for number, text, unit in found)
    return {number: energy for number, energy in energies if energy is not None}


def select_readings(charge_point: str | None, began: float) -> Select[Any]:
    """The energy registers, oldest first, of what runs there, or anywhere, and began then (s since
    1970) at the earliest.

    Values are in order of time, so that none from before is looked at. An index on their
    transactions would make each insert dearer by half.
    """
    value = meter_values.c
    of_transaction = (value.transaction_id == transactions.c.id) & (
        value.charge_point == transactions.c.charge_point
    )
    asked = (
        select(transactions.c.id, value.value, value.unit)
        .join(meter_values, of_transaction)
        .where(value.at >= began - CLOCK_CORRECTION)
        .where(transactions.c.stop_digest.is_(None))
        .where(value.measurand == MEASURAND, value.phase.is_(None))
        .order_by(value.at)
    )
    if charge_point is None:
        return asked
    return asked.where(value.charge_point == normal_form(charge_point))


def read_values(connection: Connection, charge_point: str | None) -> Iterator[Sequence[object]]:
    """The cells of VALUE_COLUMNS of each meter value, oldest first."""
    asked = select(*[meter_values.c[name] for name in VALUE_COLUMNS]).order_by(meter_values.c.at)
    if charge_point is not None:
        asked = asked.where(meter_values.c.charge_point == normal_form(charge_point))
    yield from connection.execution_options(yield_per=AT_ONCE).execute(asked)


def _run(options: argparse.Namespace) -> None:
    exports = options.csv or options.parquet
    if options.meter_values and not exports:
        raise UserError("--meter-values needs --csv FILE or --parquet FILE")
    url = options.database or default_database()
    with read_only(url) as connection:
        try:
            if exports:
                _export(options, connection)
            else:
                _print(listing(read_sessions(connection, options.charge_point)))
        except DBAPIError as error:
            raise UserError(f"cannot read the database: {reason(error)}") from error


def _export(options: argparse.Namespace, connection: Connection) -> None:
    columns = VALUE_COLUMNS if options.meter_values else COLUMNS

    def rows() -> Iterable[Sequence[object]]:
        if options.meter_values:
            return read_values(connection, options.charge_point)
        return map(record, read_sessions(connection, options.charge_point))

    if options.csv:
        write_csv(options.csv, list(columns), rows())
    if options.parquet:
        write_parquet(options.parquet, columns, rows())


def _print(lines: Iterable[str]) -> None:
    with standard_output() as output:
        for line in lines:
            output.write(f"{printable(line)}\n")


@entry("rig sessions")
def main(argv: Sequence[str] | None = None) -> int:
    """`rig sessions`; returns the exit status."""
    _run(parser().parse_args(argv))
    return Exit.ASKED


if __name__ == "__main__":
    raise SystemExit(main())
