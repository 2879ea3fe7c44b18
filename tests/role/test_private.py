"""Files and folders that are their user's alone."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from rig.role.errors import UserError
from rig.role.private import check_file, make_file, make_folders, open_file


@pytest.fixture(autouse=True)
def _generous() -> Iterator[None]:
    """A umask that leaves everything to everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_each_folder_that_is_made_is_its_users_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_folders(tmp_path / "a" / "b")
    make_folders(tmp_path / "a" / "b")
    assert [mode(tmp_path / name) for name in ("", "a", "a/b")] == [0o755, 0o700, 0o700]


def test_a_new_file_is_its_users_alone(tmp_path: Path) -> None:
    make_file(str(tmp_path / "new"))
    os.close(open_file(str(tmp_path / "opened"), os.O_WRONLY | os.O_CREAT))
    assert (mode(tmp_path / "new"), mode(tmp_path / "opened")) == (0o600, 0o600)


@pytest.mark.parametrize("shared", [0o620, 0o602, 0o666])
def test_one_that_others_can_write_is_refused_with_what_to_do(tmp_path: Path, shared: int) -> None:
    path = tmp_path / "file"
    path.write_text("kept")
    path.chmod(shared)
    for refuses in (check_file, make_file, lambda name: open_file(name, os.O_RDWR)):
        with pytest.raises(UserError, match=r"others can write .*chmod go-w"):
            refuses(str(path))
    assert path.read_text() == "kept"


@pytest.mark.parametrize("readable", [0o644, 0o640, 0o400])
def test_one_that_others_can_read_is_as_its_user_wants_it(tmp_path: Path, readable: int) -> None:
    path = tmp_path / "file"
    path.write_text("kept")
    path.chmod(readable)
    make_file(str(path))
    assert mode(path) == readable


def test_a_device_is_nobodys_file() -> None:
    check_file("/dev/null")


def test_where_there_is_none_the_system_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        make_file(str(tmp_path / "no" / "file"))
