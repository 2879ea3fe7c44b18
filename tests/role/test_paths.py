import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from rig.role.errors import UserError
from rig.role.paths import default_database, runtime_directory


def test_the_database_is_in_the_state_directory_of_its_user_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert default_database() == f"sqlite:///{tmp_path}/state/ev-charging-rig/csms.db"
    mode = (tmp_path / "state" / "ev-charging-rig").stat().st_mode
    assert stat.S_IMODE(mode) == 0o700


@pytest.mark.parametrize("given", [None, "", "state"])  # XDG: a relative path is to be ignored
def test_without_a_state_directory_it_is_below_home(
    given: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    if given is not None:
        monkeypatch.setenv("XDG_STATE_HOME", given)
    expected = f"sqlite:///{tmp_path}/.local/state/ev-charging-rig/csms.db"
    assert default_database() == expected
    assert default_database() == expected  # also when it is there


def test_a_place_that_cannot_be_made_is_named_with_its_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(UserError, match=r"no place for the database .*: name one with --database"):
        default_database()


@pytest.mark.parametrize("given", ["", "relative", "/nowhere/at/all"])
def test_without_a_runtime_directory_it_is_one_of_the_users_own_in_tmp(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", given)
    assert runtime_directory() == Path(f"/tmp/ev-charging-rig-{os.geteuid()}")


def open_to_all(directory: Path) -> None:
    directory.mkdir()
    directory.chmod(0o777)


def linked(directory: Path) -> None:
    theirs = directory.with_name("theirs")
    theirs.mkdir(mode=0o700)
    directory.symlink_to(theirs)


def somebody_elses(directory: Path) -> None:
    directory.mkdir(mode=0o700)


@pytest.mark.parametrize("made", [open_to_all, linked, somebody_elses], ids=lambda of: of.__name__)
def test_a_directory_that_is_not_the_users_alone_is_refused(
    made: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    made(tmp_path / "ev-charging-rig")
    if made is somebody_elses:
        owner = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(UserError, match="is open to others: remove it"):
        runtime_directory()
