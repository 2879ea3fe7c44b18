"""Whether MeterValues grow old while a charger reports fast: they must not, whatever the CSMS does.

The current is the number of the report, so that its age is known when it arrives. The central
system takes as long to answer as `rig csms` takes to commit, which is too long for 100 Hz: what is
left out then must be what the log says at the end.
"""

import asyncio
import re
import statistics
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.bench.bridge import our_cp
from scripts.bench.rigged import QUIET, Rigged, rigged
from scripts.bench.table import Row, percentiles

ANSWER_AFTER = 0.02  # s
MOST = 2.0  # gate of the age in the last quarter against the first, or against ANSWER_AFTER
FIRST = 1000  # number of the first report
LEFT_OUT = re.compile(r"(\d+) MeterValues left out")
BURST = re.compile(r"can < (\d+) Currents")  # of which the last one is told


def lag(rates: list[int], seconds: float) -> list[Row]:
    """Rows of the age and of the account, for each rate (Hz)."""
    rows: list[Row] = []
    for rate in rates:
        with TemporaryDirectory(prefix="rig-bench-") as folder:
            rows += asyncio.run(_lag(Path(folder), rate, round(rate * seconds)))
    return rows


async def _lag(folder: Path, rate: int, reports: int) -> list[Row]:
    async with rigged(our_cp, folder / "rig", "vcan1", ANSWER_AFTER) as around:
        await around.wake()
        ages = await _ages(around, rate, reports)
        await asyncio.sleep(QUIET)
    told = LEFT_OUT.search(around.program.said)
    left_out = int(told.group(1)) if told else 0
    left_out += sum(int(number) - 1 for number in BURST.findall(around.program.said))
    return [_growth(rate, ages), _account(rate, reports, len(ages), left_out)]


async def _ages(around: Rigged, rate: int, reports: int) -> list[float]:
    """s between each report that arrived and its MeterValues, in order."""
    loop = asyncio.get_running_loop()
    sent: dict[int, float] = {}
    ages: list[float] = []

    def on_values(value: str) -> None:
        if (number := int(float(value))) in sent:
            ages.append(loop.time() - sent[number])

    around.on_values, begin = on_values, loop.time()
    for number in range(FIRST, FIRST + reports):
        await asyncio.sleep(begin + (number - FIRST) / rate - loop.time())
        sent[number] = loop.time()
        around.report(number)
    await asyncio.sleep(QUIET)
    return ages


def _growth(rate: int, ages: list[float]) -> Row:
    quarter = len(ages) // 4
    first, last = statistics.median(ages[:quarter]), statistics.median(ages[-quarter:])
    ratio = last / max(first, ANSWER_AFTER)
    what = f"lag: age of MeterValues at {rate} Hz, last quarter against first"
    besides = f"p50/p99 {percentiles(ages)} ms"
    return Row(what, "ms", last * 1e3, first * 1e3, ratio, most=MOST, besides=besides)


def _account(rate: int, reports: int, arrived: int, left_out: int) -> Row:
    what = f"lag: Currents at {rate} Hz told or counted as left out"
    told = arrived + left_out
    besides = f"{left_out} left out"
    return Row(what, "values", told, reports, told / reports, most=1.0, least=1.0, besides=besides)
