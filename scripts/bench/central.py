"""The central system against a bare echo: CPU of each message, saturation, nothing missed, memory.

Both run all the time and are measured in turn, slice by slice, so that whatever else the machine
does hits both.
"""

import asyncio
import statistics
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.bench.clients import Clients, clients
from scripts.bench.programs import (
    PATIENCE,
    ROOT,
    Program,
    System,
    central_systems,
    rig,
    stay_beside,
)
from scripts.bench.table import Row, compare, percentiles

PER_MESSAGE, RATE, MEMORY = 2.5, 0.5, 1.5  # gates
WARMING = 50  # connections, so that what is loaded once does not count


@dataclass
class Side:
    """One of the two, with its charge points."""

    program: Program
    clients: Clients
    rates: list[float] = field(default_factory=list)

    async def costs(self, seconds: int) -> float:
        """s of CPU a message, of one slice at one message a second."""
        before = self.program.cpu
        answered = await self.clients.each_second(seconds)
        return (self.program.cpu - before) / answered

    async def served(self, seconds: float) -> float:
        """Messages a second of CPU, of one slice at saturation."""
        before = self.program.cpu
        answered = await self.clients.closed_loop(seconds)
        self.rates.append(answered / seconds)
        return answered / (self.program.cpu - before)


def per_message(points: int, seconds: int, slices: int, most: float | None = None) -> list[Row]:
    """CPU of each MeterValues, of so many charge points that send one a second."""
    with TemporaryDirectory(prefix="rig-bench-") as folder:
        costs, besides, answered = asyncio.run(_costs(Path(folder), points, seconds, slices))
        what = f"csms: MeterValues, {points} charge points at 1/s"
        row = compare(what, "us CPU", costs, most=most, besides=besides)
        return [row, _kept(Path(folder), points, answered)]


async def _costs(
    folder: Path, points: int, seconds: int, slices: int
) -> tuple[list[tuple[float, float]], str, int]:
    """us of CPU a message in each slice, the times by the clock, how many ours answered."""
    async with _both(folder, points) as (ours, floor):
        await ours.costs(1)
        await floor.costs(1)
        pairs = []
        for _ in range(slices):
            pairs.append((await ours.costs(seconds) * 1e6, await floor.costs(seconds) * 1e6))
    told = [percentiles(side.clients.latencies) for side in (ours, floor)]
    return pairs, f"answer p50/p99 {told[0]} ms, bare {told[1]} ms", ours.clients.answered


@asynccontextmanager
async def _both(folder: Path, points: int) -> AsyncIterator[tuple[Side, Side]]:
    """Both up, each with so many charge points."""
    stay_beside()
    with central_systems(folder) as systems:
        async with (
            clients(systems["rig"].address, points) as ours,
            clients(systems["bare"].address, points) as floor,
        ):
            yield Side(systems["rig"].program, ours), Side(systems["bare"].program, floor)


def _kept(folder: Path, points: int, answered: int) -> Row:
    """Every MeterValues that was answered must be in the database."""
    export = folder / "values.csv"
    url = f"sqlite:///{folder}/rig/rig.db"
    command = rig("csms.sessions", "--database", url, "--meter-values", "--csv", str(export))
    subprocess.run(command, check=True, cwd=ROOT, timeout=PATIENCE)
    with open(export) as rows:
        kept = sum(1 for _ in rows) - 1
    what = f"csms: MeterValues kept of those answered, {points} charge points"
    return Row(what, "values", kept, answered, kept / answered, most=1.0, least=1.0)


def saturation(points: int, seconds: float, slices: int) -> list[Row]:
    """MeterValues of charge points that ask as fast as they are answered."""
    with TemporaryDirectory(prefix="rig-bench-") as folder:
        return [asyncio.run(_saturation(Path(folder), points, seconds, slices))]


async def _saturation(folder: Path, points: int, seconds: float, slices: int) -> Row:
    pairs, rates = await _closed_loop(folder, points, seconds, slices)
    ours, floor = (statistics.median(side) for side in zip(*rates, strict=True))
    besides = f"by the clock {ours:.0f}/s, bare {floor:.0f}/s: {ours / floor:.2f}"
    what = f"csms: saturation, {points} charge points in a closed loop"
    return compare(what, "1/s CPU", pairs, besides=besides)


def rate(points: int, seconds: float, slices: int) -> list[Row]:
    """How fast such charge points are served, by a clock of instructions: theirs count as well."""
    with TemporaryDirectory(prefix="rig-bench-") as folder:
        _, rates = asyncio.run(_closed_loop(Path(folder), points, seconds, slices))
    return [compare(f"rate: {points} charge points in a closed loop", "1/s", rates, least=RATE)]


async def _closed_loop(
    folder: Path, points: int, seconds: float, slices: int
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Messages a second of CPU in each slice, and by the clock."""
    async with _both(folder, points) as (ours, floor):
        await ours.served(seconds)
        await floor.served(seconds)
        pairs = [(await ours.served(seconds), await floor.served(seconds)) for _ in range(slices)]
    return pairs, list(zip(ours.rates[1:], floor.rates[1:], strict=True))


def memory(points: int) -> list[Row]:
    """Resident memory of a connection that is open and says nothing."""
    with TemporaryDirectory(prefix="rig-bench-") as folder:
        return [asyncio.run(_memory(Path(folder), points))]


async def _memory(folder: Path, points: int) -> Row:
    with central_systems(folder) as systems:
        ours = await _memory_of(systems["rig"], points)
        floor = await _memory_of(systems["bare"], points)
    what = f"csms: memory of an idle connection, of {points}"
    return compare(what, "KiB", [(ours, floor)], most=MEMORY)


async def _memory_of(system: System, points: int) -> float:
    """KiB of each of so many connections."""
    async with clients(system.address, WARMING, name="WARM"):
        before = system.program.memory
        async with clients(system.address, points):
            return (system.program.memory - before) / points / 1024
