from pathlib import Path

import pytest

from rig.csms.csv_file import write_csv
from rig.role.errors import UserError

ROWS = [("CP_1", 7, 2.5), ('a,"b"', None, "x\n\x1b[31m")]
TEXT = 'name,id,wh\nCP_1,7,2.5\n"a,""b""",,x\\n\\x1b[31m\n'


def test_rows_are_written_below_their_header(tmp_path: Path) -> None:
    write_csv(str(tmp_path / "x.csv"), ["name", "id", "wh"], ROWS)
    assert (tmp_path / "x.csv").read_text() == TEXT


def test_a_dash_is_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    write_csv("-", ["name", "id", "wh"], ROWS)
    assert capsys.readouterr().out == TEXT


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1+cmd", "'+1+cmd"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "\\t=1"),  # escaped, so it begins with none of these
        ("-12.5", "-12.5"),
        ("+7", "+7"),
        ("-1e3", "-1e3"),
        ("a=b", "a=b"),
    ],
)
def test_no_text_is_a_formula_in_a_spreadsheet(
    capsys: pytest.CaptureFixture[str], text: str, cell: str
) -> None:
    """An id, a tag or a value is whatever a charge point says."""
    write_csv("-", ["text"], [(text,)])
    assert capsys.readouterr().out == f"text\n{cell}\n"


def test_a_file_that_cannot_be_written_is_named() -> None:
    with pytest.raises(UserError, match=r"cannot write /no/x\.csv: No such file"):
        write_csv("/no/x.csv", ["name"], [])
    with pytest.raises(UserError, match=r"cannot write /dev/full: No space left"):
        write_csv("/dev/full", ["name"], [("x" * 100_000,)])
