"""The file of what is told of OCPP."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rig.ocppj.logic.told import Lines
from rig.ocppj.recording import OcppRecording, recorded
from rig.role.errors import UserError
from tests.disk import Disk
from tests.disk import disk_fixture as disk_fixture

LOG = logging.getLogger("rig.test")
CP, CSMS = Lines("cp"), Lines("csms")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def message(text: str) -> bytes:
    return CP.message(1.5, "CP_1", text, by_charge_point=True)


def kept(path: Path, *texts: str) -> list[Any]:
    recording = OcppRecording(str(path), CP, LOG)
    for text in texts:
        recording.add(message(text))
    return [line["message"] for line in lines(path)]  # on disk before it is closed


def test_a_second_run_appends(tmp_path: Path) -> None:
    kept(tmp_path / "ocpp", "[1]")
    assert kept(tmp_path / "ocpp", "[2]") == [[1], [2]]


def test_a_file_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot write .*No such file or directory"):
        OcppRecording(str(tmp_path / "missing" / "ocpp"), CP, LOG)


def test_a_full_disk_ends_the_recording_with_one_line_in_the_log_and_not_the_role(
    caplog: pytest.LogCaptureFixture,
) -> None:
    recording = OcppRecording("/dev/full", CP, LOG)
    for _ in range(3):
        recording.add(message("[]"))
    expected = "recording ended: cannot write /dev/full: No space left on device"
    assert [record.getMessage() for record in caplog.records] == [expected]


FULL = """
import logging, signal, sys
from rig.ocppj.logic.told import Lines
from rig.ocppj.recording import OcppRecording
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
lines = Lines("cp")
recording = OcppRecording(sys.argv[1], lines, logging.getLogger("x"))
for number in range(20):
    recording.add(lines.message(1.5, "CP_1", f"[{number}]", by_charge_point=True))
"""


def fill(path: Path) -> None:
    """Append lines from another process, for which a file has 1024 bytes; a line takes some 130."""
    program = [sys.executable, "-c", FULL, str(path)]
    subprocess.run(["bash", "-c", 'ulimit -f 1; exec "$@"', "bash", *program], check=True)


def test_a_file_that_is_full_keeps_its_whole_lines(tmp_path: Path) -> None:
    fill(tmp_path / "ocpp")
    messages = [line["message"] for line in lines(tmp_path / "ocpp")]
    assert messages == [[number] for number in range(len(messages))]
    assert 0 < len(messages) < 20


def test_two_ends_append_whole_lines_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "ocpp"
    ends = [OcppRecording(str(path), each, LOG) for each in (CP, CSMS)]
    for number in range(3):
        for end, each in zip(ends, (CP, CSMS), strict=True):
            end.add(each.message(1.5, "CP_1", f"[{number}]", by_charge_point=True))
    told = [(line["point"], line["message"]) for line in lines(path)]
    assert told == [(point, [number]) for number in range(3) for point in ("cp", "csms")]


def test_an_end_that_finds_the_file_full_takes_nothing_of_the_others(tmp_path: Path) -> None:
    """What it could not finish stays there alone, and the other goes on on a line of its own."""
    path = tmp_path / "ocpp"
    other = OcppRecording(str(path), CSMS, LOG)
    other.add(CSMS.offers(1.5))
    fill(path)
    other.add(CSMS.ended(2.5, "it ended"))
    first, *middle, cut, last = path.read_bytes().splitlines(keepends=True)
    assert (first, last) == (CSMS.offers(1.5), CSMS.ended(2.5, "it ended"))
    assert middle == [message(f"[{number}]") for number in range(len(middle))]
    assert message(f"[{len(middle)}]").startswith(cut.removesuffix(b"\n"))
    assert len(b"".join([first, *middle, cut])) == 1024 + 1  # and the end of that line


@pytest.mark.parametrize("ends", [False, True], ids=["goes on", "ends"])
def test_what_the_other_end_wrote_behind_a_line_that_was_cut_short_stays(
    ends: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ocpp"
    one, other = (OcppRecording(str(path), each, LOG) for each in (CP, CSMS))

    def write_a_part(line: bytes) -> int:
        written = os.write(one._file.fileno(), line[:10])
        other.add(CSMS.offers(1.5))
        if ends:
            other.close()
        return written

    monkeypatch.setattr(one._file, "write", write_a_part)
    one.add(message("[1]"))
    assert path.read_bytes() == message("[1]")[:10] + b"\n" + CSMS.offers(1.5)


def test_what_a_power_loss_cut_short_is_no_part_of_the_next_line(tmp_path: Path) -> None:
    (tmp_path / "ocpp").write_text('{"timestamp": "20')
    recording = OcppRecording(str(tmp_path / "ocpp"), CP, LOG)
    recording.add(CP.offers(1.5))
    recording.add(CP.ended(2.5, ""))
    cut = b'{"timestamp": "20\n'
    assert (tmp_path / "ocpp").read_bytes() == cut + CP.offers(1.5) + CP.ended(2.5, "")


def test_it_begins_and_ends_in_lines_that_say_so(tmp_path: Path) -> None:
    with recorded(str(tmp_path / "ocpp"), CP, "this charge point ended", LOG) as recording:
        recording.add(message("[1]"))
    first, _, last = lines(tmp_path / "ocpp")
    assert first["offers"] is True
    assert (last["offers"], last["why"]) == (False, "this charge point ended")


def test_while_the_disk_is_down_to_its_reserve_two_lines_stand_for_what_was_left_out(
    disk: Disk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ocpp"
    recording = OcppRecording(str(path), CSMS, LOG)
    recording.add(message("[1]"))
    disk.fill()
    for text in ("[2]", "[3]"):
        recording.add(message(text))
    assert [line.get("gap") for line in lines(path)] == [None, "begins"]  # should it be killed now
    disk.empty()
    recording.add(message("[4]"))
    assert [line.get("message") for line in lines(path)] == [[1], None, None, [4]]
    _, begins, ends, _ = lines(path)
    assert list(begins) == ["timestamp", "t", "point", "gap"]
    assert (ends["gap"], ends["messages"]) == ("ends", 2)
    assert caplog.messages == [
        f"recording = the disk is down to its reserve, nothing more is written to {path}",
        f"recording = {path} goes on: 2 lines left out of it",
    ]


def test_the_file_is_its_users_alone_and_one_that_others_can_write_is_refused(
    tmp_path: Path,
) -> None:
    path, before = tmp_path / "ocpp", os.umask(0)
    try:
        OcppRecording(str(path), CP, LOG)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o660)
    with pytest.raises(UserError, match="others can write"):
        OcppRecording(str(path), CP, LOG)
