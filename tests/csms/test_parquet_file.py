import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyarrow import parquet  # type: ignore[import-untyped]

from rig.csms import parquet_file
from rig.csms.logic.transactions import Kind
from rig.csms.parquet_file import write_parquet
from rig.role.errors import UserError

COLUMNS: dict[str, Kind] = {"id": "int", "wh": "float", "tag": "text", "at": "moment"}


def test_rows_become_typed_columns(tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    rows = [
        (7, 2.5, "ABC\n", "2026-09-21T14:00:00.5Z"),
        (8, None, None, None),
        (9, 3, "", "no moment"),
    ]
    write_parquet(str(file), COLUMNS, rows)
    table = parquet.read_table(file)
    assert [str(field.type) for field in table.schema] == [
        "int64",
        "double",
        "string",
        "timestamp[us, tz=UTC]",
    ]
    half_past = datetime(2026, 9, 21, 14, 0, 0, 500_000, UTC)
    assert table.to_pydict() == {
        "id": [7, 8, 9],
        "wh": [2.5, None, 3.0],
        "tag": ["ABC\n", None, ""],
        "at": [half_past, None, None],
    }


def test_more_rows_than_are_written_at_once_are_all_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_file, "AT_ONCE", 3)
    file = tmp_path / "x.parquet"
    write_parquet(str(file), {"id": "int"}, ((n,) for n in range(10)))
    assert parquet.read_table(file)["id"].to_pylist() == list(range(10))


def test_no_rows_are_a_file_as_well(tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    write_parquet(str(file), COLUMNS, [])
    assert parquet.read_table(file).num_rows == 0


def test_a_file_that_cannot_be_written_is_named() -> None:
    with pytest.raises(UserError, match=r"cannot write /no/x\.parquet: "):
        write_parquet("/no/x.parquet", COLUMNS, [])


def test_a_missing_pyarrow_is_named_with_its_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError) as error:
        write_parquet("x.parquet", COLUMNS, [])
    assert str(error.value).endswith("scripts/venv.sh parquet")
