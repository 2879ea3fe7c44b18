"""The wheel works elsewhere: it carries the DBC and the cycles."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.bench.programs import free_port
from tests.processes import ROOT, Program


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed wheel and nothing else of the rig."""
    installed = tmp_path_factory.mktemp("elsewhere")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-build-isolation", "--target", str(installed)]
    done = subprocess.run([*pip, "install", *options, str(ROOT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return installed


def test_it_carries_the_dbc_and_the_cycles(elsewhere: Path) -> None:
    dbc = ROOT / "dbc" / "ev_charging.dbc"
    assert (elsewhere / "rig" / "dbc" / "ev_charging.dbc").read_bytes() == dbc.read_bytes()
    cycles = sorted(path.name for path in (elsewhere / "rig" / "cycles").iterdir())
    assert cycles == ["none.toml", "normal.toml", "seed.toml"]


def test_its_console_script_runs_the_rig(elsewhere: Path, tmp_path: Path) -> None:
    env = os.environ | {"PYTHONPATH": str(elsewhere)}
    where = f"{sys.executable} -P -c 'import rig; print(rig.__file__)'"
    found = subprocess.run(where, shell=True, env=env, cwd=tmp_path, capture_output=True, text=True)
    assert found.stdout.strip() == str(elsewhere / "rig" / "__init__.py")
    bench = tmp_path / "rig.toml"
    bench.write_text(f'csms = "ws://127.0.0.1:{free_port()}/"\n')
    command = [str(elsewhere / "bin" / "rig"), "up", "--without", "plot", "--duration", "3"]
    command += ["--bench", str(bench)]
    with Program(sys.executable, *command, env={"PYTHONPATH": str(elsewhere)}) as up:
        up.until("csms .*MeterValues Current.Import=0 A")
        assert up.status() == 0
