"""`rig cp` against the floor: CPU of SetChargingProfile -> SetLimit and of Current -> MeterValues.

All that follows from a message counts: the commit of the profile to the disk, the answer, the log.
That of a SetChargingProfile has no gate: the commit alone takes two thirds of what the floor takes
for all. Its way to the bus has one (way.py). Where the kernel counts CPU in ticks, which a message
is far below, there is only its time by the clock.

Each on an interface of its own; slices of both take turns. One message at a time, the next as soon
as the one before is answered.
"""

import asyncio
import functools
import statistics
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.bench.programs import bare, counts_ticks, rig, step_back
from scripts.bench.rigged import TRANSACTION, Rigged, rigged
from scripts.bench.table import Row, compare, percentiles

MOST = 2.5  # gate
APART = 0.006  # s; a Current that comes faster is not told at once (rig/bus/node.py)


Sides = tuple[Rigged, Rigged]  # ours and the floor
Way = Callable[[Rigged, int], Awaitable[float]]  # the number of a message; s that it took
Compare = Callable[[str, Way, Sides], Awaitable[Row]]  # what it is called


def our_cp(address: str, interface: str, folder: Path) -> list[str]:
    """`rig cp` as a user starts it whose charger may deliver anything, stopped or not."""
    bench, state = folder / "rig.toml", folder / "state.db"
    bench.write_text("[expect]\naccuracy = 65535\nzero = 65535\nmax = 65535\n")
    options = ["-c", interface, "--bench", str(bench), "--state", str(state)]
    return rig("cp", "--csms", address, *options)


def bare_cp(address: str, interface: str, folder: Path) -> list[str]:
    """The floor."""
    return bare("bare_cp", f"{address}CP_1", interface)


async def to_can(around: Rigged, number: int) -> float:
    """SetChargingProfile -> SetLimit, without a transaction."""
    return await around.set_limit(6 + number % 26, None)


async def to_can_in_transaction(around: Rigged, number: int) -> float:
    """SetChargingProfile -> SetLimit, in a transaction."""
    return await around.set_limit(6 + number % 26, TRANSACTION)


async def to_csms(around: Rigged, number: int) -> float:
    """Current -> MeterValues."""
    await asyncio.sleep(APART)
    return await around.measure(10 + number % 20)


IDLE: list[tuple[str, Way]] = [
    ("bridge: SetChargingProfile -> SetLimit", to_can),
    ("bridge: Current -> MeterValues", to_csms),
]
CHARGING: list[tuple[str, Way]] = [
    ("bridge: SetChargingProfile -> SetLimit, in a transaction", to_can_in_transaction),
    ("bridge: Current -> MeterValues, in a transaction", to_csms),
]


def bridge(messages: int, slices: int) -> list[Row]:
    """The CPU of each; so many messages in each slice."""
    return each_way(functools.partial(_compare, messages=messages, slices=slices))


def each_way(compare_sides: Compare) -> list[Row]:
    """The row of each way, without a transaction and with one."""
    with TemporaryDirectory(prefix="rig-bench-") as folder:
        return asyncio.run(_each_way(Path(folder), compare_sides))


async def _each_way(folder: Path, compare_sides: Compare) -> list[Row]:
    async with (
        rigged(our_cp, folder / "rig", "vcan1") as ours,
        rigged(bare_cp, folder / "bare", "vcan2") as floor,
    ):
        sides = (ours, floor)
        step_back()
        rows = [await compare_sides(what, way, sides) for what, way in IDLE]
        await ours.charge()
        return rows + [await compare_sides(what, way, sides) for what, way in CHARGING]


async def _compare(what: str, way: Way, sides: Sides, messages: int, slices: int) -> Row:
    costs: tuple[list[float], list[float]] = [], []
    latencies: tuple[list[float], list[float]] = [], []
    for _ in range(slices):
        for place, around in enumerate(sides):
            cost, took = await _slice(around, way, messages)
            costs[place].append(cost * 1e6)
            latencies[place].extend(took)
    told = [percentiles(each) for each in latencies]
    besides = f"p50/p99 {told[0]} ms, bare {told[1]} ms"
    if counts_ticks():
        ours, floor = (statistics.median(each) * 1e3 for each in latencies)
        return compare(what, "ms", [(ours, floor)], besides=besides)
    pairs = list(zip(*costs, strict=True))
    most = MOST if way is to_csms else None
    return compare(what, "us CPU", pairs, most=most, besides=besides)


async def _slice(around: Rigged, way: Way, messages: int) -> tuple[float, list[float]]:
    """s of CPU of each message, and how long each took."""
    await around.wake()
    before = around.program.cpu
    took = [await way(around, number) for number in range(messages)]
    return (around.program.cpu - before) / messages, took
