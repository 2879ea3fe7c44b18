"""However the charge point ends while it charges, Stop is on the bus."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broken_cp import BROKEN
from tests.can_bench import Witness, cansend
from tests.cycles import hold
from tests.ports import free_port
from tests.processes import Program, Role, role


@pytest.fixture(scope="module")
def csms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A central system that starts each charge point that boots; its address."""
    url = f"ws://127.0.0.1:{free_port()}/"
    cycle = hold(tmp_path_factory.mktemp("cycle"))
    with role("csms", "--listen", url, "--cycle", cycle).ready():
        yield url


def charging(bus: Witness, csms: str, *options: str) -> Program:
    """A charge point that has just started to charge."""
    cp = role("cp", "--csms", csms, *options)
    assert bus.until("200#")[-3:] == ["201#", "210#1000", "200#"]
    return cp


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_stop_and_status_0(bus: Witness, csms: str, number: int) -> None:
    with charging(bus, csms) as cp:
        assert cp.end(number) == 0
        bus.expect(["201#"])
        assert "StopTransaction" in cp.text


def test_after_a_kill_the_next_start_begins_with_stop(bus: Witness, csms: str) -> None:
    with charging(bus, csms) as cp:
        cp.end(signal.SIGKILL)
    with role("cp", "--csms", csms).ready():
        bus.expect(["201#"])


@pytest.mark.parametrize("broken", BROKEN)
def test_a_defect_ends_it_with_stop_and_status_3(bus: Witness, csms: str, broken: str) -> None:
    """Also one at all that follows, so that not even the bridge's own Stop comes."""
    with Role("tests.broken_cp", broken, "--csms", csms) as cp:
        bus.until("200#")
        cansend("300#1400")
        assert bus.until("201#") == ["300#1400", "201#"]
        assert cp.status() == 3
        assert "RuntimeError: broken on purpose" in cp.text


def test_an_unplugged_car_is_stopped(bus: Witness, csms: str, tmp_path: Path) -> None:
    control = str(tmp_path / "cp.sock")
    with charging(bus, csms, "--control", control) as cp:
        with Role("rig.role.control", control, "unplug") as told:
            assert told.status() == 0
        bus.expect(["201#"])
        cp.until("reason=EVDisconnected")


def test_a_csms_that_is_gone_for_too_long_means_stop(bus: Witness, tmp_path: Path) -> None:
    url = f"ws://127.0.0.1:{free_port()}/"
    kept = {"XDG_STATE_HOME": str(tmp_path)}
    with (
        role("csms", "--listen", url, "--cycle", hold(tmp_path), env=kept).ready() as csms,
        charging(bus, url, "--csms-timeout", "1") as cp,
    ):
        csms.end(signal.SIGKILL)
        bus.expect(["201#"])
        cp.until("no CSMS for 1 s: Stop")
        with role("csms", "--listen", url, "--cycle", "none", env=kept).ready():
            cp.until("StopTransaction.*reason=Other")  # and nothing starts it again
            assert cp.end() == 0
        bus.expect(["201#"])


def test_started_by_a_script_that_ignores_sigint_it_ends_on_it_with_stop(
    bus: Witness, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "go")
    script = f"""
        python -m rig.cp --csms ws://127.0.0.1:9/ & cp=$!
        read -r < {tmp_path}/go
        kill -INT $cp
        wait $cp
    """
    with Program("bash", "-c", script) as program:
        bus.until("201#")  # as it starts
        program.ready()  # before, it would end without another one
        (tmp_path / "go").write_text("go\n")
        bus.until("201#")
        assert program.status() == 0
