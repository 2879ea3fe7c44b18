"""The wheel works elsewhere: it carries the DBC and the cycles, and says nothing of a clone."""

import os
import re
import subprocess
import sys
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.ports import free_port
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
    cycles = sorted(path.name for path in (elsewhere / "rig" / "csms" / "cycles").iterdir())
    assert cycles == ["none.toml", "normal.toml", "seed.toml"]


def test_type_checkers_see_its_types(elsewhere: Path) -> None:
    assert (elsewhere / "rig" / "py.typed").exists()


def test_it_tells_package_indexes_what_it_is(elsewhere: Path) -> None:
    told = message_from_bytes(next(elsewhere.glob("*.dist-info/METADATA")).read_bytes())
    assert told["License-Expression"] == "MIT"
    assert told["License-File"] == "LICENSE"
    assert next(elsewhere.glob("*.dist-info/licenses/LICENSE")).read_text().startswith("MIT")
    classifiers = told.get_all("Classifier", [])
    assert "Operating System :: POSIX :: Linux" in classifiers
    assert "Programming Language :: Python :: 3.11" in classifiers
    assert "Typing :: Typed" in classifiers


def test_its_readme_needs_no_clone_to_be_read(elsewhere: Path) -> None:
    told = message_from_bytes(next(elsewhere.glob("*.dist-info/METADATA")).read_bytes())
    assert told["Description-Content-Type"] == "text/markdown"
    readme = told.get_payload()
    assert isinstance(readme, str)
    assert readme.startswith("# EV charging rig\n")
    assert "| central system | `rig csms` | rig/csms/__main__.py |" in readme
    assert re.findall(r"!?\[[^]]*\]\((?!https?:)[^)]*\)", readme) == []
    assert "](" in (ROOT / "README.md").read_text()


def test_its_console_script_runs_the_rig(elsewhere: Path, tmp_path: Path) -> None:
    env = os.environ | {"PYTHONPATH": str(elsewhere)}
    where = f"{sys.executable} -P -c 'import rig; print(rig.__file__)'"
    found = subprocess.run(where, shell=True, env=env, cwd=tmp_path, capture_output=True, text=True)
    assert found.stdout.strip() == str(elsewhere / "rig" / "__init__.py")
    bench = tmp_path / "rig.toml"
    bench.write_text(f'csms = "ws://127.0.0.1:{free_port()}/"\n')
    command = [str(elsewhere / "bin" / "rig"), "up", "--without", "plot", "--duration", "3"]
    command += ["--bench", str(bench)]
    own = {"PYTHONPATH": str(elsewhere), "XDG_STATE_HOME": str(tmp_path)}
    with Program(sys.executable, *command, env=own) as up:
        up.until("csms .*MeterValues Current.Import=0 A")
        assert up.status() == 0
    assert "scripts/" not in up.text


REFUSALS = """
import errno, sys
from rig.bus import opening as bus
from rig.csms.store import database
from rig.csms import parquet_file
from rig.up import __main__ as up
from rig.role.errors import UserError
sys.modules |= {"psycopg": None, "pyarrow": None}
bus.kernel_has_can = lambda: CAN
for channel in ("vcan0", "can0"):
    for number in (errno.ENODEV, errno.ENETDOWN):
        print(bus.explain({"interface": "socketcan", "channel": channel}, OSError(number, "")))
for refused in (
    lambda: database.Database("postgresql://rig@/rig"),
    lambda: parquet_file.write_parquet("x", {}, []),
):
    try:
        refused()
    except UserError as error:
        print(error)
print(up.notice())
"""


@pytest.mark.parametrize("can", [True, False])
def test_no_line_of_it_names_a_script_that_it_does_not_have(
    elsewhere: Path, tmp_path: Path, can: bool
) -> None:
    code = REFUSALS.replace("CAN", str(can))
    env = os.environ | {"PYTHONPATH": str(elsewhere)}
    command = [sys.executable, "-P", "-c", code]
    said = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True)
    assert said.stderr == ""
    assert len(said.stdout.splitlines()) == 10
    assert "scripts/" not in said.stdout
    assert "sudo ip link add dev vcan0 type vcan && sudo ip link set up vcan0\n" in said.stdout


def test_its_files_name_scripts_in_one_place(elsewhere: Path) -> None:
    files = [path for path in (elsewhere / "rig").rglob("*.py") if "scripts/" in path.read_text()]
    assert files == [elsewhere / "rig" / "role" / "clone.py"]
