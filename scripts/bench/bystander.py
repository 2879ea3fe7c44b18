"""What one hostile connection costs a charge point that does nothing wrong.

Windows with and without the hostile one take turns; in each, the answers to a bystander who sends
Heartbeats as fast as they are answered are counted.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.bench import texts
from scripts.bench.clients import Clients, clients
from scripts.bench.hostile import CALLS, DEAF, GARBAGE, KINDS, LONG
from scripts.bench.programs import bare, central_systems, stay_beside
from scripts.bench.table import Row, compare, percentiles

MOST = 3.0  # gate
WORDS = {
    CALLS: "floods CALLs",
    GARBAGE: "floods garbage",
    DEAF: "asks and reads nothing",
    LONG: "floods texts of 1 MB that break their schema",
}


def bystander(seconds: float, slices: int) -> list[Row]:
    """Answers in the same time without and with a hostile connection of each kind."""
    with TemporaryDirectory(prefix="rig-bench-") as folder:
        return asyncio.run(_bystander(Path(folder), seconds, slices))


async def _bystander(folder: Path, seconds: float, slices: int) -> list[Row]:
    stay_beside()
    rows = []
    with central_systems(folder) as systems:
        address = systems["rig"].address
        port = address.rsplit(":", 1)[1].strip("/")
        async with clients(address, 1, texts.heartbeat) as one:
            await one.closed_loop(seconds / 2)
            for kind in KINDS:
                rows.append(await _cost(kind, port, one, seconds, slices))
    return rows


async def _cost(kind: str, port: str, one: Clients, seconds: float, slices: int) -> Row:
    pairs: list[tuple[float, float]] = []
    calm: list[float] = []
    rough: list[float] = []
    for _ in range(slices):
        one.latencies.clear()
        without = await one.closed_loop(seconds) / seconds
        calm += one.latencies
        one.latencies.clear()
        pairs.append((without, await _with(kind, port, one, seconds)))
        rough += one.latencies
    besides = f"answer p50/p99 {percentiles(calm)} ms, then {percentiles(rough)} ms"
    what = f"csms: a bystander's answers without and with one that {WORDS[kind]}"
    return compare(what, "1/s", pairs, most=MOST, besides=besides)


async def _with(kind: str, port: str, one: Clients, seconds: float) -> float:
    """The bystander's answers a second meanwhile."""
    command = bare("hostile", kind, port, str(seconds + 2))
    attack = await asyncio.create_subprocess_exec(*command)  # beside us, not beside the server
    try:
        return await one.closed_loop(seconds) / seconds
    finally:
        attack.kill()
        await attack.wait()
