"""What to type in a clone, and with an installed wheel, which has no scripts."""

import shlex
from pathlib import Path

import pytest

from rig.role import clone
from tests.processes import ROOT


@pytest.fixture(name="wheel")
def wheel_fixture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(clone, "SCRIPTS", tmp_path / "scripts")


def test_a_clone_has_scripts_for_it() -> None:
    commands = [clone.bring_up("vcan0"), clone.bring_up("can1", 250_000), clone.install("parquet")]
    assert commands == [
        "sudo scripts/setup_vcan.sh vcan0",
        "sudo scripts/setup_can.sh can1 250000",
        "scripts/venv.sh parquet",
    ]
    scripts = [word for command in commands for word in shlex.split(command) if "/" in word]
    there = clone.RUN_ON_REAL_BUS.split()
    assert all((ROOT / script).is_file() for script in [*scripts, *there])


@pytest.mark.usefixtures("wheel")
def test_a_wheel_says_what_iproute2_and_pip_can_do() -> None:
    made = "sudo ip link add dev vcan0 type vcan && sudo ip link set up vcan0"
    assert clone.bring_up("vcan0") == made
    assert clone.bring_up("vcan0", is_there=True) == "sudo ip link set up vcan0"
    assert clone.bring_up("can0") == "sudo ip link set can0 up type can bitrate 500000"
    again = "sudo ip link set can0 down && sudo ip link set can0 up type can bitrate 250000"
    assert clone.bring_up("can0", 250_000, is_there=True) == again
    assert clone.install("postgresql") == 'pip install "ev-charging-rig[postgresql]"'
