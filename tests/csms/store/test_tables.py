from hashlib import sha256

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from rig.csms.store.tables import VERSION, metadata, meter_values, statuses


def ddl(table: Table, dialect: Dialect) -> str:
    return str(CreateTable(table).compile(dialect=dialect))


def test_a_schema_that_changed_has_another_version() -> None:
    """If this fails: raise VERSION, write the step in database.py, then change this line."""
    made = [str(CreateTable(table)) for table in metadata.sorted_tables]
    indices = sorted(str(index) for table in metadata.tables.values() for index in table.indexes)
    shape = sha256("".join([*made, *indices]).encode()).hexdigest()[:16]
    assert (VERSION, shape) == (2, "3df74b6ec01bbfc1")


def test_a_table_that_only_grows_is_in_order_of_time() -> None:
    for table in (meter_values, statuses):
        made = ddl(table, sqlite.dialect())
        assert "PRIMARY KEY (at, digest)" in made
        assert "WITHOUT ROWID" in made


def test_a_reading_is_as_exact_in_postgresql_as_in_sqlite() -> None:
    made = ddl(meter_values, postgresql.dialect())  # type: ignore[no-untyped-call]
    assert "at DOUBLE PRECISION NOT NULL" in made
    assert "transaction_id BIGINT" in made
