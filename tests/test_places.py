import stat
from pathlib import Path

import pytest

from rig.errors import UserError
from rig.places import default_database


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
