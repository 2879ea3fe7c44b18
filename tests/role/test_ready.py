import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from rig.role.ready import announce_again, announce_ready


@pytest.fixture
def manager() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        yield sock


@pytest.fixture
def abstract(manager: socket.socket, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    """One that has a name of the kernel's choice, which begins with an at sign."""
    manager.bind("")
    monkeypatch.setenv("NOTIFY_SOCKET", "@" + manager.getsockname()[1:].decode())
    return manager


def test_it_says_ready_to_the_socket_that_systemd_names(
    manager: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager.bind(str(tmp_path / "notify"))
    monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
    announce_ready()
    assert manager.recv(100) == b"READY=1"  # sd_notify(3)


def test_a_line_for_people_may_come_with_it(abstract: socket.socket) -> None:
    announce_ready("http://127.0.0.1:8988/")
    assert abstract.recv(100) == b"READY=1\nSTATUS=http://127.0.0.1:8988/"  # sd_notify(3)


@pytest.mark.parametrize("value", [None, "", "/no/such/socket"])
def test_nobody_to_tell_is_no_error(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if value is not None:
        monkeypatch.setenv("NOTIFY_SOCKET", value)
    announce_ready()


def test_how_to_be_started_again_is_told_as_what_systemd_does_not_know(
    abstract: socket.socket,
) -> None:
    announce_again("--again=since 21:15:31: 4 swings")
    assert abstract.recv(100) == b"X_AGAIN=--again=since 21:15:31: 4 swings"


@pytest.mark.usefixtures("abstract")
def test_nobody_who_reads_nothing_is_waited_for() -> None:
    """The kernel keeps some ten (net.unix.max_dgram_qlen), and a sender that waits would hang."""
    for _ in range(2000):
        announce_again("--again")
