import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

import rig.up.process
from rig.up.logic.launch_plan import Command
from rig.up.process import Process, fate

Write = Callable[[str], Command]


class Lines(list[tuple[str, bytes]]):
    """What a process wrote: role and line."""

    def show(self, role: str, line: bytes) -> None:
        self.append((role, line))


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a program that stands in for a role; gives its command."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def write(source: str) -> Command:
        (tmp_path / "stand_in.py").write_text(source)
        return Command("cp", "stand_in", ("--loud",))

    return write


READY = "from rig.role.ready import announce_ready\nannounce_ready()\n"
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + READY
FOR_EVER = "import signal\nsignal.pause()\n"


async def test_both_outputs_are_shown_line_by_line_whatever_they_hold(program: Write) -> None:
    lines = Lines()
    source = """
import sys
sys.stdout.buffer.write(b"\\xff\\xfe\\r\\nunder way\\n")
sys.stdout.flush()
sys.stderr.write(f"{sys.argv[1]}\\n\\nno end of line")
"""
    process = Process(program(source), lines.show)
    await process.start()
    assert await process.wait() == 0
    assert not await process.end()
    texts = [b"\xff\xfe", b"under way", b"--loud", b"", b"no end of line"]
    assert lines == [("cp", text) for text in texts]


async def test_a_line_that_is_very_long_is_shown_in_pieces(program: Write) -> None:
    """65536 bytes each: 1000000 = 15 * 65536 + 16960."""
    lines = Lines()
    process = Process(program("print('x' * 1000000)"), lines.show)
    await process.start()
    await process.wait()
    await process.end()
    assert [len(line) for _, line in lines] == [65536] * 15 + [16960]


async def test_it_is_ready_when_it_says_so_and_ends_when_asked(program: Write) -> None:
    process = Process(program(READY + FOR_EVER), Lines().show)
    await process.start()
    await process.ready()
    assert process.status is None
    assert not await process.end()
    assert process.status == -signal.SIGTERM


async def test_one_that_does_not_end_is_killed(
    program: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.up.process, "GRACE", 0.1)
    process = Process(program(STUBBORN + FOR_EVER), Lines().show)
    await process.start()
    await process.ready()
    assert await process.end()
    assert process.status == -signal.SIGKILL


async def test_the_ctrl_c_of_a_terminal_does_not_reach_it(program: Write) -> None:
    lines = Lines()
    process = Process(program("import os; print(os.getsid(0), os.getpid())"), lines.show)
    await process.start()
    await process.wait()
    await process.end()
    session, number = lines[0][1].split()
    assert session == number
    assert int(session) != os.getsid(0)


async def test_a_package_in_the_current_directory_is_not_taken_for_the_rig(
    program: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "rig").mkdir(parents=True)
    (elsewhere / "rig" / "__init__.py").write_text("")
    monkeypatch.chdir(elsewhere)
    lines = Lines()
    process = Process(program("import rig; print(rig.__file__)"), lines.show)
    await process.start()
    await process.wait()
    await process.end()
    assert lines == [("cp", rig.__file__.encode())]


@pytest.mark.parametrize(
    ("status", "text"),
    [(0, "ended with status 0"), (2, "ended with status 2"), (-9, "was killed by SIGKILL")],
)
def test_an_exit_status_is_told_in_words(status: int, text: str) -> None:
    assert fate(status) == text


@pytest.mark.parametrize("status", ["", "http://127.0.0.1:8988/ and plot.png"])
async def test_what_a_role_says_of_itself_comes_with_its_readiness(
    program: Write, status: str
) -> None:
    begin = "from rig.role.ready import announce_ready\n"
    process = Process(program(f"{begin}announce_ready({status!r})\n{FOR_EVER}"), Lines().show)
    await process.start()
    assert await process.ready() == status
    await process.end()
