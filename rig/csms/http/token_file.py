"""The token file: how `rig send` finds the HTTP interface of a central system, and may use it.

    {"url": "http://127.0.0.1:43211", "token": "..."}

Whoever can read it can steer every charge point, so only the user who started the central system
can, and neither a link nor a file that holds something else is written to.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rig.role.errors import UserError
from rig.role.paths import runtime_directory
from rig.role.private import check_file


@dataclass(frozen=True, slots=True)
class Access:
    """Where the HTTP interface is and the secret that it asks for, which no log may show."""

    url: str
    token: str = field(repr=False)


def token_path(port: int) -> Path:
    """The usual place for the central system whose charge points connect to this port."""
    return runtime_directory() / f"csms-{port}.json"


def read_access(path: Path) -> Access:
    """Raises OSError if there is no such file, ValueError if it is no token file, and UserError
    if others can write it: they could have `rig send` steer what they like."""
    check_file(str(path))
    access = json.loads(path.read_bytes())
    if not isinstance(access, dict) or not all(
        isinstance(access.get(key), str) for key in ("url", "token")
    ):
        raise ValueError("no url and token in it")
    return Access(access["url"], access["token"])


@contextmanager
def written_access(path: Path, access: Access) -> Iterator[None]:
    """Keeps the token file while entered; afterwards it goes, unless another one took its place.

    Raises UserError if it cannot be written, or if a file is there that is no token file.
    """
    _write(path, access)
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError, UserError):
            if read_access(path) == access:
                path.unlink()


def _write(path: Path, access: Access) -> None:
    try:
        read_access(path)  # that of a central system that was killed may be replaced
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} is there and no token file: choose another --token-file"
        ) from error
    try:
        number, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600, O_EXCL
        with open(number, "w") as file:
            json.dump(asdict(access), file)
        os.replace(name, path)
    except OSError as error:
        raise UserError(f"cannot write the token file {path}: {error.strerror}") from error
