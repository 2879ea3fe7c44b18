"""A third party on the bus of a charge point: its three commands, a second charge point, a second
charger, and a charger that was reset; with candump as the witness."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.can_bench import Witness, cansend
from tests.cp.cp_process import profile
from tests.peers import CentralSystem
from tests.processes import Program, role
from tests.socketcan.test_supervision import TRANSACTION, Site


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as entered:
        yield entered


@pytest.fixture
def site(bus: Witness, stack: ExitStack, tmp_path: Path) -> Site:
    """A transaction runs, at 32 A."""
    built = Site(stack, tmp_path / "rig.toml")
    built.begin()
    bus.until("300#2000")
    return built


def test_the_limit_of_the_bench_is_on_the_bus_before_the_start(
    bus: Witness, stack: ExitStack, tmp_path: Path
) -> None:
    Site(stack, tmp_path / "rig.toml").begin()
    frames = [frame for frame in bus.until("200#") if not frame.startswith("300#")]
    assert frames[-2:] == ["210#2000", "200#"]


def test_a_limit_of_another_sender_is_put_right_at_once(bus: Witness, site: Site) -> None:
    cansend("210#3C00")
    assert bus.until("210#2000")
    told = "SetLimit limit=60 A by another sender"
    event = site.point.until("SecurityEventNotification", type="ForeignCommand")
    assert event["techInfo"] == f"connector 1: {told}"
    site.status(errorCode="OtherError", info=told)
    site.cp.until(f"{told} on the bus: a second charge point")


def test_a_stop_of_another_sender_suspends_and_a_remote_stop_ends(bus: Witness, site: Site) -> None:
    cansend("201#")
    site.status(status="SuspendedEVSE")
    bus.until("300#0000")
    stop = {"transactionId": TRANSACTION}
    assert site.point.ask("RemoteStopTransaction", stop) == {"status": "Accepted"}
    assert site.point.until("StopTransaction")["reason"] == "Remote"


def test_a_start_of_another_sender_is_stopped_where_nothing_runs(
    bus: Witness, stack: ExitStack, tmp_path: Path
) -> None:
    Site(stack, tmp_path / "rig.toml")
    cansend("200#")
    frames = bus.until("200#")
    assert "200#" in frames
    bus.until("201#")


def answered_after(bus: Witness, foreign: str, ours: str) -> float:
    """The s from a frame of another sender to ours, both as the kernel stamps them."""
    cansend(foreign)
    bus.until(foreign)
    begin = bus.stamps[-1]
    bus.until(ours)
    return bus.stamps[-1] - begin


def test_another_limit_is_put_right_within_100_ms(bus: Witness, site: Site) -> None:
    assert min(answered_after(bus, "210#3C00", "210#2000") for _ in range(3)) < 0.1


def test_another_start_is_stopped_within_100_ms(
    bus: Witness, stack: ExitStack, tmp_path: Path
) -> None:
    Site(stack, tmp_path / "rig.toml")
    assert min(answered_after(bus, "200#", "201#") for _ in range(3)) < 0.1


def test_a_second_charge_point_is_named_by_the_first(
    bus: Witness, site: Site, stack: ExitStack, tmp_path: Path
) -> None:
    other = stack.enter_context(CentralSystem())
    options = ["--csms", other.url, "--id", "CP_2", "--state", str(tmp_path / "two.db")]
    stack.enter_context(role("cp", *options).ready())
    site.cp.until("Stop by another sender on the bus: a second charge point")
    site.status(status="SuspendedEVSE")


def test_a_second_charger_is_named(bus: Witness, site: Site, stack: ExitStack) -> None:
    stack.enter_context(role("charger", "--period", "0.2").ready())
    site.status(errorCode="OtherError", info="two senders of Current: a second charger?")


def test_a_charger_that_was_reset_in_a_transaction_is_stopped_and_not_started_again(
    bus: Witness, site: Site, stack: ExitStack
) -> None:
    site.charger.process.kill()
    site.status(errorCode="OtherError", info="no Current from the charger")
    stack.enter_context(role("charger", "--period", "0.2").ready())
    site.status(status="SuspendedEVSE", info="the charger was silent")
    frames = bus.until("201#")
    assert "210#2000" in frames


def test_a_bus_full_of_current_stops_no_command(bus: Witness, site: Site) -> None:
    with Program("cangen", "vcan0", "-I", "300", "-L", "2", "-D", "2000", "-g", "1"):
        site.cp.until(r"can < \d+ Currents, the last is Current current=32 A \(300#2000\)")
        for limit in (16, 20, 24):
            assert site.point.ask("SetChargingProfile", profile(limit)) == {"status": "Accepted"}
            bus.until(f"210#{limit:02X}00")
        stop = {"transactionId": TRANSACTION}
        assert site.point.ask("RemoteStopTransaction", stop) == {"status": "Accepted"}
        bus.until("201#")
