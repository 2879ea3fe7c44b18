import os
import signal
from pathlib import Path

import pytest

import rig.up.process
from rig.up.logic.launch_plan import Launch
from rig.up.process import Process, fate
from tests.up.stand_ins import FOR_EVER, READY, STUBBORN, Write
from tests.up.stand_ins import program_fixture as program_fixture


class Lines(list[tuple[str, bytes]]):
    """What a process wrote: role and line."""

    def show(self, role: str, line: bytes) -> None:
        self.append((role, line))


async def ran(command: Launch) -> tuple[int, list[bytes]]:
    """A process to its end: its status, and the lines that it wrote."""
    lines = Lines()
    process = Process(command, lines.show)
    await process.start()
    status = await process.wait()
    assert not await process.end()
    assert {role for role, _ in lines} == {"cp"}
    return status, [line for _, line in lines]


async def test_both_outputs_are_shown_line_by_line_whatever_they_hold(program: Write) -> None:
    source = """
import sys
sys.stdout.buffer.write(b"\\xff\\xfe\\r\\nunder way\\n")
sys.stdout.flush()
sys.stderr.write(f"{sys.argv[1]}\\n\\nno end of line")
"""
    texts = [b"\xff\xfe", b"under way", b"--loud", b"", b"no end of line"]
    assert await ran(program(source, "cp", "--loud")) == (0, texts)


async def test_a_line_that_is_very_long_is_shown_in_pieces(program: Write) -> None:
    """65536 bytes each: 1000000 = 15 * 65536 + 16960."""
    _, lines = await ran(program("print('x' * 1000000)"))
    assert [len(line) for line in lines] == [65536] * 15 + [16960]


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
    _, (line,) = await ran(program("import os; print(os.getsid(0), os.getpid())"))
    session, number = line.split()
    assert session == number
    assert int(session) != os.getsid(0)


async def test_a_package_in_the_current_directory_is_not_taken_for_the_rig(
    program: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "rig").mkdir(parents=True)
    (elsewhere / "rig" / "__init__.py").write_text("")
    monkeypatch.chdir(elsewhere)
    assert await ran(program("import rig; print(rig.__file__)")) == (0, [rig.__file__.encode()])


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
