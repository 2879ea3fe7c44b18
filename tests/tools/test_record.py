import json
import logging
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import can
import pytest

from rig.bus.logic.link import Received
from rig.bus.logic.messages import Frame
from rig.tools.can_log import LogFile
from rig.tools.record import Recorder, channel_word
from tests.disk import Disk
from tests.disk import disk_fixture as disk_fixture
from tests.processes import Program, embedded_bus, role, wait_for
from tests.slcan_adapter import SlcanAdapter

Options = list[str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "can.log"


def sender(bus: Options) -> can.BusABC:
    return can.Bus(interface="remote", channel=bus[3], receive_own_messages=True)


def send(bus: Options, *frames: can.Message) -> None:
    """Send frames and wait until they are on the bus."""
    with sender(bus) as out:
        for frame in frames:
            out.send(frame)
            assert out.recv(10.0)


def message(number: int) -> can.Message:
    return can.Message(arbitration_id=number, data=b"\x14\x00", is_extended_id=False)


def frames(file: Path) -> list[str]:
    """The third word of each line."""
    return [line.split(" ")[2] for line in file.read_text().splitlines()]


def test_each_kind_of_frame_is_kept_with_the_time_of_its_arrival(bus: Options, file: Path) -> None:
    started = time.time()
    with role("record", str(file), *bus) as recorder:
        recorder.ready()
        send(
            bus,
            message(0x300),
            can.Message(arbitration_id=0x300, data=b"\x14\x00", is_extended_id=True),
            can.Message(arbitration_id=0x300, dlc=2, is_remote_frame=True, is_extended_id=False),
            can.Message(
                arbitration_id=0x40, data=bytes(8), is_error_frame=True, is_extended_id=False
            ),
        )
        wait_for(lambda: file.read_text().count("\n") == 4)
        assert recorder.end() == 0
    # As candump writes them, see tests/bus/logic/test_candump.py.
    kept = ["300#1400", "00000300#1400", "300#R2", "20000040#0000000000000000"]
    assert frames(file) == kept
    for line in file.read_text().splitlines():
        match = re.fullmatch(r"\((\d{10}\.\d{6})\) remote \S+", line)
        assert match
        assert started <= float(match[1]) <= time.time()


def test_kill_9_loses_nothing_that_had_arrived(bus: Options, file: Path) -> None:
    with role("record", str(file), *bus) as recorder:
        recorder.ready()
        send(bus, *[message(number) for number in range(200)])
        wait_for(lambda: file.read_text().count("\n") == 200)
        assert recorder.end(signal.SIGKILL) == -9
    assert frames(file) == [f"{number:03X}#1400" for number in range(200)]


def test_one_that_was_killed_goes_on_in_the_same_file_and_marks_the_gap(
    bus: Options, file: Path
) -> None:
    with role("record", str(file), *bus) as recorder:
        recorder.ready()
        send(bus, message(0x301), message(0x302))
        wait_for(lambda: file.read_text().count("\n") == 2)
        assert recorder.end(signal.SIGKILL) == -9
    send(bus, message(0x303))
    with role("record", str(file), *bus, "--append") as recorder:
        recorder.until(f"file = {file} goes on, its gap is in {file}.gaps$")
        recorder.ready()
        send(bus, message(0x304), message(0x305))
        wait_for(lambda: file.read_text().count("\n") == 4)
        assert recorder.end() == 0
    assert recorder.lines[-1].endswith(f"{file} has 2 frames more; frames lost: unknown")
    assert frames(file) == ["301#1400", "302#1400", "304#1400", "305#1400"]
    stamps = [float(line[1:18]) for line in file.read_text().splitlines()]
    (gap,) = Path(f"{file}.gaps").read_text().splitlines()
    assert json.loads(gap) == {"from": stamps[1], "to": stamps[2]}


def test_the_end_says_how_much_was_kept_and_what_is_not_known(bus: Options, file: Path) -> None:
    with role("record", str(file), *bus) as recorder:
        recorder.ready()
        send(bus, message(0x300))
        wait_for(lambda: file.read_text().count("\n") == 1)
        assert recorder.end(signal.SIGTERM) == 0
    assert recorder.lines[-1].endswith(f"file = {file} has 1 frames; frames lost: unknown")


def test_that_the_recorder_rests_and_goes_on_is_said_once_each(
    file: Path, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    with LogFile(str(file), "vcan0") as log_file:
        recorder = Recorder(log_file, logging.getLogger("rig.test"))
        disk.fill()
        for _ in range(3):
            recorder.on_event(Received(Frame(0x300, b""), time.time(), 0.0))
        disk.empty()
        for _ in range(2):
            recorder.on_event(Received(Frame(0x300, b""), time.time(), 0.0))
    assert caplog.messages == [
        f"file = the disk is down to its reserve, nothing more is written to {file}",
        f"file = {file} goes on: 3 frames left out so far",
    ]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`rig record` to its end."""
    command = [sys.executable, "-m", "rig.tools.record", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_file_that_exists_is_not_touched(bus: Options, file: Path) -> None:
    file.write_text("precious\n")
    answer = run(str(file), *bus)
    assert answer.returncode == 2
    line = f"rig record: {file} is there already: move it or name another file\n"
    assert answer.stderr == line
    assert file.read_text() == "precious\n"


def test_a_missing_directory_is_made(bus: Options, tmp_path: Path) -> None:
    file = tmp_path / "run" / "1" / "can.log"
    with role("record", str(file), *bus) as record:
        record.ready()
        assert file.exists()


def test_a_directory_that_cannot_be_made_is_named(bus: Options, file: Path) -> None:
    file.write_text("no directory\n")
    answer = run(str(file / "run" / "can.log"), *bus)
    assert answer.returncode == 2
    line = f"cannot make the directory {file}/run: Not a directory; name a file elsewhere\n"
    assert answer.stderr == f"rig record: {line}"


def test_a_bus_that_does_not_open_leaves_no_empty_file(file: Path) -> None:
    answer = run(str(file), "-i", "remote", "-c", "ws://127.0.0.1:9/")
    assert answer.returncode == 2
    assert answer.stderr.startswith("rig record: cannot open remote ws://127.0.0.1:9/: ")
    assert not file.exists()


def test_a_file_that_cannot_grow_ends_it_with_whole_lines_and_one_clear_one(
    bus: Options, file: Path
) -> None:
    """`ulimit -f 1` allows 1024 bytes; a line has 35 + 1: 28 fit, and 16 of the next."""
    command = f"ulimit -f 1; exec {sys.executable} -m rig.tools.record {file} {' '.join(bus)}"
    with Program("bash", "-c", command) as recorder:
        recorder.ready()
        send(bus, *[message(0x300)] * 40)
        assert recorder.status() == 2
    said = f"rig record: recording ended after 28 frames: cannot write {file}: File too large"
    assert recorder.lines[-1] == said
    assert frames(file) == ["300#1400"] * 28


def test_a_bus_that_goes_away_is_said_and_waited_for(file: Path) -> None:
    with embedded_bus() as bus:
        recorder = role("record", str(file), *bus).ready()
        send(bus, message(0x300))
        wait_for(lambda: file.read_text().count("\n") == 1)
    with recorder:
        recorder.until("waiting for it to come back")
        with role("embedded", "--port", bus[3].split(":")[2].strip("/")) as again:
            again.ready()
            recorder.until(f"can = up; recording to {file}")
            send(bus, message(0x301))
            wait_for(lambda: file.read_text().count("\n") == 2)
            assert recorder.end() == 0
    assert frames(file) == ["300#1400", "301#1400"]


def test_the_log_names_a_bus_in_one_word() -> None:
    """A candump log has three words a line."""
    assert channel_word({"interface": "socketcan", "channel": "can0"}) == "can0"
    assert channel_word({"interface": "remote", "channel": "ws://127.0.0.1:1/"}) == "remote"


def test_what_was_garbled_is_named_and_the_frames_around_it_are_kept(file: Path) -> None:
    with SlcanAdapter() as adapter:
        options = ["-i", "slcan", "-c", adapter.channel, "--bus-kwargs", "sleep_after_open=0"]
        with role("record", str(file), *options) as recorder:
            recorder.ready()
            adapter.hear(b"t30021400", b"t3", b"t300\xff", b"t2010")
            recorder.until(r"can < ignored garbled input \(IndexError: .*\), 1 so far$")
            wait_for(lambda: file.read_text().count("\n") == 2)
            assert recorder.end() == 0
    assert frames(file) == ["300#1400", "201#"]
