"""A charge point with two connectors, each with its charger on a bus of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.can_bench import Witness, run, witness
from tests.ports import free_port
from tests.processes import role

TWO = """\
csms = "{url}"
[[connectors]]
channel = "vcan0"
[[connectors]]
channel = "vcan1"
"""


@pytest.fixture
def other_bus() -> Iterator[Witness]:
    """vcan1, for the time of a test."""
    run("ip", "link", "add", "dev", "vcan1", "type", "vcan")
    try:
        run("ip", "link", "set", "vcan1", "up")
        with witness("vcan1") as candump:
            yield candump
    finally:
        run("ip", "link", "del", "vcan1")


@pytest.fixture
def bench(tmp_path: Path) -> str:
    file = tmp_path / "two.toml"
    file.write_text(TWO.format(url=f"ws://127.0.0.1:{free_port()}/"))
    return str(file)


def sent(bench: str, *words: str) -> int:
    from rig.csms.send import (
        main as send,  # half a second in a virtual machine, where it is not needed
    )

    return send(["CP_1", *words, "--bench", bench])


def test_each_connector_is_steered_on_its_own_bus_and_shares_a_common_limit(
    bus: Witness, other_bus: Witness, bench: str
) -> None:
    chargers = [role("charger", "--bench", bench, "--connector", number) for number in "12"]
    with (
        chargers[0].ready(),
        chargers[1].ready(),
        role("csms", "--bench", bench, "--cycle", "none").ready() as csms,
        role("cp", "--bench", bench).ready() as cp,
    ):
        csms.until("StatusNotification connector_id=2 .*Preparing")
        assert sent(bench, "SetChargingProfile", "--limit", "20", "--connector", "2") == 0
        other_bus.until("210#1400")
        assert sent(bench, "RemoteStartTransaction", "--id-tag", "A", "--connector", "2") == 0
        other_bus.until("200#")
        cap = ("--purpose", "ChargePointMaxProfile", "--profile", "9", "--connector", "0")
        assert sent(bench, "SetChargingProfile", "--limit", "24", *cap) == 0
        assert sent(bench, "RemoteStartTransaction", "--id-tag", "B", "--connector", "1") == 0
        bus.until("200#")
        other_bus.until("210#0C00")  # by hand: 24 A for two are 12 A each
        assert "210#0C00" in bus.frames[: bus.frames.index("200#")]
        csms.until("MeterValues Current.Import=.* transaction=")
        cp.until("connector 1 can > Start")
        assert cp.end() == 0
        for each in (bus, other_bus):
            each.until("201#")


def test_a_bus_that_goes_down_is_a_fault_of_its_connector_alone(
    bus: Witness, other_bus: Witness, bench: str
) -> None:
    with (
        role("csms", "--bench", bench, "--cycle", "none").ready() as csms,
        role("cp", "--bench", bench).ready(),
    ):
        csms.until("StatusNotification connector_id=2 .*Preparing")
        run("ip", "link", "set", "vcan1", "down")
        csms.until("StatusNotification connector_id=2 .*Faulted")
        assert sent(bench, "RemoteStartTransaction", "--id-tag", "A", "--connector", "2") == 1
        assert sent(bench, "RemoteStartTransaction", "--id-tag", "A", "--connector", "1") == 0
        bus.until("200#")
        run("ip", "link", "set", "vcan1", "up")
        csms.until("StatusNotification connector_id=2 .*Preparing")
