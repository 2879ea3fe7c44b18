"""A forked role is what `python -m` would have made of it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.forked import ForkServer
from tests.processes import MODULES, Program, Role, role, wait_for

MIRROR = "tests.mirror"
ZONE = {"TZ": "Asia/Kathmandu", "RIG_TEST": "é"}


def test_it_is_in_all_that_shows_like_a_new_process() -> None:
    with Program(sys.executable, "-m", MIRROR, "--one", "two", env=ZONE) as new:
        assert new.status() == 3
    with Role(MIRROR, "--one", "two", env=ZONE) as forked:
        assert forked.status() == 3
    assert json.loads(forked.lines[0]) == json.loads(new.lines[0])
    assert "+0545" in new.lines[0]


def test_each_is_a_process_of_its_own_with_chance_of_its_own() -> None:
    seen = []
    for _ in range(2):
        with Role(MIRROR) as mirror:
            assert mirror.status() == 3
        pid, chance = mirror.lines[1].split()
        assert int(pid) == mirror.process.pid
        seen.append((pid, chance))
    assert seen[0][0] != seen[1][0]
    assert seen[0][1] != seen[1][1]


@pytest.mark.parametrize("name", MODULES)
def test_each_role_starts_as_python_m_and_says_the_same_as_a_forked_one(name: str) -> None:
    with Program(sys.executable, "-m", MODULES[name], "--help") as new:
        assert new.status() == 0
    with role(name, "--help") as forked:
        assert forked.status() == 0
    assert forked.text == new.text
    assert "examples:" in new.text


def test_the_exit_status_is_exact() -> None:
    with role("charger", "--no-such-option") as program:
        assert program.process.poll() in (None, 2)
        assert program.status() == 2
        assert program.process.poll() == 2
    with role("embedded").ready() as program:
        assert program.process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            program.process.wait(0)
        assert program.end(signal.SIGKILL) == -signal.SIGKILL
        program.process.send_signal(signal.SIGTERM)  # nothing, as it has ended


def test_a_module_that_does_not_import_is_told_by_the_process(tmp_path: Path) -> None:
    with Role("tests.no_such_module") as program:
        assert program.status() == 1
        assert "ModuleNotFoundError: No module named 'tests.no_such_module'" in program.text


def test_the_end_of_the_server_is_the_end_of_what_it_runs(tmp_path: Path) -> None:
    server = ForkServer()
    with (tmp_path / "output").open("w") as output:
        process = server.start("rig.bus.embedded", (), {}, output.fileno(), ())
    wait_for(lambda: "ws://" in (tmp_path / "output").read_text())
    server.close()
    wait_for(lambda: not Path(f"/proc/{process.pid}").exists())
