"""The OCPP messages of a run as JSON lines."""

import json
import logging
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rig.ocppj.recording import OcppRecording
from rig.role.errors import UserError
from tests.disk import Disk
from tests.disk import disk_fixture as disk_fixture

LOG = logging.getLogger("rig.test")


def refuse(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def lines(path: Path) -> list[dict[str, Any]]:
    """By a reader that takes nothing but JSON."""
    text = path.read_text()
    return [json.loads(line, parse_constant=refuse) for line in text.splitlines()]


def kept(path: Path, *texts: str) -> list[Any]:
    recording = OcppRecording(str(path), "cp", LOG)
    for text in texts:
        recording.keep("CP_1", True, text)
    return [line["message"] for line in lines(path)]


def test_a_line_says_when_where_who_which_way_and_what(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    recording = OcppRecording(str(tmp_path / "ocpp"), "csms", LOG)
    recording.keep("CP_1", False, '[2,"a","Heartbeat",{}]')
    (line,) = lines(tmp_path / "ocpp")  # on disk before it is closed
    assert list(line) == ["timestamp", "t", "point", "cp_id", "dir", "message"]
    assert (line["point"], line["cp_id"], line["dir"]) == ("csms", "CP_1", "cs>cp")
    assert line["message"] == [2, "a", "Heartbeat", {}]
    assert before <= datetime.fromisoformat(line["timestamp"]) <= datetime.now(UTC)
    assert line["t"] == datetime.fromisoformat(line["timestamp"]).timestamp()


def test_the_direction_is_that_of_the_message_whoever_records(tmp_path: Path) -> None:
    recording = OcppRecording(str(tmp_path / "ocpp"), "csms", LOG)
    recording.keep("CP_1", True, "[]")
    assert [line["dir"] for line in lines(tmp_path / "ocpp")] == ["cp>cs"]


@pytest.mark.parametrize(
    "text",
    ["nonsense", "", "[" * 10_000, '[2,"a","x",{"x":NaN}]', '[2,"a","x",{"x":1e400}]', "\x1b\n"],
    ids=lambda text: text[:24],
)
def test_what_is_not_json_is_kept_as_a_string(tmp_path: Path, text: str) -> None:
    assert kept(tmp_path / "ocpp", text) == [text]


def test_no_text_breaks_a_line_in_two(tmp_path: Path) -> None:
    assert kept(tmp_path / "ocpp", '["a\\nb\\u2028"]', "a\nb") == [["a\nb\u2028"], "a\nb"]


def test_no_secret_is_kept(tmp_path: Path) -> None:
    secret = "00112233445566778899"
    change = [2, "a", "ChangeConfiguration", {"key": "AuthorizationKey", "value": secret}]
    text = json.dumps(change)
    messages = kept(tmp_path / "ocpp", text, text[:-1])
    assert messages[0] == [*change[:3], {"key": "AuthorizationKey", "value": "***"}]
    assert secret not in (tmp_path / "ocpp").read_text()


def test_a_second_run_appends(tmp_path: Path) -> None:
    kept(tmp_path / "ocpp", "[1]")
    assert kept(tmp_path / "ocpp", "[2]") == [[1], [2]]


def test_a_file_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot write .*No such file or directory"):
        OcppRecording(str(tmp_path / "missing" / "ocpp"), "cp", LOG)


def test_a_full_disk_ends_the_recording_with_one_line_in_the_log_and_not_the_role(
    caplog: pytest.LogCaptureFixture,
) -> None:
    recording = OcppRecording("/dev/full", "cp", LOG)
    for _ in range(3):
        recording.keep("CP_1", True, "[]")
    expected = "recording ended: cannot write /dev/full: No space left on device"
    assert [record.getMessage() for record in caplog.records] == [expected]


def test_a_file_that_is_full_keeps_its_whole_lines(tmp_path: Path) -> None:
    """`ulimit -f 1` allows 1024 bytes; a line takes some 130."""
    program = f"""
import logging, signal
from rig.ocppj.recording import OcppRecording
from tests.disk import Disk
from tests.disk import disk_fixture as disk_fixture
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
recording = OcppRecording({str(tmp_path / "ocpp")!r}, "cp", logging.getLogger("x"))
for number in range(20): recording.keep("CP_1", True, f"[{{number}}]")
"""
    limited = ["bash", "-c", 'ulimit -f 1; exec "$@"', "bash", sys.executable, "-c", program]
    subprocess.run(limited, check=True)
    messages = [line["message"] for line in lines(tmp_path / "ocpp")]
    assert messages == [[number] for number in range(len(messages))]
    assert 0 < len(messages) < 20


def test_while_the_disk_is_down_to_its_reserve_two_lines_stand_for_what_was_left_out(
    disk: Disk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ocpp"
    recording = OcppRecording(str(path), "csms", LOG)
    recording.keep("CP_1", True, "[1]")
    disk.fill()
    for text in ("[2]", "[3]"):
        recording.keep("CP_1", True, text)
    assert [line.get("gap") for line in lines(path)] == [None, "begins"]  # should it be killed now
    disk.empty()
    recording.keep("CP_1", True, "[4]")
    assert [line.get("message") for line in lines(path)] == [[1], None, None, [4]]
    _, begins, ends, _ = lines(path)
    assert list(begins) == ["timestamp", "t", "point", "gap"]
    assert (ends["gap"], ends["messages"]) == ("ends", 2)
    assert caplog.messages == [
        f"recording = the disk is down to its reserve, nothing more is written to {path}",
        f"recording = {path} goes on: 2 messages left out of it",
    ]


def test_the_file_is_its_users_alone_and_one_that_others_can_write_is_refused(
    tmp_path: Path,
) -> None:
    path, before = tmp_path / "ocpp", os.umask(0)
    try:
        OcppRecording(str(path), "cp", LOG)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o660)
    with pytest.raises(UserError, match="others can write"):
        OcppRecording(str(path), "cp", LOG)
