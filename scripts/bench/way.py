"""The way of one message through `rig cp`, against the floor: by QEMU's clock, in instructions.

SetChargingProfile -> SetLimit from the sending of the text to the frame on the bus, as the kernel
stamps it; Current -> MeterValues from the sending of the frame to the text. The next message comes
when all that follows from the one before is over: it would else be in the way.
"""

import asyncio
import functools
import statistics

from scripts.bench.bridge import MOST, Sides, Way, each_way
from scripts.bench.rigged import Rigged
from scripts.bench.table import Row, compare

PAUSE = 0.05  # s; costs nothing where the clock goes by instructions


def way(messages: int, slices: int) -> list[Row]:
    """The way of each; so many messages in each slice."""
    return each_way(functools.partial(_compare, messages=messages, slices=slices))


async def _compare(what: str, each: Way, sides: Sides, messages: int, slices: int) -> Row:
    ours, floor = sides
    pairs = [
        (await _slice(ours, each, messages), await _slice(floor, each, messages))
        for _ in range(slices)
    ]
    return compare(what.replace("bridge", "way"), "us", pairs, most=MOST)


async def _slice(around: Rigged, each: Way, messages: int) -> float:
    """us that a message takes: the median of a slice."""
    await around.wake()
    took = []
    for number in range(messages):
        await asyncio.sleep(PAUSE)
        took.append(await each(around, number))
    return statistics.median(took) * 1e6
