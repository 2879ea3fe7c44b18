import asyncio

import pytest

import rig.up.process_group
from rig.up.process_group import ProcessGroup
from tests.up.stand_ins import FOR_EVER, STUBBORN, Write, said
from tests.up.stand_ins import program_fixture as program_fixture

# Ends in order, and says so.
READY = """
import signal, sys
from rig.role.ready import announce_ready
def end(number, frame):
    print(f"{__name__} ends", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
announce_ready()
"""


async def test_all_end_in_the_reverse_order_of_their_start(program: Write) -> None:
    ends = []
    async with ProcessGroup(lambda role, line: ends.append(role)) as group:
        for role in ("charger", "csms", "cp"):
            await group.start(program(READY + FOR_EVER, role))
    assert ends == ["cp", "csms", "charger"]
    assert group.status == 0


@pytest.mark.parametrize(
    ("last_words", "status", "told"),
    [
        ("sys.exit(2)", 2, "cp ended with status 2; ending all"),
        ("sys.exit(7)", 3, "cp ended with status 7; ending all"),
        ("signal.raise_signal(signal.SIGKILL)", 3, "cp was killed by SIGKILL; ending all"),
    ],
)
async def test_one_that_ends_by_itself_ends_all_and_is_told(
    program: Write, capfd: pytest.CaptureFixture[str], last_words: str, status: int, told: str
) -> None:
    ends = []
    async with ProcessGroup(lambda role, line: ends.append(role)) as group:
        await group.start(program(READY + FOR_EVER, "charger"))
        await group.start(program(READY + last_words))
        await group.wait(asyncio.Event().wait())
    assert ends == ["charger"]
    assert group.status == status
    assert said(capfd) == f"rig up: {told}\n"


async def test_one_that_ends_before_it_is_ready_is_told_too(
    program: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    async with ProcessGroup(lambda role, line: None) as group:
        await group.start(program("raise SystemExit(2)"))
    assert group.status == 2
    assert said(capfd) == "rig up: cp ended with status 2; ending all\n"


async def test_one_that_never_gets_ready_is_told(
    program: Write, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.up.process_group, "READY_WITHIN", 0.1)
    async with ProcessGroup(lambda role, line: None) as group:
        await group.start(program("import signal; signal.pause()"))
    assert group.status == 3
    assert "cp was not ready within 0 s, see its lines above" in said(capfd)


async def test_ctrl_c_ends_all_with_status_0(program: Write) -> None:
    async with ProcessGroup(lambda role, line: None) as group:
        await group.start(program(READY + FOR_EVER))
        group.interrupt()
        await group.wait(asyncio.Event().wait())
    assert group.status == 0


async def test_a_second_ctrl_c_kills_at_once(
    program: Write, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rig.up.process_group, "SAME_CTRL_C", 0.0)
    async with ProcessGroup(lambda role, line: None) as group:
        await group.start(program(STUBBORN + FOR_EVER))
        group.interrupt()
        asyncio.get_running_loop().call_soon(group.interrupt)
    assert group.status == 1
    assert said(capfd) == "rig up: killed: what ran on the bus may still run\n"


async def test_the_same_ctrl_c_twice_is_one(program: Write) -> None:
    """timeout(1) signals its child and then its own group, which the child is in."""
    async with ProcessGroup(lambda role, line: None) as group:
        await group.start(program(READY + FOR_EVER))
        group.interrupt()
        group.interrupt()
    assert group.status == 0


async def test_one_that_fails_while_ending_is_told(
    program: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    source = READY.replace("sys.exit(0)", "sys.exit(1)") + "signal.pause()\n"
    async with ProcessGroup(lambda role, line: None) as group:
        await group.start(program(source))
    assert group.status == 1
    assert said(capfd) == "rig up: cp ended with status 1 while ending\n"


async def test_one_that_does_not_end_is_told(
    program: Write, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rig.up.process.GRACE", 0.1)
    async with ProcessGroup(lambda role, line: None) as group:
        await group.start(program(STUBBORN + FOR_EVER))
    assert group.status == 3
    assert "cp did not end within 5 s: killed" in said(capfd)
