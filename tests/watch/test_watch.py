"""`rig watch` as a process beside a bus, and over a folder."""

import json
import re
from pathlib import Path

import can
import pytest

from rig.bus.dbc import read_codec
from rig.bus.logic.candump import log_line
from rig.bus.logic.messages import Message, SetLimit, Start, Stop
from rig.bus.python_can_wire import to_can
from rig.cli import main
from rig.role.bench import Bench
from tests.processes import Program, role

Options = list[str]
CODEC = read_codec(Bench())
TOGGLES: list[Message] = [SetLimit(32.0), Stop(), Start(), Stop(), Start(), Stop()]


def say(bus: Options, *messages: Message) -> None:
    """Put these on the bus."""
    with can.Bus(interface="remote", channel=bus[3], receive_own_messages=True) as out:
        for message in messages:
            out.send(to_can(CODEC.encode(message)))
            assert out.recv(10.0)


def watch(bus: Options, folder: Path, *options: str) -> Program:
    return role("watch", *bus, "--ocpp", str(folder), *options)


def test_verdicts_are_told_in_the_log_as_they_begin(bus: Options, tmp_path: Path) -> None:
    with watch(bus, tmp_path).ready() as program:
        say(bus, *TOGGLES)
        program.until(r"ok fast_toggle: nothing repeats$")
        program.until(r"warn fast_toggle: target moved 32 A and back within \d\.\d s, once$")
        program.until(r"alarm fast_toggle: .* 2 times in \d s$")
        assert program.end() == 0
        assert re.search(r"can = closed; remote \S+: 6 frames, lost: unknown", str(program.lines))


def test_as_json_nothing_else_is_told(bus: Options, tmp_path: Path) -> None:
    with watch(bus, tmp_path, "--json").ready() as program:
        say(bus, *TOGGLES)
        program.until(r'"detector": "fast_toggle", "state": "alarm"')
        assert program.end() == 0
        told = [json.loads(line) for line in program.lines]
    assert {line["detector"] for line in told} == {"fast_toggle", "oscillation_command"}
    assert all(line["t"] == line["since"] for line in told)


@pytest.mark.parametrize(
    ("fail_on", "messages", "status"),
    [("alarm", TOGGLES, 1), ("alarm", TOGGLES[:4], 0), ("warn", TOGGLES[:4], 1)],
)
def test_it_ends_with_1_if_one_was_raised_that_it_is_to_fail_on(
    fail_on: str, messages: list[Message], status: int, bus: Options, tmp_path: Path
) -> None:
    with watch(bus, tmp_path, "--fail-on", fail_on).ready() as program:
        say(bus, *messages)
        program.until("warn fast_toggle")
        if messages == TOGGLES:
            program.until("alarm fast_toggle")
        assert program.end() == status
        said = "raised, and --fail-on asks for none"
        assert (said in "\n".join(program.lines)) == (status == 1)


def test_what_was_raised_before_it_was_started_again_counts(bus: Options, tmp_path: Path) -> None:
    with watch(bus, tmp_path, "--fail-on", "alarm", "--again=2").ready() as program:
        assert program.end() == 1
        assert "2 raised, and --fail-on asks for none" in "\n".join(program.lines)


def test_the_verdicts_are_kept_with_the_begin_and_the_end_of_the_watch(
    bus: Options, tmp_path: Path
) -> None:
    file = tmp_path / "verdicts.jsonl"
    for _ in range(2):  # a second watch goes on in the file
        with watch(bus, tmp_path, "--record", str(file)).ready() as program:
            say(bus, *TOGGLES)
            program.until("alarm fast_toggle")
            assert program.end() == 0
    lines = [json.loads(line) for line in file.open()]
    marks = [line["watch"] for line in lines if "watch" in line]
    assert marks == ["begins", "ends", "begins", "ends"]
    raised = [line["state"] for line in lines if line.get("detector") == "fast_toggle"]
    assert raised == ["ok", "warn", "alarm"] * 2
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_written_any_more_is_said_and_the_watch_goes_on(
    bus: Options, tmp_path: Path
) -> None:
    with watch(bus, tmp_path, "--record", "/dev/full") as program:
        program.until("recording ended: cannot write /dev/full: No space left on device")
        program.ready()
        say(bus, *TOGGLES)
        program.until("alarm fast_toggle")
        assert program.end() == 0


# --- a folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recording of the toggles, half a second apart."""
    lines = [
        log_line(1795384276.0 + number / 2, "vcan0", CODEC.encode(message))
        for number, message in enumerate(TOGGLES)
    ]
    (tmp_path / "can.log").write_text("\n".join([*lines, "no line", ""]))
    return tmp_path


def test_a_folder_is_judged_and_what_is_no_line_of_it_is_counted(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["watch", str(folder)]) == 0
    told, said = capfd.readouterr()
    (alarm,) = [line for line in told.splitlines() if " alarm " in line]
    why = "target moved 32 A and back within 0.5 s, 2 times in 1 s"
    assert re.fullmatch(rf"\d\d:\d\d:18\.500 alarm fast_toggle: {why}", alarm)
    assert said == "rig watch: can.log: 1 lines that are none were left out\n"


def test_a_folder_is_judged_by_the_detectors_that_watched_unless_others_are_asked_for(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    begins = {"t": 1795384275.0, "watch": "begins", "rule": "seed_variance"}
    (folder / "verdicts.jsonl").write_text(json.dumps(begins) + "\n")
    assert main(["watch", str(folder), "--fail-on", "alarm"]) == 0
    assert main(["watch", str(folder), "--fail-on", "alarm", "--rule", "all"]) == 1
    capfd.readouterr()
    (folder / "verdicts.jsonl").write_text(json.dumps(begins | {"rule": "x"}) + "\n")
    assert main(["watch", str(folder)]) == 2
    assert "names the rule 'x': choose one with --rule" in capfd.readouterr().err


def test_a_folder_can_fail_as_well(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", str(folder), "--fail-on", "alarm"]) == 1
    assert "1 raised, and --fail-on asks for none" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "rig watch: nowhere holds no can.log: name the folder of a recording\n"),
        (
            ["nowhere", "--record", "x"],
            "rig watch: --record keeps what is judged live: leave it out with a folder\n",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    words: list[str], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["watch", *words]) == 2
    assert capfd.readouterr().err == said
