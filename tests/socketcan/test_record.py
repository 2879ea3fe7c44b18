"""The recorder on vcan0: its log is candump's, and what it lost is counted exactly."""

import json
import signal
from pathlib import Path

import pytest

from tests.can_bench import Witness, cansend, link, run, witness
from tests.processes import role, wait_for

BURST = 25_000  # frames; the receive buffer of rig/bus/wire.py holds some 22,000
FRAMES = [
    *["300#1400", "201#", "300#R2", "300#R", "00000300#1400", "1FFFFFFF#0102"],
    *["20000040#0000000000000000", "20000300#0000000000000000"],
    *["300##01400", "300##11400", "300##31400", "300##0", "00000300##5" + "A5" * 64],
    *[f"{number:03X}#{number:016X}" for number in range(0, 0x7FE, 250)],
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "can.log"


def frames(file: Path) -> list[str]:
    """The third word of each line."""
    return [line.split(" ")[2] for line in file.read_text().splitlines()]


@pytest.mark.usefixtures("room_for_fd")
def test_the_log_is_the_one_that_candump_writes(file: Path) -> None:
    sent = file.with_name("sent.log")
    sent.write_text("".join(f"(0.000000) vcan0 {frame}\n" for frame in [*FRAMES, "7FE#"]))
    with role("record", str(file)).ready() as recorder, witness() as candump:
        run("canplayer", "-I", str(sent), "-t")
        candump.until("7FE#")
        assert recorder.end() == 0
    recorded = file.read_text().splitlines()
    assert recorded[-len(FRAMES) - 1 :] == candump.program.lines[-len(FRAMES) - 1 :]


def test_what_arrived_before_the_end_is_kept_even_if_it_was_not_read_yet(file: Path) -> None:
    with role("record", str(file)).ready() as recorder:
        recorder.process.send_signal(signal.SIGSTOP)
        run(*["cangen", "vcan0", "-g", "0", "-n", "5000", "-I", "i", "-L", "0"])
        recorder.process.send_signal(signal.SIGTERM)
        assert recorder.end(signal.SIGCONT) == 0
        assert recorder.lines[-1].endswith("has 5000 frames; frames lost: 0")
    assert frames(file) == [f"{number % 0x800:03X}#" for number in range(5000)]


def test_one_that_was_killed_and_goes_on_lacks_nothing_but_what_lies_in_its_gap(file: Path) -> None:
    with witness() as candump:
        with role("record", str(file)).ready() as recorder:
            burst()
            wait_for(lambda: bool(file.stat().st_size))
            assert recorder.end(signal.SIGKILL) == -9
        burst()
        with role("record", str(file), "--append").ready() as recorder:
            burst()
            assert recorder.end() == 0
        cansend("7FE#")
        candump.until("7FE#")
        sent = candump.program.lines[-301:-1]
    recorded = file.read_text().splitlines()
    gap = json.loads(file.with_name("can.log.gaps").read_text())
    outside = [line for line in sent if not gap["from"] < float(line[1:18]) < gap["to"]]
    assert recorded == outside
    assert 100 < len(recorded) <= 200


def burst() -> None:
    """At a pace that candump keeps up with."""
    run(*["cangen", "vcan0", "-g", "1", "-n", "100", "-I", "i", "-L", "0"])


def test_frames_that_are_lost_are_counted_exactly(file: Path) -> None:
    with role("record", str(file)).ready() as recorder:
        recorder.process.send_signal(signal.SIGSTOP)
        run(*f"cangen vcan0 -g 0 -n {BURST} -I 300 -L 2".split())
        recorder.process.send_signal(signal.SIGCONT)
        lost = int(recorder.until(r"can < (\d+) frames lost: they are not in ")[1])
        wait_for(lambda: file.read_text().count("\n") == BURST - lost)
        assert recorder.end() == 0
        assert recorder.lines[-1].endswith(f"has {BURST - lost} frames; frames lost: {lost}")
    assert lost > 0


def test_a_link_that_goes_down_is_said_and_the_log_goes_on(file: Path) -> None:
    with role("record", str(file)).ready() as recorder:
        cansend("300#1400")
        link("vcan0", "down")
        recorder.until("down; waiting for it to come back")
        link("vcan0", "up")
        recorder.until("can = up")
        cansend("301#1400")
        wait_for(lambda: file.read_text().count("\n") == 2)
        assert recorder.end() == 0
    assert frames(file) == ["300#1400", "301#1400"]


def test_canplayer_replays_the_log(file: Path, bus: Witness) -> None:
    with role("record", str(file)).ready() as recorder:
        cansend("300#1400")
        cansend("210#6400")
        bus.until("210#6400")
        assert recorder.end() == 0
    run("canplayer", "-I", str(file), "-t")
    bus.expect(["300#1400", "210#6400"])
