"""The scripts for developers refuse with one line. That they work is shown by using them."""

import os
import re
import shutil
import subprocess
import tempfile
import tomllib
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
        ("scripts/test.sh tests/cp", "test.sh: unknown option tests/cp (see --help)"),
        ("scripts/venv.sh fast", "venv.sh: there is no EXTRA fast (see --help)"),
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


# scripts/constraints.txt

PACKAGE = re.compile(r"([\w.-]+)==[\w.]+( ; [^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n")
GROUP = re.compile(r"#\[(\w+)\]\n")


def groups() -> dict[str, set[str]]:
    """The packages of each extra, and under no name those of all; nothing else is in the file."""
    first, _, text = (ROOT / "scripts" / "constraints.txt").read_text().partition("\n")
    assert first.startswith("# Exact versions")
    found: dict[str, set[str]] = {"": set()}
    group, at = "", 0
    while at < len(text):
        if head := GROUP.match(text, at):
            group, at = head[1], head.end()
            found[group] = set()
        else:
            package = PACKAGE.match(text, at)
            assert package, f"neither a package with its hashes nor a group: {text[at : at + 80]}"
            found[group].add(package[1].lower().replace("_", "-"))
            at = package.end()
    return found


def named(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", each)[0].lower().replace("_", "-") for each in requirements}


def test_each_package_that_is_needed_is_pinned_with_its_hashes() -> None:
    """In the group that scripts/venv.sh installs for it; what builds the package is for all."""
    table, pinned = tomllib.loads((ROOT / "pyproject.toml").read_text()), groups()
    project, build = table["project"], table["build-system"]["requires"]
    assert named(project["dependencies"]) | named(build) <= pinned[""]
    extras = project["optional-dependencies"]
    assert set(pinned) == {"", *extras}
    for extra in ("parquet", "postgresql"):
        assert named(extras[extra]) <= pinned[""] | pinned[extra]
    assert named(extras["test"]) - {"ev-charging-rig"} <= set().union(*pinned.values())
