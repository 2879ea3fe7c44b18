"""The whole rig on vcan0 by one command."""

import subprocess
import sys
from pathlib import Path

from tests.can_bench import Witness, is_current, link
from tests.ports import free_port
from tests.processes import ROOT, role


def test_rig_up_plays_the_cycle_of_the_seed_on_vcan0(bus: Witness, tmp_path: Path) -> None:
    bench = tmp_path / "rig.toml"
    bench.write_text(f'csms = "ws://127.0.0.1:{free_port()}/"\n')
    with role("up", "--bench", str(bench), "--without", "plot") as up:  # it takes 3 s to start here
        commands = [frame for frame in bus.until("200#") if not is_current(frame)]
        assert commands == ["201#", "210#0000", "210#6400", "200#"]
        bus.until("300#1400")  # 20 A, by hand: (100 - 0) * 0.2, at a tick before the RemoteStop
        bus.until("201#")
        up.ready()
        assert up.end() == 0
    assert "this kernel has no CAN" not in up.text


def test_a_missing_interface_is_told_before_anything_starts() -> None:
    """In a network namespace of its own, where there is no vcan0."""
    command = ["unshare", "-n", sys.executable, "-m", "rig.up"]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert answer.returncode == 2
    assert answer.stdout == ""
    line = "rig up: there is no CAN interface vcan0: sudo scripts/setup_vcan.sh vcan0\n"
    assert answer.stderr == line


def test_an_interface_that_is_down_is_told_before_anything_starts(bus: Witness) -> None:
    link("vcan0", "down")
    try:
        with role("up") as up:
            assert up.status() == 2
    finally:
        link("vcan0", "up")
    assert up.lines == ["rig up: vcan0 is down: sudo scripts/setup_vcan.sh vcan0"]
