"""The scripts for developers refuse with one line. That they work is shown by using them."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT

NOBODY = 65534  # the user that owns nothing
ESSENTIAL = ("apt-get", "bash", "cat", "dirname", "dpkg-deb", "env", "sort", "uname")
NO_PACKAGES = "packages are missing: sudo apt-get install -y --no-install-recommends "


@pytest.fixture(scope="module")
def bare() -> Iterator[Path]:
    """A checkout that anybody may read, and beside it the programs of a bare Debian."""
    with tempfile.TemporaryDirectory(prefix="rig-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree(ROOT / "scripts", folder / "scripts")
        (folder / "bin").mkdir()
        for program in ESSENTIAL:
            if found := shutil.which(program):
                (folder / "bin" / program).symlink_to(found)
        yield folder


def refusal(folder: Path, command: str) -> str:
    """What an ordinary user is told, who has only the programs of `folder`."""
    done = subprocess.run(
        ["bash", *command.split()],
        cwd=folder,
        env={"PATH": str(folder / "bin"), "HOME": str(folder)},
        user=NOBODY if os.getuid() == 0 else None,
        extra_groups=[] if os.getuid() == 0 else None,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    return done.stderr.rstrip("\n")


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("scripts/test.sh --fast", "test.sh: unknown option --fast (see --help)"),
        ("scripts/test.sh tests/logic", "test.sh: unknown option tests/logic (see --help)"),
        ("scripts/test.sh --quick --all", "test.sh: one option at most (see --help)"),
        (
            "scripts/test.sh --all",
            "test.sh: only root can make the bare systems of --all: sudo scripts/test.sh --all",
        ),
        (
            "scripts/fresh.sh sid",
            "fresh.sh: one system, bookworm or trixie, and not sid (see --help)",
        ),
        (
            "scripts/fresh.sh trixie",
            "fresh.sh: only root can make a bare system: sudo scripts/fresh.sh trixie",
        ),
    ],
)
def test_a_mistake_is_told_in_one_line(bare: Path, command: str, line: str) -> None:
    assert refusal(bare, command) == line


def test_all_that_the_gate_lacks_is_one_command(bare: Path) -> None:
    name, _, packages = refusal(bare, "scripts/test.sh").partition(NO_PACKAGES)
    assert name == "test.sh: "
    assert set(packages.split()) >= {
        "busybox-static", "can-utils", "chromium-headless-shell", "qemu-system-x86", "shellcheck",
    }  # fmt: skip


def test_what_quick_lacks_is_no_qemu(bare: Path) -> None:
    packages = refusal(bare, "scripts/test.sh --quick").split()
    assert "shellcheck" in packages
    assert "qemu-system-x86" not in packages


def test_a_machine_without_its_programs_is_one_line(bare: Path) -> None:
    name, _, packages = refusal(bare, "scripts/socketcan_vm.sh true").partition(NO_PACKAGES)
    assert name == "socketcan_vm.sh: "
    assert "user-mode-linux" in packages.split()


def test_host_lacks_nothing_but_python(bare: Path) -> None:
    assert refusal(bare, "scripts/test.sh --host").startswith("venv.sh: ")
