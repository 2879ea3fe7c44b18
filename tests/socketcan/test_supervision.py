"""A charger that does not do as it is told, with candump as the witness."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from rig.role.control import main as control
from tests.can_bench import Witness, cansend
from tests.peers import CentralSystem, End
from tests.processes import Program, role

TRANSACTION = 4  # the first id of tests/peers.py
FAST = """\
limit = 32
[expect]
settle = 3
"""


class Site:
    """A charge point of which a transaction runs, and its charger, on vcan0."""

    def __init__(self, stack: ExitStack, bench: Path, *faults: str) -> None:
        bench.write_text(FAST)
        options = [word for fault in faults for word in ("--fault", fault)]
        fast = ["--period", "0.2", "--step", "0.1"]
        self.charger = stack.enter_context(role("charger", *fast, *options, "--control").ready())
        self.csms = stack.enter_context(CentralSystem())
        csms = ["--csms", self.csms.url, "--bench", str(bench)]
        self.cp: Program = stack.enter_context(role("cp", *csms).ready())
        self.point: End = self.csms.connected()
        self.point.until("StatusNotification", connectorId=1)

    def status(self, **fields: Any) -> None:
        self.point.until("StatusNotification", connectorId=1, **fields)

    def begin(self) -> None:
        """A transaction of 32 A."""
        start = {"idTag": "RIG", "connectorId": 1}
        assert self.point.ask("RemoteStartTransaction", start) == {"status": "Accepted"}
        self.status(status="Charging")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as entered:
        yield entered


def test_one_that_ignores_stop_is_faulted_and_told_to_stop_while_it_flows(
    bus: Witness, stack: ExitStack, tmp_path: Path
) -> None:
    site = Site(stack, tmp_path / "rig.toml", "plant.ignore_stop")
    site.begin()
    bus.until("300#2000")
    stop = {"transactionId": TRANSACTION}
    assert site.point.ask("RemoteStopTransaction", stop) == {"status": "Accepted"}
    told = "32 A flow, it was told Stop"
    site.status(status="Faulted", errorCode="OverCurrentFailure", info=told)
    for _ in range(3):
        bus.until("201#")
    site.charger.until("fault = plant.ignore_stop has its first effect: Stop is ignored")


def test_one_that_delivers_too_much_is_stopped_and_its_transaction_ends(
    bus: Witness, stack: ExitStack, tmp_path: Path
) -> None:
    site = Site(stack, tmp_path / "rig.toml", "plant.over_limit")
    site.begin()
    site.status(status="Faulted", errorCode="OverCurrentFailure")
    assert site.point.until("StopTransaction")["reason"] == "Other"
    bus.until("201#")
    bus.until("300#0000")
    site.status(status="Finishing", errorCode="NoError")


def test_current_that_no_charger_here_can_deliver_is_not_told_as_truth(
    bus: Witness, stack: ExitStack, tmp_path: Path
) -> None:
    site = Site(stack, tmp_path / "rig.toml", "tel.silent")
    cansend("300#FFFF")
    cansend("300#0100")
    site.cp.until("Current above 1000 A, the bench's max: ignored")
    values = site.point.until("MeterValues")
    assert values["meterValue"][0]["sampledValue"][0]["value"] == "1"


@pytest.mark.parametrize("fault", ["tel.frozen", "plant.deaf"])
def test_one_that_is_frozen_or_deaf_is_told_to_stop_for_what_it_says(
    bus: Witness, stack: ExitStack, tmp_path: Path, fault: str
) -> None:
    """Whether anything flows behind a frozen report nobody knows: in doubt the answer is Stop."""
    site = Site(stack, tmp_path / "rig.toml")
    site.begin()
    bus.until("300#2000")
    assert control(["charger", "fault", f"kind={fault}"]) == 0
    stop = {"transactionId": TRANSACTION}
    assert site.point.ask("RemoteStopTransaction", stop) == {"status": "Accepted"}
    site.status(status="Faulted", errorCode="OverCurrentFailure")
    for _ in range(3):
        bus.until("201#")
    assert control(["charger", "fault", "kind=none"]) == 0
    bus.until("300#0000")
    site.status(status="Finishing", errorCode="NoError")
