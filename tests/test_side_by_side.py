"""A run that is shared by several processes tells what each found."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT

# Each first test waits for the others, so that no process gets two of the files. A process takes
# its next file before the last test of one, so there is a last one that does not wait.
FILE = """\
import os, pathlib, time
here = pathlib.Path(__file__).parent
mother = os.getpid()

def test_{name}():
    print("said by {name}")
    (here / "{name}").touch()
    while not all((here / each).exists() for each in "abc"):
        time.sleep(0.01)
    if os.getpid() != mother:
        assert not (here / "fail").exists(), "as planted"
        assert not (here / "die").exists() or os._exit(3)

def test_last():
    pass
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files of tests."""
    for name in "abc":
        (tmp_path / f"test_{name}.py").write_text(FILE.format(name=name))
    return tmp_path


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    """pytest on them, in three processes."""
    (folder / "share").mkdir()
    shared = ["-p", "tests.side_by_side", "--share", str(folder / "share"), "--processes", "3"]
    fast = ["-p", "no:hypothesispytest", "-p", "no:asyncio", "-p", "no:anyio"]
    command = [sys.executable, "-m", "pytest", "-c", "/dev/null", "-v", *shared, *fast, str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_each_test_runs_once(folder: Path) -> None:
    done = run(folder)
    assert done.returncode == 0, done.stdout
    assert [done.stdout.count(f"::test_{name} PASSED") for name in "abc"] == [1, 1, 1], done.stdout
    assert done.stdout.count("::test_last PASSED") == 3


def test_failures_in_other_processes_are_told_and_are_those_of_the_run(folder: Path) -> None:
    (folder / "fail").touch()
    done = run(folder)
    assert done.returncode == 1, done.stdout
    assert done.stdout.count("E           AssertionError: as planted") == 2
    assert done.stdout.count("\nsaid by ") == 2


def test_another_process_that_dies_is_a_failure_of_the_run(folder: Path) -> None:
    (folder / "die").touch()
    done = run(folder)
    assert done.returncode == 1, done.stdout
    assert done.stdout.count("which shared the work, ended with 3") == 2


def test_the_threads_of_a_library_are_nothing_to_warn_of(folder: Path) -> None:
    file = folder / "test_a.py"
    file.write_text(f"import pyarrow\n{file.read_text()}")
    done = run(folder)
    assert done.returncode == 0, done.stdout
    assert done.stderr == ""
