"""Real SocketCAN: vcan0 must be there. Fails rather than skips, since it was asked for."""

from collections.abc import Iterator

import pytest

from tests.can_bench import Witness, is_up, link, run, witness


@pytest.fixture
def bus() -> Iterator[Witness]:
    """vcan0, up, with a witness."""
    if not is_up("vcan0"):
        link("vcan0", "up")
    with witness() as candump:
        yield candump


@pytest.fixture(scope="module")
def room_for_fd() -> None:
    """CAN FD frames need an interface that takes them."""
    link("vcan0", "down")
    run("ip", "link", "set", "vcan0", "mtu", "72")
    link("vcan0", "up")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/socketcan/" in item.nodeid:
            item.add_marker(pytest.mark.socketcan)
