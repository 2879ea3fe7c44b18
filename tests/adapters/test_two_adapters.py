"""Charge point on can0, charger on can1: two real controllers on one wire."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.can_bench import Witness, full_queue, is_current, run, witness
from tests.cycles import start_and_stop
from tests.ports import free_port
from tests.processes import ROOT, role

# What is reported after Stop, by the reports since Start: two, but where the commands are late on a
# slow machine. By hand: 20, 36, 48.8 A, and 20 % less each.
DOWN = {
    1: ["300#1000", "300#0D00", "300#0A00"],
    2: ["300#1D00", "300#1700", "300#1200"],
    3: ["300#2700", "300#1F00", "300#1900"],
}
DRIVER = Path("/sys/bus/pci/drivers/kvaser_pci")


@pytest.fixture
def bus() -> Iterator[Witness]:
    """What can1 hears."""
    with witness("can1") as candump:
        yield candump


def test_the_seed_cycle_crosses_the_wire(bus: Witness) -> None:
    url = f"ws://127.0.0.1:{free_port()}/"
    with role("charger", "-c", "can1").ready(), role("csms", "--listen", url).ready() as csms:
        csms.process.send_signal(signal.SIGSTOP)  # so that the boot comes at a set phase
        with role("cp", "-c", "can0", "--csms", url, "--profile-policy", "seed").ready():
            bus.until("201#")
            bus.until(is_current)
            csms.process.send_signal(signal.SIGCONT)
            commands = bus.until("200#")
            assert [frame for frame in commands if not is_current(frame)] == [
                "210#0000",
                "210#6400",
                "200#",
            ]
            *up, _ = bus.until("201#")
            up = [frame for frame in up if frame != "300#0000"]  # of before its next step
            assert up == ["300#1400", "300#2400", "300#3100"][: len(up)]
            bus.expect(DOWN[len(up)])
            csms.until("MeterValues Current.Import=20 A transaction=")


def test_an_adapter_that_is_unplugged_and_plugged_in_again_goes_on(bus: Witness) -> None:
    slot = os.environ["RIG_PCI_CAN0"]
    with role("cp", "-c", "can0", "--csms", "ws://127.0.0.1:9/").ready() as cp:
        bus.until("201#")
        (DRIVER / "unbind").write_text(slot)
        cp.until("can = can0.*; waiting for it to come back")
        (DRIVER / "bind").write_text(slot)
        shown = run("bash", f"{ROOT}/scripts/setup_can.sh", "can0", "500000")
        assert "bitrate 500000" in shown
        cp.until("can = can0 is up")
        assert cp.end() == 0
        bus.until("201#")


def test_a_frame_that_the_wire_never_carried_is_not_sent(tmp_path: Path) -> None:
    url = f"ws://127.0.0.1:{free_port()}/"
    with ExitStack() as stack:
        cp = stack.enter_context(role("cp", "-c", "can0", "--csms", url).ready())
        cp.until("can > Stop")
        with full_queue("can0"):
            cycle = start_and_stop(tmp_path)
            csms = stack.enter_context(role("csms", "--listen", url, "--cycle", cycle).ready())
            cp.until("NOT SENT SetLimit .*no echo within 100 ms")
            csms.until("rejected RemoteStartTransaction: Rejected")
            csms.end()
        cp.until("can > Stop")  # the one that was owed


def test_another_bitrate_than_the_adapter_has_is_refused() -> None:
    with role("cp", "-c", "can0", "-b", "250000") as cp:
        assert cp.status() == 2
        assert cp.lines == [
            "rig cp: can0 runs at 500000 bit/s, not 250000: sudo scripts/setup_can.sh can0 250000"
        ]
