"""Either end is killed with -9 while a charge point tells what happened while it was offline.

In the end the central system holds each transaction once, in order, with its start and its stop.
"""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings

from rig.role.control import main as control
from tests.ports import free_port
from tests.processes import Program, embedded_bus, role, wait_for

TRANSACTIONS = 100
KILLS = 5
SEEDS = range(max(2, settings().max_examples // 100))  # 10 with scripts/test.sh --all


@pytest.fixture(scope="module")
def bus() -> Iterator[list[str]]:
    with embedded_bus() as options, role("charger", *options).ready():
        yield options


class Bench:
    """A charge point and a central system that keep what they know in a folder."""

    def __init__(self, bus: list[str], folder: Path) -> None:
        self.file = folder / "csms.db"
        self.socket = str(folder / "cp.sock")
        url = f"ws://127.0.0.1:{free_port()}/"
        state = ("--state", str(folder / "state.db"), "--control", self.socket)
        self._options = {
            "cp": (*bus, "--csms", url, "--csms-timeout", "3600", *state),
            "csms": ("--listen", url, "--cycle", "none", "--database", f"sqlite:///{self.file}"),
        }
        self.roles: dict[str, Program] = {}

    def start(self, name: str) -> Program:
        options = self._options[name] + (("--http", "none") if name == "csms" else ())
        self.roles[name] = role(name, *options).ready()
        return self.roles[name]

    def kill(self, name: str) -> None:
        self.roles[name].__exit__(None, None, None)

    def swipe(self, until: str) -> None:
        """Present a tag; then the log of the charge point says this."""
        assert control([self.socket, "swipe", "1", "id_tag=RIG"]) == 0
        self.roles["cp"].until(until)


@pytest.fixture
def bench(bus: list[str], tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(bus, tmp_path)
    yield bench
    for name in bench.roles:
        bench.kill(name)


def charge_offline(bench: Bench) -> None:
    """The tag becomes known, then the central system is gone and the tag charges all the same."""
    bench.start("csms")
    bench.start("cp").until("StatusNotification connector_id=1")
    for _ in range(2):  # it starts, and it stops
        bench.swipe("ocpp < (Start|Stop)Transaction")
    bench.kill("csms")
    bench.roles["cp"].until("ocpp = disconnected")
    for _ in range(TRANSACTIONS):
        bench.swipe("can > Start ")
        bench.swipe("can > Stop ")


@pytest.mark.parametrize("seed", SEEDS)
def test_each_transaction_arrives_once_and_in_order_whoever_is_killed(
    bench: Bench, seed: int
) -> None:
    charge_offline(bench)
    chance = random.Random(seed)
    bench.kill("cp")
    bench.start("csms")
    bench.start("cp")
    for _ in range(KILLS):
        for _ in range(chance.randint(0, 8)):
            bench.roles["cp"].until("ocpp > (Start|Stop)Transaction")
        victim = chance.choice(["cp", "csms"])
        bench.kill(victim)
        bench.start(victim)
        bench.roles["cp"].until("ocpp > (Start|Stop|Boot)")
    wait_for(lambda: len([one for one in sessions(bench) if one[-1]]) == TRANSACTIONS + 1)
    account = sessions(bench)
    assert [(tag, reason) for tag, reason, *_ in account] == [("RIG", "Local")] * len(account)
    moments = [moment for *_, started, stopped in account for moment in (started, stopped)]
    assert moments == sorted(moments)
    assert len(account) == TRANSACTIONS + 1
    assert strays(bench) == []


def sessions(bench: Bench) -> list[tuple[str, str, str, str]]:
    """Tag, reason, start and stop of each session in the database, in the order of its id."""
    query = "SELECT id_tag, reason, started, stopped FROM transactions ORDER BY id"
    with closing(sqlite3.connect(bench.file)) as database:
        return database.execute(query).fetchall()


def strays(bench: Bench) -> list[tuple[int]]:
    """Stops that the central system could not tell the start of."""
    with closing(sqlite3.connect(bench.file)) as database:
        return database.execute("SELECT transaction_id FROM stray_stops").fetchall()
