"""A timer that is put off again and again."""

import asyncio
import math
from typing import Any

import pytest

import rig.role.timer
from rig.role.timer import Alarm
from tests.event_loop import arriving, stand_still, turn
from tests.processes import PATIENCE


async def until(rang: list[Any]) -> None:
    """Wait until it rang."""
    async with asyncio.timeout(PATIENCE):
        while not rang:
            await turn()


def made() -> tuple[Alarm, list[str], float]:
    """An alarm, what it did, and the time."""
    rang = list[str]()
    return Alarm(lambda: rang.append("rang")), rang, asyncio.get_running_loop().time()


async def test_it_rings_once_when_it_is_time() -> None:
    alarm, rang, now = made()
    alarm.set(now)
    await until(rang)
    await turn()
    assert rang == ["rang"]


async def test_it_never_rings_later_than_the_earliest_moment_that_it_was_set_to() -> None:
    alarm, rang, now = made()
    alarm.set(now + 3600)
    alarm.set(now)
    alarm.set(now + 3600)
    await until(rang)
    assert rang == ["rang"]


async def test_off_or_never_it_does_not_ring() -> None:
    alarm, rang, now = made()
    alarm.set(now)
    alarm.off()
    alarm.set(math.inf)
    await turn()
    assert rang == []


async def test_it_can_be_set_anew_from_its_own_ringing() -> None:
    rang = list[float]()

    def ring() -> None:
        rang.append(0.0)
        if len(rang) < 3:
            alarm.set(asyncio.get_running_loop().time())

    alarm = Alarm(ring)
    alarm.set(asyncio.get_running_loop().time())
    async with asyncio.timeout(PATIENCE):
        while len(rang) < 3:
            await turn()


async def test_after_a_stop_of_this_process_it_rings_once_what_arrived_is_read() -> None:
    alarm, did, now = made()
    with arriving(lambda: did.append("read")):
        alarm.set(now + 0.01)
        stand_still(0.1)
        async with asyncio.timeout(PATIENCE):
            while len(did) < 2:
                await turn()
    assert did == ["read", "rang"]


async def test_what_goes_on_arriving_does_not_put_it_off_for_ever() -> None:
    alarm, rang, now = made()
    alarm.set(now)
    stand_still(0.1)
    async with asyncio.timeout(PATIENCE):
        while not rang:
            alarm.set(now)
            await turn()


async def test_off_it_does_not_ring_after_a_stop_either_and_can_be_set_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rig.role.timer, "READING", 3600.0)
    alarm, rang, now = made()
    alarm.set(now)
    stand_still(0.1)
    await turn()
    alarm.off()
    alarm.set(math.inf)
    await turn()
    assert rang == []
    monkeypatch.undo()
    alarm.set(asyncio.get_running_loop().time())
    await until(rang)
