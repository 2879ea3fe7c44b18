"""Our two ends against somebody else's OCPP 1.6J, which has its own framing and its own schemas."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conformance.test_peers import ROUND
from tests.ports import free_port
from tests.processes import Program, role

pytestmark = [pytest.mark.thirdparty, pytest.mark.timeout(300)]

PACKAGE = "ocpp-rpc@2.2.1"  # npm; a client and a server that validate in their strict mode
SCRIPTS = Path(__file__).parent / "thirdparty"


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, installed by npm for this run alone."""
    assert shutil.which("npm"), "apt-get install npm"
    folder = tmp_path_factory.mktemp("npm")
    quiet = ("--no-save", "--no-audit", "--no-fund", "--ignore-scripts")
    subprocess.run(["npm", "install", "--prefix", str(folder), *quiet, PACKAGE], check=True)
    return folder / "node_modules"


def node(modules: Path, script: str, *options: str) -> Program:
    env = {"NODE_PATH": str(modules), "NO_COLOR": "1"}
    return Program("node", str(SCRIPTS / script), *options, env=env)


def test_a_central_system_of_ocpp_rpc_charges_with_our_charge_point(
    modules: Path, bus: list[str]
) -> None:
    port = free_port()
    with node(modules, "central.js", str(port)) as csms:
        csms.until("listening")
        with role("charger", *bus), role("cp", *bus, "--csms", f"ws://127.0.0.1:{port}/"):
            assert csms.status() == 0, csms.text


def test_a_charge_point_of_ocpp_rpc_charges_with_our_central_system(
    modules: Path, tmp_path: Path
) -> None:
    (tmp_path / "cycle.toml").write_text(ROUND)
    url = f"ws://127.0.0.1:{free_port()}/"
    database = f"sqlite:///{tmp_path / 'csms.db'}"
    options = ("--listen", url, "--database", database, "--http", "none")
    with role("csms", *options, "--cycle", str(tmp_path / "cycle.toml")) as csms:
        csms.ready()
        with node(modules, "point.js", url, "THIRD_1") as point:
            assert point.status() == 0, point.text
