"""The way of one message through `rig cp`, against the floor: by QEMU's clock, in instructions.

SetChargingProfile -> SetLimit from the sending of the text to the frame on the bus, as the kernel
stamps it; Current -> MeterValues from the sending of the frame to the text. The next message comes
when all that follows from the one before is over: it would else be in the way.
"""

import asyncio
import statistics
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.bench.bridge import CHARGING, IDLE, MOST, Way, bare_cp, our_cp
from scripts.bench.programs import step_back
from scripts.bench.rigged import Rigged, rigged
from scripts.bench.table import Row, compare

PAUSE = 0.05  # s; costs nothing where the clock goes by instructions


def way(messages: int, slices: int) -> list[Row]:
    """Both ways, without a transaction and with one; so many messages in each slice."""
    with TemporaryDirectory(prefix="rig-bench-") as folder:
        return asyncio.run(_way(Path(folder), messages, slices))


async def _way(folder: Path, messages: int, slices: int) -> list[Row]:
    async with (
        rigged(our_cp, folder / "rig", "vcan1") as ours,
        rigged(bare_cp, folder / "bare", "vcan2") as floor,
    ):
        step_back()
        sides = (ours, floor)
        rows = [await _compare(what, each, sides, messages, slices) for what, each in IDLE]
        await ours.charge()
        return rows + [
            await _compare(what, each, sides, messages, slices) for what, each in CHARGING
        ]


async def _compare(
    what: str, each: Way, sides: tuple[Rigged, Rigged], messages: int, slices: int
) -> Row:
    pairs = [
        (await _slice(sides[0], each, messages), await _slice(sides[1], each, messages))
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
