"""The charge point as a process that is stopped and goes on (SIGSTOP, SIGCONT)."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import can
import pytest

from rig.bus.dbc import shipped_dbc
from tests.cp.cp_process import csms as csms
from tests.peers import CentralSystem, End
from tests.processes import Program, embedded_bus, role, stop, wait_for

SILENT = r"no Current for 2.5 periods: the charger is silent"
LONGER = 1.0  # s; a charger that reports each 0.2 s is silent after 0.5 s


@pytest.fixture
def bench(tmp_path: Path) -> str:
    """A charger reports each 0.2 s."""
    dbc = shipped_dbc().read_text()
    assert "BO_ 768 1000;" in dbc
    (tmp_path / "fast.dbc").write_text(dbc.replace("BO_ 768 1000;", "BO_ 768 200;"))
    (tmp_path / "rig.toml").write_text('dbc = "fast.dbc"\n')
    return str(tmp_path / "rig.toml")


class Met:
    """A charge point that met its central system and its charger, of which the test plays both."""

    def __init__(self, program: Program, point: End, bus: can.BusABC) -> None:
        self.program, self.point, self._bus = program, point, bus
        self.metered()

    def current(self) -> bool:
        """The charger reports its current."""
        data = (20).to_bytes(2, "little")
        self._bus.send(can.Message(arbitration_id=0x300, data=data, is_extended_id=False))
        return True

    def metered(self) -> None:
        """It reports again and again, and the charge point tells so for the first time."""
        known = self.point.actions.count("MeterValues")
        self.until(lambda: self.current() and self.point.actions.count("MeterValues") > known)

    def until(self, condition: Callable[[], bool]) -> None:
        wait_for(condition)

    def stand_still(self, meanwhile: Callable[[], bool]) -> None:
        """The charge point is stopped for a while, and goes on."""
        stop(self.program)
        end = time.monotonic() + LONGER
        wait_for(lambda: meanwhile() and time.monotonic() > end)
        self.program.process.send_signal(signal.SIGCONT)


@pytest.fixture
def met(csms: CentralSystem, bench: str) -> Iterator[Met]:
    with embedded_bus() as bus, role("cp", *bus, "--csms", csms.url, "--bench", bench) as program:
        program.ready()
        point = csms.connected()
        point.until("StatusNotification", connectorId=1)
        seen = can.Bus(interface="remote", channel=bus[-1])
        yield Met(program, point, seen)
        seen.shutdown()


def test_a_stop_of_the_charge_point_is_no_silence_of_a_charger_that_goes_on(met: Met) -> None:
    met.stand_still(meanwhile=met.current)
    met.metered()
    assert "is silent" not in met.program.text
    assert not any("OtherError" in text for text in met.point.texts)


def test_a_charger_that_was_silent_meanwhile_and_goes_on_to_be_is_told(met: Met) -> None:
    met.stand_still(meanwhile=lambda: True)
    met.program.until(SILENT)
    met.point.until("StatusNotification", errorCode="OtherError")
    met.metered()
