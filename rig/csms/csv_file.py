"""Writes rows as CSV, header first.

Texts come from charge points, and whoever opens the file may be a spreadsheet: control characters
are escaped, and a text that would be a formula there gets an apostrophe before it.
"""

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

from rig.role.errors import UserError
from rig.role.log import printable
from rig.role.streams import standard_output

FORMULA = ("=", "+", "-", "@")


def write_csv(path: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write to a file, or to stdout if the path is `-`. Raises UserError."""
    if path == "-":
        with standard_output() as output:
            _write(output, header, rows)
        return
    try:
        with open(path, "w", newline="") as file:
            _write(file, header, rows)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error


def _write(file: TextIO, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in row])


def _harmless(text: str) -> str:
    is_formula = text.startswith(FORMULA) and not _is_number(text)
    return "'" * is_formula + printable(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
