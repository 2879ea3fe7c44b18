"""A car charges while strangers, disks and browsers do all that they can, at once."""

import csv
import json
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from rig.csms.send import main as send
from rig.csms.sessions import main as sessions
from tests.can_bench import Witness, is_current, small_disk
from tests.ports import free_port
from tests.processes import Program, Role, role

AT_MOST = 0.1  # s from the unplug to Stop on the bus by the kernel's stamp, in the best round
ROUNDS = 3


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """One that is soon full."""
    with small_disk(tmp_path / "disk", "size=1m,mode=700") as folder:
        yield folder


def test_nothing_that_strangers_disks_and_browsers_do_holds_up_a_stop(
    bus: Witness, tmp_path: Path, disk: Path
) -> None:
    rig = Rig(tmp_path, disk)
    with rig.started() as up:
        bus.until("201#")  # before all else, although its state is damaged
        up.ready()
        with rig.strangers() as strangers:
            delays = [rig.plays_a_round(bus, strangers)]
            with rig.full_disk():
                up.until("state = cannot write .*cp.db")
                delays += [rig.plays_a_round(bus, strangers)]
            up.until("state = .* is written again, nothing is missing")
            delays += [rig.plays_a_round(bus, strangers)]
            assert strangers.end(signal.SIGTERM) == 0
        assert min(delays) <= AT_MOST, delays
        assert up.end() == 0
    assert "taken over" not in json.loads(strangers.lines[-1])
    assert "defect" not in up.text
    assert [each["state"] for each in rig.kept()] == ["ended: EVDisconnected"] * ROUNDS
    sent = re.findall(r"^cp .* ocpp > MeterValues .*Current\.Import=(\S+)", up.text, re.MULTILINE)
    kept = rig.kept("--meter-values")
    currents = [each["value"] for each in kept if each["measurand"] == "Current.Import"]
    assert [float(value) for value in currents] == [float(value) for value in sent]


class Rig:
    """`rig up` with all that strangers can reach."""

    def __init__(self, folder: Path, disk: Path) -> None:
        self._folder, self._disk = folder, disk
        self._ocpp, self._http, self._page = free_port(), free_port(), free_port()
        self._control = folder / "control"
        self._control.mkdir(mode=0o700)
        self._bench, self._state = folder / "rig.toml", disk / "cp.db"
        self._bench.write_text(f'csms = "ws://127.0.0.1:{self._ocpp}/"\n')
        self._state.write_bytes(b"no database " * 99)
        self._database = f"sqlite:///{folder}/csms.db"

    def started(self) -> Program:
        where = ["--bench", self._bench, "--state", self._state, "--database", self._database]
        ports = ["--http", self._http, "--web", self._page, "--control", self._control]
        return role("up", *map(str, [*where, *ports]), "--cycle", "none")

    def strangers(self) -> Program:
        ports = {"--ocpp": self._ocpp, "--http": self._http, "--page": self._page}
        return Role("tests.strangers", *(str(word) for each in ports.items() for word in each))

    def plays_a_round(self, bus: Witness, strangers: Program) -> float:
        """Charge while strangers do all that they do, unplug, and plug in again.

        The s from the unplug to Stop.
        """
        asked = ["CP_1", "RemoteStartTransaction", "--id-tag", "RIG", "--bench", str(self._bench)]
        assert send(asked) == 0
        bus.until("200#")
        bus.until(lambda frame: is_current(frame) and frame != "300#0000")
        strangers.until("each was done")
        strangers.until("each was done")  # whatever began before is over
        unplugged = time.time()
        self._tell("unplug")
        bus.until("201#")
        self._tell("plug")
        return bus.stamps[-1] - unplugged

    def kept(self, *options: str) -> list[dict[str, str]]:
        """The account of the charge point that charged: its sessions, or its meter values."""
        file = self._folder / "kept.csv"
        asked = ["--database", self._database, "--charge-point", "CP_1", "--csv", str(file)]
        assert sessions([*asked, *options]) == 0
        with file.open() as rows:
            return list(csv.DictReader(rows))

    def _tell(self, command: str) -> None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self._control / "cp.sock"))
            connection.sendall(json.dumps({"command": command}).encode() + b"\n")
            assert json.loads(connection.makefile().readline()) == {"ok": True}

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        ballast = self._disk / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(4096)):
                pass
        yield
        ballast.unlink()
