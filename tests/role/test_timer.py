"""A timer that is put off again and again."""

import asyncio
import math
from typing import Any

import pytest

import rig.role.timer
from rig.role.timer import Timer
from tests.event_loop import arriving, stand_still, turn
from tests.processes import PATIENCE


async def until(fired: list[Any]) -> None:
    """Wait until it fired."""
    async with asyncio.timeout(PATIENCE):
        while not fired:
            await turn()


def made() -> tuple[Timer, list[str], float]:
    """A timer, what it did, and the time."""
    fired = list[str]()
    return Timer(lambda: fired.append("fired")), fired, asyncio.get_running_loop().time()


async def test_it_fires_once_when_it_is_time() -> None:
    timer, fired, now = made()
    timer.set(now)
    await until(fired)
    await turn()
    assert fired == ["fired"]


async def test_it_never_fires_later_than_the_earliest_moment_that_it_was_set_to() -> None:
    timer, fired, now = made()
    timer.set(now + 3600)
    timer.set(now)
    timer.set(now + 3600)
    await until(fired)
    assert fired == ["fired"]


async def test_cancelled_or_never_it_does_not_fire() -> None:
    timer, fired, now = made()
    timer.set(now)
    timer.cancel()
    timer.set(math.inf)
    await turn()
    assert fired == []


async def test_it_can_be_set_anew_from_its_own_firing() -> None:
    fired = list[float]()

    def fire() -> None:
        fired.append(0.0)
        if len(fired) < 3:
            timer.set(asyncio.get_running_loop().time())

    timer = Timer(fire)
    timer.set(asyncio.get_running_loop().time())
    async with asyncio.timeout(PATIENCE):
        while len(fired) < 3:
            await turn()


async def test_after_a_stop_of_this_process_it_fires_once_what_arrived_is_read() -> None:
    timer, did, now = made()
    with arriving(lambda: did.append("read")):
        timer.set(now + 0.01)
        stand_still(0.1)
        async with asyncio.timeout(PATIENCE):
            while len(did) < 2:
                await turn()
    assert did == ["read", "fired"]


async def test_what_goes_on_arriving_does_not_put_it_off_for_ever() -> None:
    timer, fired, now = made()
    timer.set(now)
    stand_still(0.1)
    async with asyncio.timeout(PATIENCE):
        while not fired:
            timer.set(now)
            await turn()


async def test_cancelled_it_does_not_fire_after_a_stop_either_and_can_be_set_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rig.role.timer, "READING", 3600.0)
    timer, fired, now = made()
    timer.set(now)
    stand_still(0.1)
    await turn()
    timer.cancel()
    timer.set(math.inf)
    await turn()
    assert fired == []
    monkeypatch.undo()
    timer.set(asyncio.get_running_loop().time())
    await until(fired)
