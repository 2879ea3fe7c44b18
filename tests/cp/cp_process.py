"""A charge point as a process, and the bus and the central system that a test plays for it."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import can
import pytest

from tests.peers import CentralSystem, End, Payload
from tests.processes import PATIENCE, Program, embedded_bus, role

STOP_SEEN = r"can > (sent too late: )?Stop"  # late where the machine is busy


class Witness:
    """Another node of the bus: sees what the charge point sends, and may send a Current."""

    def __init__(self, channel: str) -> None:
        self._bus = can.Bus(interface="remote", channel=channel)
        self.frames: list[str] = []

    def until(self, frame: str, patience: float = PATIENCE) -> None:
        """Wait for the next frame that reads like this."""
        deadline = time.monotonic() + patience
        while (left := deadline - time.monotonic()) > 0:
            message = self._bus.recv(left)
            if message is not None:
                self.frames.append(f"{message.arbitration_id:03X}#{message.data.hex().upper()}")
                if self.frames[-1] == frame:
                    return
        raise AssertionError(f"{frame} never came in {self.frames}")

    def current(self, amperes: int) -> None:
        """Report a current, as the charger does."""
        data = amperes.to_bytes(2, "little")
        self._bus.send(can.Message(arbitration_id=0x300, data=data, is_extended_id=False))

    def close(self) -> None:
        self._bus.shutdown()


@pytest.fixture(scope="module")
def bus() -> Iterator[list[str]]:
    with embedded_bus() as options:
        yield options


@pytest.fixture
def witness(bus: list[str]) -> Iterator[Witness]:
    seen = Witness(bus[-1])
    yield seen
    seen.close()


Cp = Callable[..., Program]


@pytest.fixture
def cp(bus: list[str], witness: Witness) -> Iterator[Cp]:
    """Starts a charge point at a central system, and waits until it works."""
    running: list[Program] = []

    def start(url: str, *options: str) -> Program:
        program = role("cp", *bus, "--csms", url, *options)
        running.append(program)
        program.__enter__()
        witness.until("201#")  # the first thing that it says: it may have died while charging
        program.ready()
        program.until(STOP_SEEN)  # before, it starts nothing
        return program

    yield start
    for program in running:
        program.__exit__(None, None, None)


@pytest.fixture
def csms() -> Iterator[CentralSystem]:
    with CentralSystem() as listening:
        yield listening


def booted(csms: CentralSystem) -> End:
    """The charge point once it has told the status of its connector."""
    point = csms.connected()
    point.until("BootNotification")
    point.until("StatusNotification", connectorId=1)
    return point


def charging(csms: CentralSystem, witness: Witness) -> End:
    point = booted(csms)
    assert point.ask("RemoteStartTransaction", {"idTag": "RIG"}) == ACCEPTED
    point.until("StatusNotification", status="Charging")
    witness.until("200#")
    return point


ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}


def profile(limit: float, purpose: str = "TxDefaultProfile", **schedule: Any) -> Payload:
    periods = [{"startPeriod": 0, "limit": limit}]
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 7,
            "stackLevel": 0,
            "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Relative",
            "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": periods}
            | schedule,
        },
    }


def periods(*pairs: tuple[int, float]) -> Payload:
    rows = [{"startPeriod": start, "limit": limit} for start, limit in pairs]
    return profile(0, chargingSchedulePeriod=rows)
