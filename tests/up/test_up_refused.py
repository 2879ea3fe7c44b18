"""What `rig up` makes of its options, and what it refuses before it starts anything."""

import importlib
import re
from pathlib import Path

import pytest

import rig.up.__main__
from rig.bus.opening import kernel_has_can
from rig.role.logic.programs import PROGRAMS
from rig.up.__main__ import main, parser, read_request
from rig.up.logic.launch_plan import PASSED_OPTIONS
from tests.up.test_up import CHARGER_ONLY, WITHOUT_OCPP, Options, run


def refused(capfd: pytest.CaptureFixture[str], *options: str) -> str:
    """What `rig up` says to these options, which it starts nothing with."""
    assert main(["-i", "remote", "-c", "ws://127.0.0.1:9/", *options]) == 2
    said = capfd.readouterr()
    assert said.out == ""
    return str(said.err)


@pytest.mark.parametrize(
    ("options", "level"),
    [
        ([], "info"),
        (["--quiet"], "warning"),
        (["--log-level", "error"], "error"),
        (["--quiet", "--log-level", "info"], "info"),
    ],
)
def test_how_much_the_roles_say_is_an_option(options: Options, level: str) -> None:
    assert read_request(parser().parse_args(options)).log_level == level


@pytest.mark.parametrize(
    ("directory", "why"),
    [
        ("a", "a holds a can.log already: name another directory"),
        ("b", "b holds a ocpp.jsonl already: name another directory"),
        ("a/can.log/run", "cannot make the directory a/can.log/run: Not a directory"),
        ("", "--record needs the name of a directory"),  # else it would be the root
        ("x" * 300, f"cannot make the directory {'x' * 300}: File name too long"),
    ],
    ids=["overwritten bus", "overwritten messages", "in a file", "no name", "long name"],
)
def test_where_no_recording_can_be_is_refused(
    directory: str,
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in ("a/can.log", "b/ocpp.jsonl"):
        Path(file).parent.mkdir()
        Path(file).write_text("precious")
    assert refused(capfd, "--record", directory) == f"rig up: {why}\n"


def test_a_bus_that_ends_with_its_process_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["-i", "virtual"]) == 2
    assert "a virtual bus reaches one process only" in capfd.readouterr().err


def test_a_serial_adapter_is_refused_with_what_makes_a_can0_of_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Each role would read a part of its bytes."""
    assert main(["-i", "slcan", "-c", "/dev/ttyACM0", "--record", "/no/such"]) == 2
    said = capfd.readouterr()
    assert (said.out, said.err) == (
        "",
        "rig up: slcan /dev/ttyACM0 would be opened by record, watch, charger, plot, cp, but a "
        "serial port gives each byte to one process only: sudo slcand -o -c -s6 /dev/ttyACM0 can0 "
        "&& sudo ip link set up can0, then rig up -i socketcan -c can0\n",
    )


def test_an_adapter_for_one_process_is_refused_also_if_the_bench_or_the_environment_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rig.toml"
    file.write_text('[bus]\ninterface = "gs_usb"\nchannel = 0\n')
    assert main(["--bench", str(file)]) == 2
    assert "rig up: gs_usb 0 would be opened by charger, plot, cp, but" in capfd.readouterr().err
    monkeypatch.setenv("CAN_INTERFACE", "slcan")
    monkeypatch.setenv("CAN_CHANNEL", "/dev/ttyUSB7")
    assert main(["--without", "plot"]) == 2
    assert "rig up: slcan /dev/ttyUSB7 would be opened by charger, cp, but" in (
        capfd.readouterr().err
    )


@pytest.mark.parametrize("option", PASSED_OPTIONS)
def test_what_is_passed_on_is_an_option_of_the_role(option: str) -> None:
    owner = PASSED_OPTIONS[option]
    module = importlib.import_module(PROGRAMS[owner.role].entry)
    text = " ".join(module.parser().format_help().split())
    assert re.search(rf" {option} [\[{{A-Z]", text)  # with a value
    text = " ".join(parser().format_help().split())
    assert f"{option} {'[PORT]' if option == '--web' else owner.metavar} {owner.what}" in text


@pytest.mark.parametrize("option", ["--listen", "--csms"])
def test_an_address_that_is_none_is_refused_before_anything_starts(
    option: str, capfd: pytest.CaptureFixture[str]
) -> None:
    line = refused(capfd, option, "http://[::1")
    assert line == (
        "rig up: csms must be an address like ws://127.0.0.1:9000/, not 'http://[::1'\n"
    )


def test_a_defect_is_3_also_if_it_is_a_value_error(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It was told as a mistake of the user."""

    async def broken(*_: object) -> int:
        raise ValueError("not a mistake of the user")

    monkeypatch.setattr(rig.up.__main__, "run", broken)
    assert main(["-i", "remote", "-c", "ws://127.0.0.1:9/"]) == 3
    assert "rig up: a defect of the rig, please report it" in capfd.readouterr().err


def test_an_option_for_a_role_that_is_left_out_is_refused(
    capfd: pytest.CaptureFixture[str],
) -> None:
    line = refused(capfd, *WITHOUT_OCPP, "--cycle", "normal")
    assert line == "rig up: --cycle is for csms, which --without leaves out\n"


@pytest.mark.skipif(kernel_has_can(), reason="needs a kernel without CAN")
def test_a_bus_that_was_asked_for_is_never_replaced_by_the_embedded_one(
    capfd: pytest.CaptureFixture[str],
) -> None:
    line = refused(capfd, "-i", "socketcan", "-c", "vcan0")
    assert line.startswith("rig up: this kernel has no CAN: use a machine that has")


def test_a_mistake_in_an_option_of_a_role_ends_with_that_roles_line_and_status(
    bus: Options,
) -> None:
    answer = run(*bus, *CHARGER_ONLY, "--step", "never")
    assert answer.returncode == 2
    assert "charger  rig charger: argument --step: " in answer.stdout
    assert answer.stderr == "rig up: charger ended with status 2; ending all\n"


def test_a_bus_that_does_not_open_is_told_by_the_first_role() -> None:
    answer = run("-i", "remote", "-c", "ws://127.0.0.1:9/")
    assert answer.returncode == 2
    assert answer.stdout.startswith("charger  rig charger: cannot open remote ws://127.0.0.1:9/: ")


def test_a_role_that_is_alone_on_an_adapter_for_one_process_starts() -> None:
    answer = run("-i", "slcan", "-c", "/no/such/tty", *CHARGER_ONLY)
    assert answer.returncode == 2
    assert answer.stdout.startswith("charger  rig charger: cannot open slcan /no/such/tty: ")
