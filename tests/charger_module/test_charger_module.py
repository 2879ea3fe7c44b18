"""The charger as a real process on the embedded bus; this test is the node at the other end.

On SocketCAN, byte for byte against candump: tests/socketcan.
"""

import signal
from collections.abc import Iterator
from pathlib import Path

import can
import pytest

from rig.role.control import main
from tests.ports import free_port
from tests.processes import PATIENCE, Program, role

FAST = ("--period", "0.05")


class OtherNode:
    """Another node: sends frames by hand and reads the charger's."""

    def __init__(self, bus: list[str]) -> None:
        self._bus = can.Bus(interface="remote", channel=bus[3], ignore_config=True)

    def send(self, identifier: int, data: str = "", **kind: bool) -> None:
        message = can.Message(
            arbitration_id=identifier,
            data=bytes.fromhex(data),
            **({"is_extended_id": False} | kind),
        )
        self._bus.send(message)

    def receive(self, within: float = PATIENCE) -> str | None:
        """The next frame as candump writes it; None if none comes in time."""
        message = self._bus.recv(within)
        if message is None:
            return None
        return f"{message.arbitration_id:03X}#{bytes(message.data).hex().upper()}"

    def until(self, frame: str, *, at_most: int = 1000) -> None:
        """Read on until this frame came."""
        seen = [self.receive()]
        while seen[-1] != frame:
            assert len(seen) < at_most, seen
            seen.append(self.receive())

    def next(self, count: int) -> list[str | None]:
        return [self.receive() for _ in range(count)]

    def close(self) -> None:
        self._bus.shutdown()


@pytest.fixture
def tester(bus: list[str]) -> Iterator[OtherNode]:
    tester = OtherNode(bus)
    yield tester
    tester.close()


@pytest.fixture
def charger(bus: list[str], tester: OtherNode) -> Iterator[Program]:
    """A charger that reports 20 times a second; the tester hears it from its first report."""
    with role("charger", *bus, *FAST) as program:
        yield program.ready()


@pytest.mark.usefixtures("charger")
def test_a_start_ramps_by_20_percent_each_period(tester: OtherNode) -> None:
    tester.send(0x210, "6400")
    tester.send(0x200)
    tester.until("300#1400")
    # By hand: 100 * (1 - 0.8**n) = 36, 48.8, 59.04, 67.2, 73.8 -> 0x24, 0x31, 0x3B, 0x43, 0x4A
    assert tester.next(5) == ["300#2400", "300#3100", "300#3B00", "300#4300", "300#4A00"]


def test_the_log_says_each_command_and_the_state_that_it_made(
    tester: OtherNode, charger: Program
) -> None:
    tester.send(0x210, "6400")
    charger.until(r"can < SetLimit limit=100 A \(210#6400\)$")
    charger.until(r"state = stopped limit=100 A target=0 A current=0.0 A$")
    tester.send(0x200)
    charger.until(r"can < Start \(200#\)$")
    charger.until(r"state = running limit=100 A target=100 A")
    charger.until(r"can > Current current=20 A \(300#1400\)$")


def test_bad_frames_change_nothing_and_are_named(tester: OtherNode, charger: Program) -> None:
    tester.send(0x200, is_extended_id=True)
    charger.until(r"ignored 29-bit frame with the number of Start \(00000200#\), 1 so far")
    tester.send(0x200, is_remote_frame=True)
    charger.until(r"ignored remote frame with the number of Start \(200#R\), 1 so far")
    tester.send(0x200, is_fd=True)
    charger.until(r"ignored CAN FD frame with the number of Start \(200##4\), 1 so far")
    tester.send(0x200, "00")
    charger.until(r"ignored frame of 1 instead of 0 bytes with the number of Start \(200#00\)")
    tester.send(0x200, "", is_error_frame=True)
    charger.until(r"ignored error frame: error counters changed")
    tester.send(0x210, "6400")
    charger.until(r"state = stopped limit=100 A target=0 A current=0.0 A$")
    assert charger.end() == 0
    assert "29-bit frame with the number of Start: 1" in charger.text


def test_reports_missed_in_a_stall_are_said_and_left_out(
    tester: OtherNode, charger: Program
) -> None:
    tester.until("300#0000")
    charger.process.send_signal(signal.SIGSTOP)
    while tester.receive(within=1.0):
        pass  # what was on its way; then at least a second without a report
    charger.process.send_signal(signal.SIGCONT)
    missed = charger.until(r"missed (\d+) reports: this machine stood still")
    assert int(missed[1]) >= 19  # of the 20 a second
    assert tester.receive() == "300#0000"


def test_it_ramps_each_step_and_reports_each_period(bus: list[str], tester: OtherNode) -> None:
    with role("charger", *bus, "--period", "0.2", "--step", "0.02") as program:
        program.ready()
        tester.send(0x210, "6400")
        tester.send(0x200)
        reports = [tester.receive() for _ in range(6)]
    amperes = [int(report[4:6], 16) for report in reports if report]
    # By hand: 100 * (1 - 0.8**10) = 89.3 ten steps after the first report at the earliest.
    assert amperes == sorted(amperes)
    assert amperes[3] >= 89
    assert amperes[5] >= 98


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_closes_the_bus_and_ends_with_0(charger: Program, number: int) -> None:
    assert charger.end(number) == 0
    assert charger.text.endswith("can = closed; received frames lost: unknown; bad: none")


def test_a_bus_that_goes_away_is_said_and_it_goes_on_when_it_is_back() -> None:
    port = free_port()
    address = ["-i", "remote", "-c", f"ws://127.0.0.1:{port}/"]
    with role("embedded", "--port", str(port)) as bus:
        bus.ready()
        with role("charger", *address, *FAST) as charger:
            charger.ready()
            bus.process.kill()
            bus.process.wait()
            charger.until(rf"can = remote ws://127.0.0.1:{port}/: .*; waiting for it to come back")
            with role("embedded", "--port", str(port)) as again:
                again.ready()
                charger.until(rf"can = remote ws://127.0.0.1:{port}/ is up")
                tester = OtherNode(address)
                tester.send(0x200)
                tester.until("300#0600")  # By hand: 32 * 0.2 = 6.4
                tester.close()
            assert charger.end() == 0
            assert "Traceback" not in charger.text


def test_a_fault_of_the_device_is_set_from_outside(bus: list[str], tmp_path: Path) -> None:
    socket = str(tmp_path / "charger.sock")
    with role("charger", *bus, *FAST, "--control", socket).ready() as charger:
        assert main([socket, "fault", "kind=plant.deaf"]) == 0
        charger.until("state = stopped .* fault=plant.deaf")
        tester = OtherNode(bus)
        tester.send(0x200)
        charger.until("fault = plant.deaf has its first effect: Start is ignored")
        assert main([socket, "fault", "kind=none"]) == 0
        charger.until("state = stopped limit=32 A target=0 A current=0.0 A$")
        tester.close()
        assert main([socket, "fault", "kind=tired"]) == 2
        assert main([socket, "plug"]) == 2


def test_a_fault_may_be_there_from_the_start(bus: list[str]) -> None:
    with role(
        "charger", *bus, *FAST, "--fault", "tel.frozen", "--fault", "can.wrong_length"
    ) as one:
        one.until("fault = tel.frozen begins")
        one.until("fault = can.wrong_length has its first effect: 300#00 instead of 300#0000")


@pytest.mark.parametrize("option", ["--period", "--step"])
@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "x"])
def test_a_time_that_is_none_is_refused(option: str, value: str) -> None:
    with role("charger", f"{option}={value}") as program:
        assert program.status() == 2
        assert f"argument {option}: " in program.text
