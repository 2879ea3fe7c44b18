"""What a few lines of cansend and the faults of the charger can do, each seen by the detector that
claims it; with candump as the witness."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from rig.cli import main as rig
from rig.role.control import main as control
from tests.can_bench import FRAME, Witness, cansend, run
from tests.processes import Program, role
from tests.socketcan.test_supervision import FAST

PERIOD = 0.05  # s, of the charger: all is learnt soon
FLOOD = 5000  # frames


class Watched:
    """A charger on vcan0, and `rig watch --json` beside it, which has learnt its period."""

    def __init__(self, stack: ExitStack, bench: Path, *faults: str) -> None:
        bench.write_text(FAST)
        options = [word for fault in faults for word in ("--fault", fault)]
        fast = ["--period", f"{PERIOD}", "--step", f"{PERIOD}"]
        self.charger = stack.enter_context(role("charger", *fast, *options, "--control").ready())
        watch = role("watch", "--json", "--bench", str(bench), "--ocpp", str(bench.parent))
        self.watch: Program = stack.enter_context(watch.ready())
        self.until("can_timing", "ok")

    def until(self, detector: str, state: str) -> str:
        """Wait until it says so; why."""
        said = rf'"detector": "{detector}", "state": "{state}", "why": "(.*?)", "since"'
        return str(self.watch.until(said)[1])


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as entered:
        yield entered


@pytest.fixture
def start(bus: Witness, stack: ExitStack, tmp_path: Path) -> Callable[..., Watched]:
    return lambda *faults: Watched(stack, tmp_path / "rig.toml", *faults)


BAD = {
    "123#0102": "a frame that the DBC does not know: 123#0102",
    "300#14": "frame of 1 instead of 2 bytes with the number of Current: 300#14",
}


@pytest.mark.parametrize("frame", BAD)
def test_frames_that_nobody_knows_and_bad_ones(frame: str, start: Callable[..., Watched]) -> None:
    watched = start()
    cansend(frame)
    assert watched.until("can_timing", "alarm") == BAD[frame]


def test_a_second_sender_of_current(start: Callable[..., Watched]) -> None:
    watched = start()
    run("cangen", "vcan0", "-I", "300", "-L", "2", "-D", "1400", "-n", "5", "-g", "10")
    assert watched.until("can_timing", "alarm").startswith("Current comes too often")
    watched.until("can_timing", "ok")


def test_a_charger_that_is_silent_or_reports_twice(start: Callable[..., Watched]) -> None:
    watched = start()
    assert control(["charger", "fault", "kind=tel.silent"]) == 0
    assert watched.until("can_timing", "alarm").startswith("no Current for ")
    assert control(["charger", "fault", "kind=none"]) == 0
    watched.until("can_timing", "ok")
    assert control(["charger", "fault", "kind=tel.doubled"]) == 0
    assert watched.until("can_timing", "alarm").startswith("Current comes too often")


def test_commands_to_and_fro(start: Callable[..., Watched]) -> None:
    watched = start()
    for frame in ("210#2000", "200#", "201#"):
        cansend(frame)
    watched.until("fast_toggle", "warn")
    for frame in ("200#", "201#"):
        cansend(frame)
    assert watched.until("fast_toggle", "alarm").startswith("target moved 32 A and back within")


def test_a_charger_that_ignores_stop(start: Callable[..., Watched]) -> None:
    watched = start("plant.ignore_stop")
    for frame in ("210#2000", "200#"):
        cansend(frame)
    watched.until("limit_exceeded", "ok")
    cansend("201#")
    assert re.fullmatch(r"\d+ A flow, it was told Stop", watched.until("limit_exceeded", "alarm"))


def test_a_charger_that_delivers_more_than_its_limit(start: Callable[..., Watched]) -> None:
    watched = start("plant.over_limit")
    for frame in ("210#2000", "200#"):
        cansend(frame)
    said = watched.until("limit_exceeded", "alarm")
    assert re.fullmatch(r"\d+ A flow, it was told no more than 32 A", said)


def test_a_report_that_is_frozen(start: Callable[..., Watched]) -> None:
    watched = start("ev.noise")
    for frame in ("210#2000", "200#"):
        cansend(frame)
    watched.until("telemetry_stuck", "ok")
    assert control(["charger", "fault", "kind=tel.frozen"]) == 0
    assert "times in a row" in watched.until("telemetry_stuck", "alarm")


def test_a_bus_that_is_down_is_unknown_and_what_was_raised_is_over(
    start: Callable[..., Watched],
) -> None:
    watched = start()
    cansend("123#")
    watched.until("can_timing", "alarm")
    run("ip", "link", "set", "vcan0", "down")
    assert watched.until("can_timing", "unknown") == "vcan0 is down"
    run("ip", "link", "set", "vcan0", "up")
    watched.until("can_timing", "ok")


def test_a_flood_is_read_whole_or_what_is_lost_is_said(
    bus: Witness, stack: ExitStack, tmp_path: Path
) -> None:
    bench = tmp_path / "rig.toml"
    bench.write_text(FAST)
    watch = stack.enter_context(role("watch", "--bench", str(bench)).ready())
    plot = role("plot", "--bench", str(bench), "--png", str(tmp_path / "plot.png"))
    plot = stack.enter_context(plot.ready())
    with socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW) as sock:
        sock.bind(("vcan0",))
        for number in range(FLOOD):
            sock.send(FRAME.pack(0x300, 2, bytes([number % 32, 0])))
    cansend("201#")
    bus.until("201#")
    for program in (watch, plot):
        assert program.end() == 0
        told = re.search(r"vcan0: (\d+) frames, lost: (\d+)", "\n".join(program.lines))
        assert told
        assert int(told[1]) + int(told[2]) == FLOOD + 1


def test_what_the_other_layer_and_the_session_show_and_the_folder_says_the_same(
    bus: Witness, stack: ExitStack, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    up = role(
        "up", "--record", str(folder), "--cycle", "none", "--fail-on", "alarm",
        "--listen", "ws://127.0.0.1:9123/", "--http", "none", "--png", str(tmp_path / "plot.png"),
    )  # fmt: skip
    program = stack.enter_context(up.ready())
    program.until(r"^watch .* ok cross_layer")
    program.until(r"^watch .* ok can_timing")
    cansend("210#2800")
    program.until(r"^watch .* alarm cross_layer: .*SetLimit limit=40 A by another sender")
    with pytest.raises(Exception, match=r"409|this id"):
        connect("ws://127.0.0.1:9123/CP_1", subprotocols=[Subprotocol("ocpp1.6")]).recv()
    program.until(r"^watch .* alarm ocpp_session: a second connection")
    assert program.end() == 1
    lines = [json.loads(line) for line in (folder / "verdicts.jsonl").open()]
    live = [line for line in lines if line.get("state") in ("alarm", "warn")]
    capfd.readouterr()
    assert rig(["watch", str(folder), "--json"]) == 0
    again = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert live == [line for line in again if line["state"] in ("alarm", "warn")]
