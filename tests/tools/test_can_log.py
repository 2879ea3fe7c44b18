"""The file of a recording, and how it goes on after one that ended at any moment."""

import errno
import json
import os
from pathlib import Path

import pytest

from rig.bus.logic.messages import Frame
from rig.role.errors import UserError
from rig.tools.can_log import LogFile
from tests.disk import Disk
from tests.disk import disk_fixture as disk_fixture

FRAME = Frame(0x300, b"\x14\x00")
TWO = "(1795384276.638926) vcan0 300#1400\n(1795384277.638926) vcan0 300#1400\n"
THIRD = "(1795384280.023110) vcan0 300#1400\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "can.log"


def go_on(path: Path, *stamps: float) -> LogFile:
    """Record frames with these stamps in a file that may be there."""
    with LogFile(str(path), "vcan0", append=True) as file:
        for stamp in stamps:
            file.keep(FRAME, stamp)
    return file


def gaps(path: Path) -> list[dict[str, float | None]]:
    text = path.with_name("can.log.gaps").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_the_gap_goes_from_the_last_stamp_kept_to_the_first_new_one(path: Path) -> None:
    path.write_text(TWO)
    go_on(path, 1795384280.02311, 1795384281.02311)
    assert path.read_text() == TWO + THIRD + THIRD.replace("280", "281")
    assert gaps(path) == [{"from": 1795384277.638926, "to": 1795384280.02311}]


def test_each_gap_is_marked_and_none_that_is_not_there(path: Path) -> None:
    path.write_text(TWO)
    go_on(path, 1795384280.0)
    go_on(path, 1795384290.0)
    assert gaps(path) == [
        {"from": 1795384277.638926, "to": 1795384280.0},
        {"from": 1795384280.0, "to": 1795384290.0},
    ]


def test_a_gap_after_which_nothing_came_has_no_end(path: Path) -> None:
    path.write_text(TWO)
    go_on(path)
    assert path.read_text() == TWO
    assert gaps(path) == [{"from": 1795384277.638926, "to": None}]


def test_a_gap_before_which_nothing_was_kept_has_no_begin(path: Path) -> None:
    path.write_text("")
    go_on(path, 1795384280.0)
    assert gaps(path) == [{"from": None, "to": 1795384280.0}]


def test_a_line_that_is_not_whole_is_cut_off(path: Path) -> None:
    path.write_text(TWO + "(1795384278.63")
    file = go_on(path, 1795384280.02311)
    assert file.cut == 14
    assert path.read_text() == TWO + THIRD


def test_the_last_line_of_a_long_file_is_found(path: Path) -> None:
    path.write_text(TWO * 1000)
    go_on(path, 1795384280.02311)
    assert path.read_text() == TWO * 1000 + THIRD
    assert gaps(path)[0]["from"] == 1795384277.638926


def test_the_gap_is_marked_before_the_frame_after_it_is_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a disk that is full, or a kill between the two, would leave a gap that nobody sees."""
    path.write_text(TWO)
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(UserError, match="recording ended after 0 frames"):
        go_on(path, 1795384280.0)
    assert path.read_text() == TWO
    assert path.with_name("can.log.gaps").read_text() == ""


def test_a_gap_is_not_ended_by_a_frame_that_could_not_be_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text(TWO)
    write = os.write

    def full_for_frames(file: int, data: bytes) -> int:
        return full(file, data) if data.startswith(b"(") else write(file, data)

    monkeypatch.setattr(os, "write", full_for_frames)
    with pytest.raises(UserError, match="No space left"):
        go_on(path, 1795384279.0)
    monkeypatch.undo()
    go_on(path, 1795384280.0)
    assert gaps(path) == [{"from": 1795384277.638926, "to": 1795384280.0}]


def full(file: int, data: bytes) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("text", ["precious", "precious\n", TWO + "precious\n"])
def test_a_file_that_is_no_log_is_not_touched(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(UserError, match=r"can\.log is no candump log: name another file"):
        go_on(path)
    assert path.read_text() == text


def test_gaps_of_another_recording_are_not_taken_for_those_of_a_new_one(path: Path) -> None:
    path.with_name("can.log.gaps").write_text("{}\n")
    with pytest.raises(
        UserError, match=r"can\.log\.gaps is there already: move it or name another"
    ):
        LogFile(str(path), "vcan0")
    assert not path.exists()


def test_a_recording_that_failed_at_once_leaves_the_frames_before_it(path: Path) -> None:
    """A bus that does not open, say."""
    path.write_text(TWO)
    with pytest.raises(UserError), LogFile(str(path), "vcan0", append=True):
        raise UserError("cannot open the bus")
    assert path.read_text() == TWO


def test_frames_that_are_left_out_for_want_of_space_are_a_gap(path: Path, disk: Disk) -> None:
    with LogFile(str(path), "vcan0") as file:
        file.keep(FRAME, 1795384276.638926)
        file.keep(FRAME, 1795384277.638926)
        disk.fill()
        for stamp in (1795384278.0, 1795384279.0):
            file.keep(FRAME, stamp)
            assert file.is_resting
        disk.empty()
        file.keep(FRAME, 1795384280.02311)
        assert not file.is_resting
    assert (file.frames, file.left_out) == (3, 2)
    assert path.read_text() == TWO + THIRD
    assert gaps(path) == [{"from": 1795384277.638926, "to": 1795384280.02311}]


def test_a_disk_that_is_full_from_the_first_frame_to_the_last_is_a_gap_without_ends(
    path: Path, disk: Disk
) -> None:
    disk.fill()
    go_on(path, 1795384280.0)
    assert path.read_text() == ""
    assert gaps(path) == [{"from": None, "to": None}]


def test_the_log_and_its_directory_are_their_users_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with LogFile(str(tmp_path / "run" / "can.log"), "vcan0"):
            pass
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes == {"run": 0o700, "can.log": 0o600}
