"""Whether a command gets through while Currents take the whole bus: each SetLimit must be Accepted.

8700 a second are more than 500 kbit/s carry: 7900, of 63 bits each. The processor is QEMU's, with
1 G instructions a second for all: the charge point, the kernel, who floods, and the central system.
"""

import asyncio
import re
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.bench import texts
from scripts.bench.bridge import our_cp
from scripts.bench.programs import Program, bare
from scripts.bench.rigged import Rigged, rigged
from scripts.bench.table import Row

RATE = 8700  # Currents a second
ASKED = 15
EVERY = 0.2  # s
INTERFACE = "vcan1"
REPORTS = re.compile(r"can < (?:(\d+) Currents|Current)")


def full_bus() -> list[Row]:
    """SetLimits that were Accepted, of those asked for, while Currents come at this rate (1/s)."""
    with TemporaryDirectory(prefix="rig-bench-") as folder:
        return [asyncio.run(_full_bus(Path(folder)))]


async def _full_bus(folder: Path) -> Row:
    async with rigged(our_cp, folder / "rig", INTERFACE) as around:
        await around.wake()
        with Program(bare("flood", INTERFACE, str(RATE)), folder) as flooding:
            flooding.wait_for(lambda: _heard(around) > RATE)
            before, begin = _heard(around), time.monotonic()
            answers = [await _ask(around, 6 + number) for number in range(ASKED)]
            rate = (_heard(around) - before) / (time.monotonic() - begin)
    accepted = sum(answer["status"] == "Accepted" for answer in answers)
    what, besides = f"full bus: SetLimits Accepted at {RATE} Currents/s", f"{rate:.0f}/s heard"
    return Row(what, "answers", accepted, ASKED, accepted / ASKED, least=1.0, besides=besides)


async def _ask(around: Rigged, limit: int) -> dict[str, object]:
    await asyncio.sleep(EVERY)
    return await around.ask("SetChargingProfile", texts.profile(limit, None))


def _heard(around: Rigged) -> int:
    """The Currents that its log tells of."""
    return sum(int(number or 1) for number in REPORTS.findall(around.program.said))
