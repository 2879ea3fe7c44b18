"""How the charge point ends as a process: in every case, and with which status."""

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cp.cp_process import STOP_SEEN
from tests.peers import UNANSWERED, CentralSystem
from tests.ports import free_port
from tests.processes import Program, role, stop

VIRTUAL = ("-i", "virtual", "-c", "endings")


@pytest.fixture
def csms() -> Iterator[CentralSystem]:
    """It never answers what a charge point tells at its end."""
    with CentralSystem({"StatusNotification": UNANSWERED}) as listening:
        yield listening


def reset(csms: CentralSystem, cp: Program) -> None:
    """Have the charge point carry out a Reset, and read nothing more, not even that it closes:
    the answers that wait to be read are in front of that.
    """
    cp.ready().until(STOP_SEEN)
    point = csms.connected()
    point.until("StatusNotification")
    point.stop_reading()
    for _ in range(4):
        point.begin("GetConfiguration", {"key": ["HeartbeatInterval"]})
    point.begin("Reset", {"type": "Soft"})


@pytest.mark.parametrize(
    "moment",
    [
        r"restarting \(SoftReset\)",  # it waits for Stop, then for the central system
        "the CSMS was not told everything",  # it closes the connection
    ],
)
def test_a_signal_while_a_reset_closes_ends_it(csms: CentralSystem, moment: str) -> None:
    """The wait for the connection took the signal for its own: no second one ended it either."""
    with role("cp", *VIRTUAL, "--csms", csms.url) as cp:
        reset(csms, cp)
        cp.until(moment)
        assert cp.end(signal.SIGTERM) == 0
        assert "a new life begins" not in cp.text
        assert "closed; received frames lost" in cp.lines[-1]


@contextlib.contextmanager
def stopped_bus() -> Iterator[tuple[Program, list[str]]]:
    """A bus that may stand still, and the options with which a role joins it."""
    port = free_port()
    with role("embedded", "--port", str(port)) as bus:
        bus.ready()
        try:
            yield bus, ["-i", "remote", "-c", f"ws://127.0.0.1:{port}/"]
        finally:
            bus.process.send_signal(signal.SIGCONT)


UNCONFIRMED = "rig cp: no Stop came back from the bus: the charger may still run"


def test_a_way_out_without_a_confirmed_stop_is_1(csms: CentralSystem) -> None:
    with stopped_bus() as (bus, options), role("cp", *options, "--csms", csms.url) as cp:
        cp.ready().until(STOP_SEEN)
        stop(bus)
        assert cp.end(signal.SIGTERM) == 1
        assert "can > Stop was NOT confirmed: the charger may still run" in cp.text
        assert cp.lines[-1] == UNCONFIRMED


def test_rig_up_passes_it_on(csms: CentralSystem) -> None:
    left_out = [word for name in ("csms", "charger", "plot") for word in ("--without", name)]
    with stopped_bus() as (bus, options), role("up", *left_out, *options) as up:
        up.ready().until(STOP_SEEN)
        stop(bus)
        assert up.end(signal.SIGINT) == 1
        assert f"cp       {UNCONFIRMED}" in up.text
        assert "rig up: cp ended with status 1 while ending" in up.text


def test_where_the_state_cannot_be_used_it_says_how_to_help_after_its_stop(
    csms: CentralSystem, tmp_path: Path
) -> None:
    with role("cp", *VIRTUAL, "--csms", csms.url, "--state", str(tmp_path)) as cp:
        cp.until(STOP_SEEN)
        assert cp.status() == 2
    assert cp.lines[-1] == f"rig cp: {tmp_path} is a directory: name a file with --state"


def test_a_second_one_of_a_state_leaves_it_to_the_first_after_its_stop(
    csms: CentralSystem, tmp_path: Path
) -> None:
    state = ("--state", str(tmp_path / "CP_1.db"))
    with role("cp", *VIRTUAL, "--csms", csms.url, *state) as first:
        first.ready()
        with role("cp", *VIRTUAL, "--csms", csms.url, *state) as second:
            second.until(STOP_SEEN)
            assert second.status() == 2
        assert "is in use by another charge point: end it, or name another" in second.lines[-1]
        assert first.end(signal.SIGTERM) == 0
