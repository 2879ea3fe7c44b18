"""Programs that stand in for a role, as real processes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rig.role.streams import hear_out
from rig.up.logic.launch_plan import Launch

Write = Callable[..., Launch]

READY = "from rig.role.ready import announce_ready\nannounce_ready()\n"
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + READY
FOR_EVER = "import signal\nwhile True: signal.pause()\n"


@pytest.fixture(name="program")
def program_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a program that stands in for a role; gives its command."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def write(source: str, role: str = "cp", *options: str) -> Launch:
        (tmp_path / f"{role}_stand_in.py").write_text(source)
        return Launch(role, f"{role}_stand_in", options)

    return write


def said(capfd: pytest.CaptureFixture[str]) -> str:
    """What `rig up` said."""
    hear_out()
    return str(capfd.readouterr().err)
