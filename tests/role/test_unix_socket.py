"""Unix sockets of roles. What a role does with one is in test_control.py and test_offering.py."""

import socket
from pathlib import Path

import pytest

from rig.role.errors import UserError
from rig.role.unix_socket import LONGEST, bound_socket, is_in_use, usual_socket


def test_a_name_has_its_usual_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert usual_socket("cp-ocpp") == f"{tmp_path}/ev-charging-rig/cp-ocpp.sock"


def test_a_place_is_in_use_while_somebody_listens_there(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    assert not is_in_use(path)
    with socket.socket(socket.AF_UNIX) as living:
        living.bind(path)
        living.listen()
        assert is_in_use(path)
        with pytest.raises(UserError, match="name another place with --offer"):
            bound_socket(path, "--offer").__enter__()
    assert not is_in_use(path)  # what a killed role leaves
    with bound_socket(path, "--offer") as bound:
        bound.listen()
        assert is_in_use(path)
    assert not Path(path).exists()


def test_what_cannot_be_asked_counts_as_in_use(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert is_in_use(str(tmp_path / "file" / "s"))


def test_the_longest_path_is_taken_and_one_more_byte_is_not(tmp_path: Path) -> None:
    path = str(tmp_path / "s").ljust(LONGEST, "x")
    with bound_socket(path, "--offer"):
        assert Path(path).is_socket()
    with pytest.raises(UserError, match="path too long"):
        bound_socket(f"{path}x", "--offer").__enter__()
