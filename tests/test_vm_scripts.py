"""`scripts/socketcan_vm.sh --adapters` up to the machine: Debian's kernel is fetched, or is not.

The package archive, and the programs that the machine needs, are stand-ins on the PATH here.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.processes import PATIENCE, ROOT

PROGRAMS = {
    "uname": "echo x86_64",
    "apt-cache": "echo '  Depends: linux-image-6.1.0-57-amd64'",
    "qemu-system-x86_64": "exit 1",
    "busybox": "exit 1",
    "ip": "exit 1",
    "candump": "exit 1",
    "dpkg-deb": "echo 'dpkg-deb: error: unexpected end of file' >&2; exit 2",
}
DOWNLOADS_A_PART = "[[ $* == *download* ]] || exit 0; head -c 100000 /dev/zero >linux-image.deb"


@contextmanager
def fetching(tmp_path: Path, apt_get: str) -> Iterator[subprocess.Popen[str]]:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, body in (PROGRAMS | {"apt-get": apt_get}).items():
        (programs / name).write_text(f"#!/bin/bash\n{body}\n")
        (programs / name).chmod(0o755)
    script = subprocess.Popen(
        ["scripts/socketcan_vm.sh", "--adapters", "true"],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"HOME": str(tmp_path), "PATH": f"{programs}:/usr/bin:/bin"},
        start_new_session=True,  # as a terminal and timeout(1) have it: a signal is for all of it
    )
    with script:
        try:
            yield script
        finally:
            with suppress(ProcessLookupError):
                os.killpg(script.pid, signal.SIGKILL)


def cached(tmp_path: Path) -> list[Path]:
    return list((tmp_path / ".cache" / "ev-charging-rig").iterdir())


def test_a_download_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    with fetching(tmp_path, f"{DOWNLOADS_A_PART}; echo 'E: it broke' >&2; exit 100") as script:
        said = script.communicate(timeout=PATIENCE)[1]
    assert script.returncode == 2
    assert said.splitlines() == [
        "socketcan_vm.sh: fetching linux-image-6.1.0-57-amd64 (70 to 110 MB)",
        "E: it broke",
        "socketcan_vm.sh: could not fetch it (why is above): it needs the network, fresh lists "
        f"(sudo apt-get update) and 130 MB in {tmp_path}/.cache/ev-charging-rig",
    ]
    assert cached(tmp_path) == []


def test_a_package_that_cannot_be_unpacked_leaves_nothing_behind(tmp_path: Path) -> None:
    with fetching(tmp_path, DOWNLOADS_A_PART) as script:
        said = script.communicate(timeout=PATIENCE)[1]
    assert script.returncode == 2
    assert said.splitlines() == [
        "socketcan_vm.sh: fetching linux-image-6.1.0-57-amd64 (70 to 110 MB)",
        "socketcan_vm.sh: could not unpack it (dpkg-deb: error: unexpected end of file): it needs "
        f"130 MB in {tmp_path}/.cache/ev-charging-rig; XDG_CACHE_HOME names another place",
    ]
    assert cached(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_download_that_a_signal_ends_leaves_nothing_behind(
    number: signal.Signals, tmp_path: Path
) -> None:
    with fetching(tmp_path, f"{DOWNLOADS_A_PART}; echo half >&2; exec sleep infinity") as script:
        assert script.stderr
        assert "half\n" in script.stderr
        assert [path.name for path in cached(tmp_path)] == ["new"]
        os.killpg(script.pid, number)
        assert script.wait(PATIENCE) == -number
    assert cached(tmp_path) == []
