"""Each role is killed with -9 and started again while the others go on."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.can_bench import Witness, is_current
from tests.cycles import seed_in_half_the_time
from tests.ports import free_port
from tests.processes import Program, role, wait_for


class Rig:
    """The four roles, each of which can be killed and started again."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        url = f"ws://127.0.0.1:{free_port()}/"
        self._stack = stack
        self._kept = {"XDG_STATE_HOME": str(folder)}
        self._options = {
            "charger": (),
            "csms": ("--listen", url, "--cycle", seed_in_half_the_time(folder)),
            "cp": ("--csms", url, "--profile-policy", "seed"),
            "plot": ("--web", "0"),  # draws only while a browser looks
        }
        self.roles: dict[str, Program] = {}
        for name in self._options:
            self.start(name)

    def start(self, name: str, *options: str) -> Program:
        program = role(name, *(options or self._options[name]), env=self._kept)
        self.roles[name] = self._stack.enter_context(program.ready())
        return self.roles[name]

    def kill(self, name: str) -> None:
        assert self.roles[name].end(signal.SIGKILL) == -signal.SIGKILL
        others = {other: program for other, program in self.roles.items() if other != name}
        assert {other: p.process.poll() for other, p in others.items()} == dict.fromkeys(others)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with ExitStack() as stack:
        yield Rig(stack, tmp_path_factory.mktemp("cycle"))


def test_a_new_charger_is_heard(rig: Rig, bus: Witness) -> None:
    rig.kill("charger")
    rig.start("charger")
    bus.until(is_current)
    rig.roles["csms"].until("MeterValues Current.Import")


def test_a_new_central_system_knows_the_charge_point_and_plays_its_cycle(
    rig: Rig, bus: Witness
) -> None:
    rig.kill("csms")
    csms = rig.start("csms")
    bus.until("210#0000")
    bus.until("200#")
    csms.until(r"MeterValues Current.Import=\d+ A transaction=")


def test_a_new_charge_point_stops_first_then_boots(rig: Rig, bus: Witness) -> None:
    bus.until("200#")
    rig.kill("cp")
    bus.frames.clear()
    rig.start("cp")
    commands = [frame for frame in bus.until("200#") if not is_current(frame)]
    assert commands == ["201#", "210#0000", "210#6400", "200#"]


def test_a_new_plotter_draws(rig: Rig, tmp_path: Path) -> None:
    picture = tmp_path / "plot.png"
    rig.kill("plot")
    rig.start("plot", "--png", str(picture)).until("can = vcan0 is up")
    wait_for(picture.exists)


def test_all_end_with_status_0(rig: Rig) -> None:
    assert {name: program.end() for name, program in rig.roles.items()} == {
        "charger": 0,
        "csms": 0,
        "cp": 0,
        "plot": 0,
    }
