"""Our two ends, each as a process, against a strict peer that knows nothing of the rig."""

import sys
from pathlib import Path

from tests.ports import free_port
from tests.processes import Program, role


def peer(name: str, *options: str) -> Program:
    return Program(sys.executable, "-m", f"tests.conformance.{name}", *options)


def test_a_strict_central_system_finds_nothing_wrong_with_our_charge_point(bus: list[str]) -> None:
    port = free_port()
    with (
        peer("peer_csms", str(port)) as csms,
        role("charger", *bus) as charger,
        role("cp", *bus, "--csms", f"ws://127.0.0.1:{port}/"),
    ):
        csms.until("listening")
        charger.until("Start")
        assert csms.status() == 0, csms.text


ROUND = """
steps = [
    { do = "SetLimit", limit = 16, wait = 0.1 },
    { do = "Start", wait = 0.5 },
    { do = "Stop" },
]
"""


def test_a_strict_charge_point_finds_nothing_wrong_with_our_central_system(tmp_path: Path) -> None:
    (tmp_path / "cycle.toml").write_text(ROUND)
    url = f"ws://127.0.0.1:{free_port()}/"
    database = f"sqlite:///{tmp_path / 'csms.db'}"
    options = ("--listen", url, "--database", database, "--http", "none")
    with role("csms", *options, "--cycle", str(tmp_path / "cycle.toml")) as csms:
        csms.ready()
        with peer("peer_cp", url, "STRICT_1") as point:
            assert point.status() == 0, point.text
