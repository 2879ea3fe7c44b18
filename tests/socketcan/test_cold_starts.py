"""The seed's cycle from twenty cold starts, each on a bus of its own, by the kernel's stamps: it
warns within its first round and alarms by the end of the second."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.can_bench import link, run
from tests.processes import Program, role

STARTS = 20
# The seed: 0 A, 2 s, 100 A, 1 s, Start, 2 s, Stop, 3 s; twice.
ROUND = [(0.0, "210#0000"), (2.0, "210#6400"), (3.0, "200#"), (5.0, "201#")]
CYCLE = [(at + round_ * 8.0, frame) for round_ in range(2) for at, frame in ROUND]


@pytest.fixture
def buses() -> Iterator[list[str]]:
    names = [f"vcan{number}" for number in range(1, STARTS + 1)]
    for name in names:
        run("ip", "link", "add", "dev", name, "type", "vcan")
        link(name, "up")
    yield names
    for name in names:
        run("ip", "link", "del", name)


def bench(folder: Path, buses: list[str]) -> Path:
    """A charge point with a connector for each start."""
    path = folder / "rig.toml"
    path.write_text("".join(f'[[connectors]]\nchannel = "{name}"\n' for name in buses))
    return path


def commands(folder: Path, buses: list[str]) -> Path:
    """All of them, begun 0.05 s apart, so in each phase of the chargers' second."""
    frames = [
        (at + 0.05 * number, name, frame)
        for number, name in enumerate(buses)
        for at, frame in CYCLE
    ]
    path = folder / "commands.log"
    lines = [f"({at:.6f}) {name} {frame}\n" for at, name, frame in sorted(frames)]
    path.write_text("".join(lines))
    return path


def raised(watch: Program) -> dict[tuple[int, str], float]:
    """When each connector first warned, and alarmed (s since 1970)."""
    found: dict[tuple[int, str], float] = {}
    for line in watch.lines:
        told = json.loads(line) if line.startswith("{") else {}
        if told.get("state") in ("warn", "alarm"):
            found.setdefault((told["connector"], told["state"]), told["t"])
    return found


def test_the_seeds_cycle_warns_within_7_s_and_alarms_within_16_s_in_20_of_20_cold_starts(
    buses: list[str], tmp_path: Path
) -> None:
    with ExitStack() as stack:
        for name in buses:
            stack.enter_context(role("charger", "-c", name).ready())
        for name in buses:
            run_log = tmp_path / f"{name}.log"
            stack.enter_context(role("record", str(run_log), "-c", name).ready())
        path = bench(tmp_path, buses)
        options = ["--json", "--bench", str(path), "--ocpp", str(tmp_path)]
        watch = stack.enter_context(role("watch", *options).ready())
        run("canplayer", "-I", str(commands(tmp_path, buses)))
        watch.until('"connector": 20', 60.0)
        watch.until(r'"state": "alarm".*"connector": 20')
        assert watch.end() == 0
        found = raised(watch)
    for number, name in enumerate(buses, 1):
        first = first_command(tmp_path / f"{name}.log")
        assert found[number, "warn"] - first <= 7.0
        assert found[number, "alarm"] - first <= 16.0


def first_command(log: Path) -> float:
    """The kernel's stamp of the first SetLimit (s since 1970)."""
    match = re.search(r"^\((\S+)\) \S+ 210#", log.read_text(), re.MULTILINE)
    assert match
    return float(match[1])
