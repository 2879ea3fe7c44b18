"""Writes a session as the folder of a recording."""

from pathlib import Path

from rig.role.errors import UserError
from rig.role.private import make_folders


def write_folder(folder: Path, files: dict[str, str]) -> None:
    """New files in a folder that is made if it is missing. Raises UserError."""
    try:
        make_folders(folder)
        for name, text in files.items():
            _write(folder / name, text)
    except OSError as error:
        raise UserError(f"cannot write {error.filename}: {error.strerror}") from error


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{path} is there already: name another folder") from None
