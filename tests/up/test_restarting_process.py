"""Roles that only watch, in a group whose others go on: stand-ins as real processes."""

import asyncio
import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rig.role.streams import hear_out
from rig.up.logic.launch_plan import Launch
from rig.up.process import Process
from rig.up.process_group import ProcessGroup
from tests.event_loop import turn
from tests.processes import PATIENCE
from tests.up.stand_ins import Write, said

# Says with what it was started and does then what its options say.
STAND_IN = """
import os, signal, sys
from rig.role.ready import announce_again, announce_ready
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
announce_ready("here")
print(*sys.argv[1:], flush=True)
{}
signal.pause()
"""
KILLED = "signal.raise_signal(signal.SIGKILL)"
KILLED_ONCE = f"if '--again' not in sys.argv: {KILLED}"


@pytest.fixture
def watching(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a program that stands in for a role that watches; gives its command."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr("rig.up.logic.restart_backoff.FIRST", 0.01)

    def write(does: str, role: str = "record") -> Launch:
        (tmp_path / "stand_in.py").write_text(STAND_IN.format(does))
        return Launch(role, "stand_in", ("run/can.log",), ("--again",))

    return write


@pytest.fixture(autouse=True)
def _said() -> Iterator[None]:
    """No test hears the lines of the one before."""
    yield
    hear_out()


class Lines:
    """What the roles said, and a wait for the next one."""

    def __init__(self) -> None:
        self._loop, self._new = asyncio.get_running_loop(), asyncio.Queue[str]()

    def show(self, role: str, line: bytes) -> None:
        self._loop.call_soon_threadsafe(self._new.put_nowait, f"{role}: {line.decode()}")

    async def next(self) -> str:
        return await self._new.get()


async def says(capfd: pytest.CaptureFixture[str], count: int) -> list[str]:
    """So many lines of `rig up`, which may come after what the process itself says."""
    lines: list[str] = []
    while len(lines) < count:
        await turn()
        lines += said(capfd).splitlines()
    return lines


async def test_one_that_is_killed_is_told_and_started_again_and_nobody_else_ends(
    watching: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = Lines()
    async with ProcessGroup(lines.show) as group:
        await group.start(watching(KILLED_ONCE))
        assert await group.wait(lines.next(), PATIENCE)
        assert await group.wait(again := asyncio.ensure_future(lines.next()), PATIENCE)
        told = await says(capfd, 2)
    assert again.result() == "record: run/can.log --again"
    assert group.status == 3
    assert told == [
        "rig up: record was killed by SIGKILL; the others go on, it again in 0 s",
        "rig up: record is back: here",
    ]


async def test_one_that_dies_again_and_again_is_told_with_the_count(
    watching: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = Lines()
    async with ProcessGroup(lines.show) as group:
        await group.start(watching(KILLED))
        for _ in range(4):
            assert await group.wait(lines.next(), PATIENCE)
    told = [line for line in said(capfd).splitlines() if "is back" not in line]
    assert "was killed by SIGKILL; the others" in told[0]
    assert "was killed by SIGKILL (2 times so far); the others" in told[1]
    assert "was killed by SIGKILL (3 times so far); the others" in told[2]


async def test_it_is_started_again_as_it_told_last(watching: Write) -> None:
    """As the plotter does, which has an alarm then."""
    does = f"""
if len(sys.argv) == 2:
    announce_again("--again")
    announce_again("--again=ALARM: 4 swings; $HOME")
    {KILLED}
if "ALARM" in sys.argv[2]:
    {KILLED}
"""
    lines = Lines()
    async with ProcessGroup(lines.show) as group:
        await group.start(watching(does, "plot"))
        heard = [await lines.next() for _ in range(3)]
    assert heard == [
        "plot: run/can.log",
        "plot: run/can.log --again=ALARM: 4 swings; $HOME",
        "plot: run/can.log --again=ALARM: 4 swings; $HOME",
    ]


async def test_one_that_somebody_else_asked_to_end_is_started_again(watching: Write) -> None:
    lines = Lines()
    async with ProcessGroup(lines.show) as group:
        await group.start(watching("if '--again' not in sys.argv: sys.exit(0)"))
        await lines.next()
        assert await lines.next() == "record: run/can.log --again"
    assert group.status == 3


async def test_what_the_user_can_put_right_is_said_so_in_the_end(watching: Write) -> None:
    """A disk that is full, say; it may have room again."""
    lines = Lines()
    async with ProcessGroup(lines.show) as group:
        await group.start(watching("if '--again' not in sys.argv: sys.exit(2)"))
        await lines.next()
        assert await lines.next() == "record: run/can.log --again"
    assert group.status == 2


async def test_a_window_that_is_closed_ends_all(
    watching: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    async with ProcessGroup(lambda role, line: None) as group:
        await group.start(watching("sys.exit(0)", "plot"))
        await group.wait(asyncio.Event().wait())
    assert group.status == 0
    assert said(capfd).splitlines() == ["rig up: plot ended with status 0; ending all"]


async def test_one_that_ends_before_it_was_ready_ends_all(
    watching: Write, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = watching("")
    (tmp_path / "stand_in.py").write_text("raise SystemExit(2)")
    async with ProcessGroup(lambda role, line: None) as group:
        await group.start(command)
    assert group.status == 2
    assert said(capfd).splitlines() == ["rig up: record ended with status 2; ending all"]


async def test_the_end_of_all_waits_for_no_pause(
    watching: Write, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rig.up.logic.restart_backoff.FIRST", 1e9)
    told = asyncio.Event()
    monkeypatch.setattr("rig.up.restarting_process.say", lambda _: told.set())
    async with asyncio.timeout(PATIENCE):
        async with ProcessGroup(lambda role, line: None) as group:
            await group.start(watching(KILLED))
            await group.wait(told.wait())
    assert group.status == 3
    assert said(capfd).splitlines() == []


async def test_a_failure_while_ending_is_told(
    watching: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = Lines()
    async with ProcessGroup(lines.show) as group:
        does = "signal.signal(signal.SIGTERM, lambda *_: os._exit(3)); print('set', flush=True)"
        await group.start(watching(does))
        assert [await lines.next(), await lines.next()] == ["record: run/can.log", "record: set"]
    assert group.status == 3
    assert said(capfd).splitlines() == ["rig up: record ended with status 3 while ending"]


async def test_a_second_ctrl_c_kills_it_for_good(
    watching: Write, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rig.up.process_group.SAME_CTRL_C", 0.0)
    lines = Lines()
    async with ProcessGroup(lines.show) as group:
        does = "signal.signal(signal.SIGTERM, signal.SIG_IGN); print('set', flush=True)"
        await group.start(watching(does))
        assert [await lines.next(), await lines.next()] == ["record: run/can.log", "record: set"]
        group.interrupt()
        asyncio.get_running_loop().call_soon(group.interrupt)
    assert group.status == 1
    assert said(capfd).splitlines() == ["rig up: killed: what ran on the bus may still run"]


async def test_no_process_to_be_had_is_said_and_tried_again(
    watching: Write, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = Lines()
    execute, tries = Process._execute, iter([True, False, True])

    async def refused_once(self: Process, output: int) -> asyncio.subprocess.Process:
        if next(tries):
            return await execute(self, output)
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(Process, "_execute", refused_once)
    async with ProcessGroup(lines.show) as group:
        await group.start(watching(KILLED_ONCE))
        await lines.next()
        assert await lines.next() == "record: run/can.log --again"
        _, told, _ = await says(capfd, 3)
    assert "record cannot be started: Resource temporarily unavailable (2 times so far)" in told
