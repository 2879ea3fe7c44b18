"""The token file, and the directory that only its user can write to."""

import json
import os
import stat
from pathlib import Path

import pytest

from rig.csms.http.token_file import Access, read_access, token_path, written_access
from rig.role.errors import UserError

ACCESS = Access("http://127.0.0.1:43211", "secret")
OTHER = Access("http://127.0.0.1:43212", "another")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_holds_address_and_token_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "csms.json"
    with written_access(path, ACCESS):
        assert json.loads(path.read_text()) == {"url": "http://127.0.0.1:43211", "token": "secret"}
        assert mode(path) == 0o600
        assert read_access(path) == ACCESS


def test_it_is_gone_afterwards_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    with written_access(tmp_path / "csms.json", ACCESS):
        pass
    assert os.listdir(tmp_path) == []


def test_that_of_a_central_system_that_was_killed_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "csms.json"
    path.write_text(json.dumps({"url": "http://127.0.0.1:1", "token": "old"}))
    path.chmod(0o644)
    with written_access(path, ACCESS):
        assert read_access(path) == ACCESS
        assert mode(path) == 0o600


def test_that_of_a_later_central_system_is_left(tmp_path: Path) -> None:
    path = tmp_path / "csms.json"
    with written_access(path, OTHER):
        with written_access(path, ACCESS):
            os.rename(path, tmp_path / "earlier")
            path.write_text(json.dumps({"url": OTHER.url, "token": OTHER.token}))
        assert read_access(path) == OTHER


def test_one_that_was_taken_away_meanwhile_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "csms.json"
    with written_access(path, ACCESS):
        path.unlink()


def test_what_a_link_points_to_is_never_written(tmp_path: Path) -> None:
    precious, path = tmp_path / "precious.json", tmp_path / "csms.json"
    precious.write_text(json.dumps({"url": OTHER.url, "token": OTHER.token}))
    path.symlink_to(precious)
    with written_access(path, ACCESS):
        assert not path.is_symlink()
    assert read_access(precious) == OTHER


@pytest.mark.parametrize("content", ["voltage = 230", "[]", '{"url": 1, "token": "x"}', "{}"])
def test_a_file_that_is_no_token_file_is_never_replaced(tmp_path: Path, content: str) -> None:
    precious = tmp_path / "bench.toml"
    precious.write_text(content)
    with (
        pytest.raises(UserError, match="no token file: choose another --token-file"),
        written_access(precious, ACCESS),
    ):
        pass
    assert precious.read_text() == content


def test_a_folder_that_does_not_exist_is_one_clear_line(tmp_path: Path) -> None:
    with (
        pytest.raises(UserError, match="cannot write the token file"),
        written_access(tmp_path / "missing" / "csms.json", ACCESS),
    ):
        pass


def test_no_log_shows_the_token() -> None:
    assert "secret" not in repr(ACCESS)
    assert "secret" not in f"{ACCESS}"


def test_it_lies_below_the_users_runtime_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert token_path(9000) == tmp_path / "ev-charging-rig" / "csms-9000.json"
    assert mode(tmp_path / "ev-charging-rig") == 0o700


def test_one_that_others_can_write_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "csms.json"
    path.write_text(json.dumps({"url": ACCESS.url, "token": ACCESS.token}))
    path.chmod(0o662)
    with pytest.raises(UserError, match="others can write"):
        read_access(path)
