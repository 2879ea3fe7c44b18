import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from rig.bus.opening import kernel_has_can
from rig.cli import main
from tests.ports import free_port
from tests.processes import ROOT, Program, embedded_bus, role, wait_for

# To start is what takes the time here, so most tests leave out the heavy roles.
WITHOUT_OCPP = ["--without", "csms", "--without", "cp"]
CHARGER_ONLY = [*WITHOUT_OCPP, "--without", "plot"]
TWO_ROLES = ["--without", "csms", "--without", "plot"]  # charger and cp

Options = list[str]


@pytest.fixture
def bench(tmp_path: Path) -> Options:
    return own_bench(tmp_path)


def own_bench(folder: Path) -> Options:
    """A bench whose CSMS has a port of its own, and a page on any free port."""
    file = folder / "rig.toml"
    file.write_text(f'csms = "ws://127.0.0.1:{free_port()}/"\n')
    return ["--bench", str(file), "--web", "0"]


@pytest.fixture
def up(bus: Options, bench: Options) -> Iterator[Program]:
    """One that runs charger and charge point."""
    with role("up", *bus, *bench[:2], *TWO_ROLES) as started:
        yield started.ready()


def run(*options: str) -> subprocess.CompletedProcess[str]:
    """`rig up` to its end."""
    command = [sys.executable, "-m", "rig.up", *options]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def pids(up: Program) -> dict[str, int]:
    """The processes that `rig up` started, by module."""
    own = up.process.pid
    found = Path(f"/proc/{own}/task/{own}/children").read_text().split()
    commands = {int(pid): Path(f"/proc/{pid}/cmdline").read_text().split("\0") for pid in found}
    return {words[words.index("-m") + 1]: pid for pid, words in commands.items()}


def is_running(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def order(text: str, *patterns: str) -> list[str]:
    """The patterns in the order of their first lines in the text, which has them all."""

    def place(pattern: str) -> int:
        match = re.search(pattern, text, re.MULTILINE)
        assert match, f"no {pattern!r} in {text}"
        return match.start()

    return sorted(patterns, key=place)


@dataclass(frozen=True)
class Run:
    """What `rig up` said in a run: until the first MeterValues in charge, and after its SIGINT."""

    begin: list[str]
    end: list[str]
    status: int
    folder: Path  # of --record


@pytest.fixture(scope="module")
def whole(bus: Options, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All roles, recorded."""
    folder = tmp_path_factory.mktemp("whole")
    options = [*own_bench(folder), "--record", str(folder / "runs" / "1")]
    with role("up", *bus, *options) as up:
        up.ready()
        up.until(r"^plot .* is up$")
        up.until(r"^csms .* ocpp < MeterValues Current.Import=\d+ A transaction=")
        so_far = len(up.lines)
        status = up.end()
    return Run(up.lines[:so_far], up.lines[so_far:], status, folder / "runs" / "1")


def test_all_start_in_order_work_and_end_in_the_reverse_order(whole: Run) -> None:
    assert whole.status == 0
    starts = [
        r"^record .* can = up",
        r"^watch .* is up$",
        r"^charger .* is up$",
        r"^csms .* serving",
        r"^plot .* is up$",
        r"^cp .* is up$",
    ]
    assert order("\n".join(whole.begin), *starts) == starts
    ends = [
        r"^cp .* can = closed",
        r"^plot .* can = closed",
        r"^charger .* can = closed",
        r"^watch .* can = closed",
        r"^record .* file = ",
    ]
    assert order("\n".join(whole.end), *ends) == ends


def test_the_bus_and_ocpp_are_recorded_to_the_end(whole: Run) -> None:
    frames = (whole.folder / "can.log").read_text().split()[2::3]
    assert [frame for frame in frames if not frame.startswith("300#")][-1] == "201#"
    lines = [json.loads(line) for line in (whole.folder / "ocpp.jsonl").open()]
    for point in ("csms", "cp"):
        first, connected, boot, *_, closed, last = [
            each for each in lines if each["point"] == point
        ]
        assert (first["offers"], last["offers"]) == (True, False)
        assert (connected["connection"], closed["connection"]) == ("connected", "closed")
        assert boot["message"][2] == "BootNotification"


def test_the_verdicts_are_kept_and_the_folder_says_the_same(
    whole: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = [json.loads(line) for line in (whole.folder / "verdicts.jsonl").open()]
    assert (lines[0]["watch"], lines[-1]["watch"]) == ("begins", "ends")
    assert main(["watch", str(whole.folder), "--json"]) == 0
    again = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    raised = ("alarm", "warn")
    live = [line for line in lines if line.get("state") in raised]
    assert live == [line for line in again if line["state"] in raised]
    names = {line["detector"] for line in lines if line.get("state") == "ok"}
    assert {"cross_layer", "ocpp_session", "fast_toggle"} <= names


def test_every_line_has_the_column_of_its_role(whole: Run) -> None:
    of_roles = [line for line in whole.begin + whole.end if not line.startswith("rig up: ")]
    columns = {line[:9] for line in of_roles}
    assert columns == {"record   ", "watch    ", "charger  ", "csms     ", "cp       ", "plot     "}


def test_the_start_ends_in_where_to_look_what_to_type_and_how_to_stop(whole: Run) -> None:
    (at,) = [n for n, line in enumerate(whole.begin) if line.startswith("rig up: look:  ")]
    look, steer, stop = whole.begin[at : at + 3]
    page = re.search(r"http://127\.0\.0\.1:\d+/", look)
    assert page
    assert any(line.endswith(f"plot = {page[0]}") for line in whole.begin)
    assert steer.startswith("rig up: steer: ")
    assert steer.endswith(" CP_1 SetChargingProfile --limit 16")
    assert stop == "rig up: stop:  Ctrl-C"


def test_what_it_says_to_type_is_taken(bus: Options, tmp_path: Path) -> None:
    address, runtime = f"ws://127.0.0.1:{free_port()}/", tmp_path / "runtime"
    runtime.mkdir()
    place = {"XDG_RUNTIME_DIR": str(runtime)}
    options = ["--listen", address, "--id", "CP 2", "--without", "plot"]
    with role("up", *bus, *options, env=place) as up:
        command = up.until(r"^rig up: steer: (.*)")[1]
        if "ocpp < BootNotification" not in " ".join(up.lines):  # either may come first
            up.until(r"csms .* ocpp < BootNotification")
        done = subprocess.run(
            command, shell=True, cwd=ROOT, env=os.environ | place, capture_output=True, text=True
        )
    assert (done.stdout, done.stderr) == ('{"status": "Accepted"}\n', "")


def test_it_ends_by_itself_after_the_duration(bus: Options) -> None:
    answer = run(*bus, *CHARGER_ONLY, "--duration", "0.1")
    assert answer.returncode == 0
    assert answer.stderr == "rig up: stop:  Ctrl-C, or by itself after 0.1 s\n"


def test_a_role_that_is_killed_is_told_and_ends_all(up: Program) -> None:
    started = pids(up)
    assert len(started) == 2
    os.kill(started["rig.charger_module"], signal.SIGKILL)
    assert up.status() == 3
    assert "rig up: charger was killed by SIGKILL; ending all" in up.lines
    assert not any(is_running(pid) for pid in started.values())


def test_a_plotter_that_is_killed_comes_back_with_its_alarm_and_nobody_else_ends(
    bus: Options, bench: Options
) -> None:
    with role("up", *bus, *bench, "--quiet") as up:
        up.ready()
        up.until(r"^plot .* alarm = fast_toggle: ")
        before = pids(up)
        os.kill(before["rig.plot_current"], signal.SIGKILL)
        up.until("^rig up: plot was killed by SIGKILL; the others go on, it again in 1 s$")
        # What the roles say and what rig up says come in any order.
        wait_for(lambda: "plot = started again: what was before is unknown\n" in up.text)
        wait_for(
            lambda: bool(re.search(r"rig up: plot is back: http://127\.0\.0\.1:\d+/", up.text))
        )
        stands = re.search(r"alarm = still stands: since \d\d:\d\d:\d\d: (.*)", up.text)
        assert stands
        named = stands[1].partition(" (and ")[0]  # and how many more stood
        assert named in re.findall(r"alarm = ([a-z_]+: .*)", up.text)
        after = pids(up)
        assert after.pop("rig.plot_current") != before.pop("rig.plot_current")
        assert after == before
        assert up.end() == 3  # one died


def test_a_recorder_that_is_killed_goes_on_in_the_same_file(
    bus: Options, bench: Options, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    log = folder / "can.log"
    with role("up", *bus, *bench[:2], *TWO_ROLES, "--record", str(folder)) as up:
        up.ready()
        wait_for(lambda: "300#" in log.read_text())
        before = pids(up)
        os.kill(before["rig.tools.record"], signal.SIGKILL)
        up.until("^rig up: record was killed by SIGKILL; the others go on, it again in 1 s$")
        up.until("^rig up: record is back$")
        kept = log.read_text()
        wait_for(lambda: log.read_text().count("300#") > kept.count("300#") + 2)
        after = pids(up)
        assert after.pop("rig.tools.record") != before.pop("rig.tools.record")
        assert after == before
        assert up.end() == 3
    (gap,) = [json.loads(line) for line in (folder / "can.log.gaps").open()]
    stamps = [float(line[1:18]) for line in log.read_text().splitlines()]
    assert stamps == sorted(stamps)
    assert (gap["from"], gap["to"]) in pairwise(stamps)


def test_a_terminal_that_closes_ends_all_and_the_charger_with_a_stop(up: Program) -> None:
    up.until(r"charger .*can < Stop")  # the one that cp begins with
    assert up.end(signal.SIGHUP) == 0
    told = re.findall(r"^(charger|cp) .*can (< Stop|= closed)", "\n".join(up.lines), re.MULTILINE)
    of_charger = [what for role, what in told if role == "charger"]
    assert of_charger == ["< Stop", "< Stop", "= closed"]
    assert told.index(("cp", "= closed")) < told.index(("charger", "= closed"))


def test_no_role_outlives_rig_up_even_when_it_is_killed(up: Program) -> None:
    started = pids(up)
    assert len(started) == 2
    assert up.end(signal.SIGKILL) == -9
    wait_for(lambda: not any(is_running(pid) for pid in started.values()))


def test_a_port_of_the_csms_that_is_taken_is_told_by_the_csms(bus: Options, bench: Options) -> None:
    with role("csms", *bench[:2]) as other:
        other.ready()
        answer = run(*bus, *bench[:2], "--without", "cp", "--without", "plot")
    assert answer.returncode == 2
    assert re.search(r"^csms     rig csms: .*", answer.stdout, re.MULTILINE)
    assert "rig up: csms ended with status 2; ending all\n" in answer.stderr


def test_two_rigs_run_beside_each_other_with_another_address_and_id(
    bus: Options, tmp_path: Path
) -> None:
    """Each on its own bus; they share the database, as a user's two rigs do."""
    state = {"XDG_STATE_HOME": str(tmp_path)}
    offered: set[str] = set()
    with embedded_bus() as other_bus, ExitStack() as stack:
        for buses, name in ((bus, "CP_1"), (other_bus, "CP_2")):
            address = f"ws://0.0.0.0:{free_port()}/"
            options = ["--listen", address, "--id", name, "--control", str(tmp_path / name)]
            up = stack.enter_context(role("up", *buses, *options, "--without", "plot", env=state))
            up.ready()
            up.until(rf"^csms .* {name} ocpp < StartTransaction")
            assert (tmp_path / name / "cp.sock").is_socket()
            sockets = re.findall(r"ocpp = offered at (\S+)", up.text)
            assert all(Path(socket).is_socket() for socket in sockets)
            offered |= {*sockets}
        assert len(offered) == 4  # csms and cp of each


def test_it_ends_when_nobody_reads_its_output_any_more(bus: Options) -> None:
    command = f"{sys.executable} -m rig.up {' '.join([*bus, *CHARGER_ONLY])} | head -n 1"
    with Program("bash", "-o", "pipefail", "-c", command) as pipeline:
        pipeline.until(r"^charger ")
        assert pipeline.status() == 0


@pytest.mark.skipif(kernel_has_can(), reason="needs a kernel without CAN")
def test_without_can_in_the_kernel_the_roles_share_an_embedded_bus(bench: Options) -> None:
    with role("up", *bench[:2], "--without", "plot") as up:
        up.until("^rig up: this kernel has no CAN: the roles share an embedded bus")
        up.until("scripts/socketcan_vm.sh scripts/run_all.sh")
        up.until(r"^charger .* can < Start \(200#\)")
        started = pids(up)
        assert up.end() == 0
    assert len(started) == 4
    assert not any(is_running(pid) for pid in started.values())
    assert "Traceback" not in up.text


@pytest.mark.skipif(kernel_has_can(), reason="needs a kernel without CAN")
def test_run_all_works_from_anywhere_and_ends_on_ctrl_c_that_a_script_ignores(
    bench: Options, tmp_path: Path
) -> None:
    options = " ".join([*bench[:2], *TWO_ROLES])
    command = f"trap '' INT; cd {tmp_path}; exec {ROOT}/scripts/run_all.sh {options}"
    with Program("bash", "-c", command) as up:
        up.ready()
        assert up.end(signal.SIGINT) == 0
    assert "Traceback" not in up.text
