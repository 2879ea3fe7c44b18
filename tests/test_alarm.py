"""A timer that is put off again and again."""

import asyncio
import math

from rig.alarm import Alarm
from tests.event_loop import turn


def made() -> tuple[Alarm, list[str], float]:
    """An alarm, what it did, and the time."""
    rang = list[str]()
    return Alarm(lambda: rang.append("rang")), rang, asyncio.get_running_loop().time()


async def test_it_rings_once_when_it_is_time() -> None:
    alarm, rang, now = made()
    alarm.set(now)
    await turn()
    await turn()
    assert rang == ["rang"]


async def test_it_never_rings_later_than_the_earliest_moment_that_it_was_set_to() -> None:
    alarm, rang, now = made()
    alarm.set(now + 3600)
    alarm.set(now)
    alarm.set(now + 3600)
    await turn()
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
    for _ in range(5):
        await turn()
    assert len(rang) == 3
