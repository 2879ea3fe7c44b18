"""Writes rows as a Parquet file. The only module that needs pyarrow."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from rig.csms.logic.transactions import Kind, moment
from rig.role.clone import install
from rig.role.errors import UserError

AT_ONCE = 10_000  # rows, so that memory stays bounded
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_parquet(path: str, columns: Mapping[str, Kind], rows: Iterable[Sequence[object]]) -> None:
    """Write to a file; a moment that cannot be read becomes null. Raises UserError."""
    try:
        import pyarrow  # type: ignore[import-untyped]
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise UserError(f"Parquet needs {error.name}: {install('parquet')}") from error
    types = {
        "int": pyarrow.int64(),
        "float": pyarrow.float64(),
        "text": pyarrow.string(),
        "moment": pyarrow.timestamp("us", tz="UTC"),
    }
    schema = pyarrow.schema([(name, types[kind]) for name, kind in columns.items()])
    try:
        with parquet.ParquetWriter(path, schema) as writer:
            remaining = iter(rows)
            while some := list(islice(remaining, AT_ONCE)):
                cells = [_cells(kind, column) for kind, column in _by_column(columns, some)]
                arrays = [
                    pyarrow.array(column, field.type)
                    for column, field in zip(cells, schema, strict=True)
                ]
                writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error


def _by_column(
    columns: Mapping[str, Kind], rows: list[Sequence[object]]
) -> Iterable[tuple[Kind, tuple[object, ...]]]:
    return zip(columns.values(), zip(*rows, strict=True), strict=True)


def _cells(kind: Kind, column: tuple[object, ...]) -> list[Any]:
    return [_moment(cell) for cell in column] if kind == "moment" else list(column)


def _moment(text: object) -> datetime | None:
    seconds = moment(text if isinstance(text, str) else None)
    return None if seconds is None else EPOCH + timedelta(seconds=seconds)
