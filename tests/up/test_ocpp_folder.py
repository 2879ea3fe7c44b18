"""Where the roles of a `rig up` offer their OCPP messages."""

import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rig.up import ocpp_folder as module
from rig.up.ocpp_folder import ocpp_folder


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """XDG_RUNTIME_DIR, with a short name: a socket's path has at most 107 bytes."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


def assert_private(folder: str | None) -> None:
    """In /tmp, for this user alone."""
    assert folder
    assert folder.startswith("/tmp/ev-charging-rig-")
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


def test_it_is_the_usual_place_which_stays(runtime: Path) -> None:
    with ocpp_folder() as folder:
        assert folder == str(runtime / "ev-charging-rig")
    assert Path(folder).is_dir()


def test_a_second_rig_has_a_place_of_its_own_which_goes_at_its_end(runtime: Path) -> None:
    with ocpp_folder():
        with ocpp_folder() as second:
            assert_private(second)
        assert not os.path.exists(str(second))
    with ocpp_folder() as third:
        assert third == str(runtime / "ev-charging-rig")


def test_a_role_that_was_started_by_hand_keeps_its_socket(runtime: Path) -> None:
    (runtime / "ev-charging-rig").mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as living:
        living.bind(str(runtime / "ev-charging-rig" / "cp-ocpp.sock"))
        living.listen()
        with ocpp_folder() as folder:
            assert_private(folder)


def test_a_usual_place_that_others_can_write_to_is_left_alone(runtime: Path) -> None:
    (runtime / "ev-charging-rig").mkdir()
    (runtime / "ev-charging-rig").chmod(0o777)
    with ocpp_folder() as folder:
        assert_private(folder)


def test_a_usual_place_with_too_long_a_name_for_sockets_is_none(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (runtime / ("x" * 80)).mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime / ("x" * 80)))
    with ocpp_folder() as folder:
        assert_private(folder)


def test_where_no_place_can_be_the_rig_starts_without_and_says_so(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (runtime / "ev-charging-rig").touch()
    said: list[str] = []

    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    monkeypatch.setattr(module, "say", said.append)
    with ocpp_folder() as folder:
        assert folder is None
    assert said == [
        "rig up: OCPP is not offered to detectors: no folder in /tmp: No space left on device"
    ]
