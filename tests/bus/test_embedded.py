import http.client
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import can
import pytest

from rig.bus.logic.messages import Frame
from rig.bus.python_can_wire import to_can
from tests.ports import free_port
from tests.processes import PATIENCE, Program, role

FRAMES = 2000
HOST = "127.0.0.1"
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
NONSENSE = b"\x81\x88\0\0\0\0nonsense"  # a text under a mask of zeros (RFC 6455, 5.2), no JSON


@pytest.fixture
def bus() -> Iterator[tuple[Program, str]]:
    """A running embedded bus and its address."""
    with role("embedded") as program:
        yield program, program.until(r"^ws://127\.0\.0\.1:\d+/$")[0]


def join(address: str, own: bool = False) -> can.BusABC:
    return can.Bus(
        interface="remote", channel=address, receive_own_messages=own, ignore_config=True
    )


def message(identifier: int, data: bytes = b"") -> can.Message:
    return can.Message(arbitration_id=identifier, data=data, is_extended_id=False)


def numbers(receiver: can.BusABC, count: int) -> list[int]:
    """The identifiers of the next frames, without the Currents of a charger."""
    received: list[int] = []
    while len(received) < count:
        frame = receiver.recv(PATIENCE)
        assert frame is not None, f"nothing after {len(received)} of {count} frames"
        received += [frame.arbitration_id] if frame.arbitration_id != 0x300 else []
    return received


def test_a_frame_reaches_all_others_and_its_sender_as_proof(bus: tuple[Program, str]) -> None:
    with join(bus[1], own=True) as sender, join(bus[1]) as one, join(bus[1]) as other:
        sender.send(message(0x210, b"\x64\x00"))
        for receiver in (sender, one, other):
            frame = receiver.recv(10.0)
            assert frame is not None
            assert (frame.arbitration_id, bytes(frame.data)) == (0x210, b"\x64\x00")


def test_a_receiver_that_is_slow_to_read_loses_nothing(bus: tuple[Program, str]) -> None:
    with join(bus[1], own=True) as sender, join(bus[1]) as slow:
        for number in range(FRAMES):
            sender.send(message(number % 0x100))
        assert numbers(sender, FRAMES) == [number % 0x100 for number in range(FRAMES)]
        assert numbers(slow, FRAMES) == [number % 0x100 for number in range(FRAMES)]


def test_all_receivers_see_one_order(bus: tuple[Program, str]) -> None:
    with join(bus[1]) as a, join(bus[1]) as b, join(bus[1]) as one, join(bus[1]) as other:
        for number in range(300):
            a.send(message(number % 0x100))
            b.send(message(0x400 + number % 0x100))
        assert numbers(one, 600) == numbers(other, 600)


def test_a_client_that_is_killed_with_frames_unread_disturbs_nobody(
    bus: tuple[Program, str],
) -> None:
    program, address = bus
    with join(address) as sender, join(address) as receiver:
        with role("charger", "-i", "remote", "-c", address) as client:
            client.ready()
            client.process.send_signal(signal.SIGSTOP)
            for number in range(FRAMES):
                sender.send(message(number % 0x100))
            assert client.end(signal.SIGKILL) == -9
        for number in range(FRAMES):
            sender.send(message(number % 0x100))
        assert numbers(receiver, 2 * FRAMES) == [number % 0x100 for number in range(FRAMES)] * 2
        assert program.text == address


NO_STARTS = {
    "remote frame": can.Message(arbitration_id=0x200, is_extended_id=False, is_remote_frame=True),
    "FD frame": can.Message(arbitration_id=0x200, is_extended_id=False, is_fd=True),
    "of our own": to_can(Frame(0x200, remote=True, dlc=0)),
}


@pytest.mark.parametrize("kind", NO_STARTS)
def test_what_is_no_data_frame_starts_no_charger(bus: tuple[Program, str], kind: str) -> None:
    _, address = bus
    with role("charger", "-i", "remote", "-c", address, "--period", "0.05") as charger:
        charger.ready()
        with join(address) as other:
            other.send(message(0x210, b"\x20\x00"))
            other.send(NO_STARTS[kind])
            charger.until("frame with the number of Start")
            currents = [other.recv(PATIENCE) for _ in range(3)]
            assert [bytes(frame.data) for frame in currents if frame] == [b"\0\0"] * 3
            other.send(message(0x200))
            while (frame := other.recv(PATIENCE)) and bytes(frame.data) == b"\0\0":
                pass
            assert frame, "a Start starts it"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_quietly_while_programs_are_connected(
    bus: tuple[Program, str], number: signal.Signals
) -> None:
    program, address = bus
    with role("charger", "-i", "remote", "-c", address) as client:
        client.ready()
        assert program.end(number) == 0
        assert program.text == address


def test_it_ends_on_ctrl_c_where_a_script_started_it_with_that_ignored() -> None:
    command = f"trap '' INT; exec {sys.executable} -m rig.bus.embedded"
    with Program("bash", "-c", command) as program:
        program.ready()
        assert program.end(signal.SIGINT) == 0


def test_it_listens_on_loopback_only(bus: tuple[Program, str]) -> None:
    """/proc/net/tcp: local address in hex, then the remote one, then 0A for LISTEN."""
    port = int(re.findall(r"\d+", bus[1])[-1])
    with open("/proc/net/tcp") as table:
        listening = re.findall(rf" (\w{{8}}):{port:04X} \w+:\w+ 0A", table.read())
    assert listening == ["0100007F"]


@pytest.mark.parametrize(
    "headers",
    [{}, {"Upgrade": "websocket", "Sec-WebSocket-Key": "x", "Origin": "https://example.org"}],
)
def test_a_web_page_gets_neither_files_nor_the_bus(
    bus: tuple[Program, str], headers: dict[str, str]
) -> None:
    connection = http.client.HTTPConnection(bus[1].split("/")[2])
    connection.request("GET", "/../../../../etc/hostname", headers=headers)
    assert connection.getresponse().status == 403
    connection.close()


def test_clients_that_talk_nonsense_are_counted_in_few_lines(bus: tuple[Program, str]) -> None:
    program, address = bus
    for _ in range(12):
        with socket.create_connection((HOST, urlsplit(address).port), PATIENCE) as client:
            client.sendall(HANDSHAKE)
            assert client.recv(4096).startswith(b"HTTP/1.1 101")
            client.sendall(NONSENSE)
            while client.recv(4096):  # until it is refused
                pass
    assert program.end() == 0
    told = re.findall(r"a client was refused: .*, (\d+) so far", program.text)
    assert told == ["1", "10"]


def test_a_taken_port_is_one_line_and_status_2() -> None:
    port = free_port()
    with role("embedded", "--port", str(port)) as first:
        first.ready()
        second = subprocess.run(
            [sys.executable, "-m", "rig.bus.embedded", "--port", str(port)],
            capture_output=True,
            text=True,
        )
    assert second.returncode == 2
    assert second.stderr.startswith(f"rig bus: cannot listen on port {port}: ")
    assert second.stderr.count("\n") == 1
