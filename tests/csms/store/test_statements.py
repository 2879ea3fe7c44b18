from typing import Any

from sqlalchemy import Connection, select

from rig.csms.store.statements import insert_once, upsert
from rig.csms.store.tables import charge_points


def seen(connection: Connection) -> list[tuple[object, ...]]:
    columns = charge_points.c.charge_point, charge_points.c.seen_at, charge_points.c.iccid
    return [tuple(row) for row in connection.execute(select(*columns))]


def test_a_row_that_is_there_is_left_alone(connection: Connection) -> None:
    insert_once(connection, charge_points, [{"charge_point": "CP_1", "seen_at": 1.0}])
    insert_once(connection, charge_points, [{"charge_point": "CP_1", "seen_at": 2.0}])
    assert seen(connection) == [("CP_1", 1.0, None)]


def test_each_value_gets_into_its_column_whatever_their_order(connection: Connection) -> None:
    rows: list[dict[str, Any]] = [
        {"seen_at": 1.0, "charge_point": "CP_1", "iccid": "89"},
        {"charge_point": "CP_2", "iccid": None, "seen_at": 2.0},
    ]
    insert_once(connection, charge_points, rows)
    assert seen(connection) == [("CP_1", 1.0, "89"), ("CP_2", 2.0, None)]


def test_a_row_that_is_there_is_written_over_in_these_columns_alone(connection: Connection) -> None:
    dialect = connection.dialect.name
    whole = upsert(dialect, charge_points, frozenset({"charge_point", "seen_at", "iccid"}))
    connection.execute(whole, [{"charge_point": "CP_1", "seen_at": 1.0, "iccid": "89"}])
    part = upsert(dialect, charge_points, frozenset({"charge_point", "seen_at"}))
    connection.execute(part, [{"charge_point": "CP_1", "seen_at": 2.0}])
    assert seen(connection) == [("CP_1", 2.0, "89")]
