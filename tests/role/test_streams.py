"""Roles whose output is stuck, gone or full, as real processes whose Python buffers its output."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rig.role.streams import hear_out, say, write_all
from tests.processes import PATIENCE, ROOT, embedded_bus, wait_for

PAGE = 4096  # bytes, the least that a pipe holds
F_SETPIPE_SZ = 1031  # linux/fcntl.h
CHARGER = ("rig.charger_module", "-i", "virtual", "--period", "0.002")


@contextmanager
def started(
    *module: str, out: int, err: int = subprocess.PIPE
) -> Iterator["subprocess.Popen[str]"]:
    """`python -m module`, with READY=1 waited for, and killed in the end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        notified.bind("")
        notified.settimeout(PATIENCE)
        address = "@" + notified.getsockname()[1:].decode()
        buffered = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=ROOT,
            env=buffered | {"NOTIFY_SOCKET": address},
            stdout=out,
            stderr=err,
            text=True,
        )
        try:
            assert b"READY=1" in notified.recv(4096)
            yield process
        finally:
            process.kill()
            process.wait()


@contextmanager
def unread_pipe() -> Iterator[tuple[int, int]]:
    """A small pipe that nobody reads: its ends."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, F_SETPIPE_SZ, PAGE)
    yield reading, writing
    os.close(reading)
    os.close(writing)


def is_almost_full(pipe: int) -> bool:
    """Lines of 60 bytes come each 2 ms, so that the writer is stuck soon, if it is not yet."""
    held = fcntl.ioctl(pipe, 0x541B, b"\0" * 4)  # FIONREAD
    return int.from_bytes(held, sys.byteorder) > PAGE * 3 // 4


def test_a_role_whose_output_nobody_reads_ends_when_it_is_asked_to() -> None:
    """Its log's thread held the lock of sys.stdout, for which the interpreter waited in the end."""
    with unread_pipe() as (reading, writing), started(*CHARGER, out=writing) as charger:
        wait_for(lambda: is_almost_full(reading))
        charger.send_signal(signal.SIGTERM)
        assert charger.wait(PATIENCE) == 0
        assert charger.stderr
        assert charger.stderr.read() == ""


def test_rig_up_whose_output_nobody_reads_ends_on_ctrl_c_with_0() -> None:
    """Also with what it says itself in the same pipe."""
    with embedded_bus() as bus, unread_pipe() as (reading, writing):
        roles = ("--without", "csms", "--without", "cp", "--without", "plot", "--period", "0.002")
        with started("rig.up", *roles, *bus, out=writing, err=writing) as up:
            wait_for(lambda: is_almost_full(reading))
            up.send_signal(signal.SIGINT)
            assert up.wait(PATIENCE) == 0


def test_a_role_whose_log_finds_a_full_disk_says_so_once_and_goes_on() -> None:
    with open("/dev/full", "w") as full, started(*CHARGER, out=full.fileno()) as charger:
        assert charger.stderr
        line = charger.stderr.readline()
        charger.send_signal(signal.SIGTERM)
        assert charger.wait(PATIENCE) == 0
        why = "its log cannot be written, it goes on: No space left on device"
        assert line + charger.stderr.read() == f"rig charger: {why}\n"


def test_a_role_that_is_started_with_a_closed_output_says_so_once_and_goes_on() -> None:
    command = f'exec "{sys.executable}" -m {" ".join(CHARGER)} >&-'
    with subprocess.Popen(
        ["bash", "-c", command], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as charger:
        assert charger.stderr
        line = charger.stderr.readline()
        charger.send_signal(signal.SIGTERM)
        assert charger.wait(PATIENCE) == 0
        why = "its log cannot be written, it goes on: Bad file descriptor"
        assert line + charger.stderr.read() == f"rig charger: {why}\n"


def test_rig_up_whose_output_finds_a_full_disk_goes_on_and_says_so_once() -> None:
    with embedded_bus() as bus, open("/dev/full", "w") as full:
        roles = ("--without", "csms", "--without", "cp", "--without", "plot")
        with started("rig.up", *roles, *bus, out=full.fileno()) as up:
            up.send_signal(signal.SIGINT)
            assert up.wait(PATIENCE) == 0
            assert up.stderr
            why = "the output cannot be written, the roles go on: No space left on device"
            assert up.stderr.read().count(f"rig up: {why}\n") == 1


def test_a_pipe_that_somebody_made_non_blocking_gets_everything() -> None:
    with unread_pipe() as (reading, writing):
        os.set_blocking(writing, False)
        writer = threading.Thread(target=write_all, args=(writing, b"x" * 3 * PAGE))
        writer.start()
        got = b""
        while len(got) < 3 * PAGE:
            got += os.read(reading, PAGE)
        writer.join(PATIENCE)
        assert got == b"x" * 3 * PAGE


def test_what_is_said_is_whole_lines_in_order(capfd: pytest.CaptureFixture[str]) -> None:
    for number in range(100):
        say(f"rig up: line {number}")
    hear_out()
    assert capfd.readouterr().err.splitlines() == [f"rig up: line {n}" for n in range(100)]
