"""`kill -9` at random points of the central system's writing: an exact account of what is kept."""

import random
import signal
import sys
from collections import Counter

import pytest
from hypothesis import settings
from sqlalchemy import select

from rig.csms.store.database import read_only
from rig.csms.store.tables import meter_values, transactions
from tests.databases import database_url as database_url
from tests.databases import server as server
from tests.processes import Program

POINTS = 5
SEEDS = range(max(2, settings().max_examples // 100))  # 10 with scripts/test.sh --all
NEVER = 10**9


def load(url: str, last: int, first: list[int]) -> Program:
    words = [sys.executable, "-m", "tests.store_load", url, str(last), *map(str, first)]
    return Program(*words)


def answered(lines: list[str]) -> list[int]:
    """How many messages of each charge point were answered, without a gap."""
    counts = Counter(line.split()[0] for line in lines)
    for point in range(POINTS):
        mine = [int(line.split()[1]) for line in lines if line.startswith(f"CP_{point} ")]
        assert mine == list(range(len(mine)))
    return [counts[f"CP_{point}"] for point in range(POINTS)]


def kept(url: str) -> list[list[int]]:
    """The numbers of the messages of each charge point that are in the database."""
    found: dict[str, list[int]] = {f"CP_{point}": [] for point in range(POINTS)}
    begun, value = transactions.c, meter_values.c
    with read_only(url) as connection:
        for name, first, last in connection.execute(
            select(begun.charge_point, begun.meter_start, begun.meter_stop)
        ):
            found[name] += [first] if last is None else [first, last]
        for name, text in connection.execute(select(value.charge_point, value.value)):
            found[name].append(int(text))
    return [sorted(numbers) for numbers in found.values()]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_answered_is_kept_and_nothing_else(seed: int, database_url: str) -> None:
    lines = random.Random(seed).randrange(1, 500)
    with load(database_url, NEVER, [0] * POINTS) as program:
        for _ in range(lines):
            program.until("^CP_")
        program.end(signal.SIGKILL)
    done = answered([line for line in program.text.splitlines() if line.startswith("CP_")])
    assert sum(done) >= lines
    # Beyond that, at most the one message that each had under way.
    for there, answers in zip(kept(database_url), done, strict=True):
        assert there in (list(range(answers)), list(range(answers + 1)))

    last = max(done) + 7
    with load(database_url, last, done) as again:
        assert again.status() == 0
    assert kept(database_url) == [list(range(last))] * POINTS
