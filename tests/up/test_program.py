import subprocess
import sys
from pathlib import Path

import pytest

from rig.up.program import typed, typed_name


@pytest.mark.parametrize(
    ("here", "name"),
    [
        ("/home/ann/rig", ".venv/bin/rig"),
        ("/home/ann", "rig/.venv/bin/rig"),
        ("/home/ann/rig/scripts", "../.venv/bin/rig"),
        ("/home/ann/rig/.venv/bin", "./rig"),
        ("/var/lib/elsewhere/deep/down", "/home/ann/rig/.venv/bin/rig"),  # not ../../../../...
    ],
)
def test_it_is_the_shorter_of_both_paths(here: str, name: str) -> None:
    script, python = "/home/ann/rig/.venv/bin/rig", "/home/ann/rig/.venv/bin/python"
    assert typed(script, python, here, is_on_path=False) == name


def test_on_the_path_it_is_rig_alone() -> None:
    script, python = "/usr/local/bin/rig", "/usr/local/bin/python3"
    assert typed(script, python, "/home/ann", is_on_path=True) == "rig"


def test_where_no_script_was_installed_it_is_a_module_of_this_python() -> None:
    assert typed(None, "/usr/bin/python3", "/home/ann", is_on_path=False) == (
        "/usr/bin/python3 -m rig"
    )


def test_it_can_be_typed_also_where_a_path_has_a_space() -> None:
    name = typed("/home/ann/my rig/bin/rig", "", "/home/ann", is_on_path=False)
    assert name == "'my rig/bin/rig'"


def test_what_is_told_starts_this_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Also where another program named rig is on the PATH."""
    other = tmp_path / "rig"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    version = subprocess.run([*typed_name().split(), "--version"], capture_output=True, text=True)
    assert version.stdout.startswith("rig 0.")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    assert typed_name() == "rig"
