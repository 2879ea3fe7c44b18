"""The tables of the central system's database, as of VERSION. database.py opens it.

`at` and the like are s since 1970. `timestamp`, `started` and `stopped` are as they came. `digest`
is of all that makes a row the same row when it is sent again (`rig/csms/store/rows.py`).
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

VERSION = 2
LARGE = BigInteger().with_variant(Integer, "sqlite")  # there, any integer has 64 bit

metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True))

# One row: the newest transactionId that was given. A counter of its own, so that no id is ever
# given again, whatever somebody deletes.
last_transaction = Table("last_transaction", metadata, Column("id", Integer, primary_key=True))

tags = Table(
    "tags",
    metadata,
    Column("folded", Text, primary_key=True),
    Column("id_tag", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("expires", Double),
    Column("parent", Text),
    Column("concurrent", Boolean, nullable=False),
    Column("from_file", Boolean, nullable=False),
)

charge_points = Table(
    "charge_points",
    metadata,
    Column("charge_point", Text, primary_key=True),
    Column("seen_at", Double, nullable=False),
    Column("booted_at", Double),
    Column("charge_point_vendor", Text),
    Column("charge_point_model", Text),
    Column("charge_point_serial_number", Text),
    Column("charge_box_serial_number", Text),
    Column("firmware_version", Text),
    Column("iccid", Text),
    Column("imsi", Text),
    Column("meter_type", Text),
    Column("meter_serial_number", Text),
)


def _log(name: str, *columns: Column[Any]) -> Table:
    """A table that only grows; in order of time, since rows then end up beside each other."""
    return Table(
        name,
        metadata,
        Column("at", Double, primary_key=True),
        Column("digest", LargeBinary, primary_key=True),
        Column("charge_point", Text, nullable=False),
        *columns,
        sqlite_with_rowid=False,
    )


statuses = _log(
    "statuses",
    Column("connector", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("error_code", Text, nullable=False),
    Column("info", Text),
    Column("vendor_id", Text),
    Column("vendor_error_code", Text),
    Column("timestamp", Text),
)

security_events = _log(
    "security_events",
    Column("event", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

# `at` is the moment of the sample; 0 if its timestamp cannot be read.
meter_values = _log(
    "meter_values",
    Column("connector", BigInteger),
    Column("transaction_id", BigInteger),
    Column("timestamp", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("measurand", Text, nullable=False),
    Column("unit", Text),
    Column("context", Text),
    Column("phase", Text),
    Column("location", Text),
    Column("format", Text),
)

transactions = Table(
    "transactions",
    metadata,
    # Given ids fit 32 bit; those asked for may be any.
    Column("id", LARGE, primary_key=True, autoincrement=False),
    Column("start_digest", LargeBinary, nullable=False, unique=True),
    Column("start_at", Double, nullable=False),
    Column("charge_point", Text, nullable=False),
    Column("connector", BigInteger, nullable=False),
    Column("id_tag", Text, nullable=False),
    Column("folded_tag", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("parent_id_tag", Text),
    Column("expiry_date", Text),
    Column("meter_start", BigInteger, nullable=False),
    Column("started", Text, nullable=False),
    Column("reservation", BigInteger),
    Column("stop_digest", LargeBinary),
    Column("stop_at", Double),
    Column("meter_stop", BigInteger),
    Column("stopped", Text),
    Column("stop_tag", Text),
    Column("reason", Text),
    Index("transactions_of_connector", "charge_point", "connector", "id"),
    Index("transactions_of_tag", "folded_tag"),
)

# Stops that ended nothing here: of an unknown transaction, of -1 (errata 3.18), or a second one.
stray_stops = _log(
    "stray_stops",
    Column("transaction_id", BigInteger, nullable=False),
    Column("meter_stop", BigInteger, nullable=False),
    Column("stopped", Text, nullable=False),
    Column("stop_tag", Text),
    Column("reason", Text),
)
