import contextlib
import importlib
import subprocess
import sys

import pytest

from rig import __version__
from rig.cli import main
from rig.role.logic.programs import PROGRAMS


def test_the_help_has_a_line_for_each_word_and_ends_in_examples(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert main(["--help"]) == 0
    text = capfd.readouterr().out
    for word, program in PROGRAMS.items():
        assert f"  {word:8} {program.what}\n" in text
    examples = text.split("examples:\n")[1].splitlines()
    assert examples
    assert all(line.startswith("  rig ") for line in examples)


@pytest.mark.parametrize("columns", ["30", "200"])
@pytest.mark.parametrize("word", ["", *PROGRAMS])
def test_help_fits_80_columns_whatever_the_terminal_has(
    word: str, columns: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    with contextlib.suppress(SystemExit):
        main([*filter(None, [word]), "--help"])
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) > 10
    assert [line for line in lines if len(line) > 80] == []
    assert max(map(len, lines)) > 60


@pytest.mark.parametrize("word", PROGRAMS)
def test_an_option_that_no_word_has_is_one_line_that_names_the_fix(
    word: str, capfd: pytest.CaptureFixture[str]
) -> None:
    needed = {"record": ["can.log"], "control": ["cp", "unplug"]}.get(word, [])
    assert main([word, *needed, "--no-such-option"]) == 2
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err == f"rig {word}: there is no option --no-such-option (see rig {word} --help)\n"


@pytest.mark.parametrize("option", ["--fd", "--data-bitrate=2000000", "--timing=f_clock=8000000"])
@pytest.mark.parametrize("word", ["up", "cp", "charger", "plot", "record"])
def test_options_of_fd_lead_nowhere_and_are_not_offered(
    word: str, option: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([word, option, *(["can.log"] if word == "record" else [])]) == 2
    name = option.partition("=")[0]
    assert capfd.readouterr().err.startswith(f"rig {word}: there is no option {name} (")


@pytest.mark.parametrize("word", PROGRAMS)
def test_each_word_is_a_program_whose_help_ends_in_examples(
    word: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([word, "--help"]) == 0
    text = capfd.readouterr().out
    assert text.startswith(f"usage: rig {word} ")
    assert f"  rig {word}" in text.split("examples:\n")[1]


def test_the_version_is_the_packages(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capfd.readouterr().out == f"rig {__version__}\n"


def test_an_unknown_word_is_one_line_that_names_the_known(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert main(["chager", "-c", "can0"]) == 2
    line = capfd.readouterr().err
    assert line.startswith("rig: there is no 'chager'; one of up, charger, csms, plot, cp, ")
    assert line.count("\n") == 1


def test_no_word_at_all_is_one_line_too(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capfd.readouterr().err.startswith("rig: say what to run; one of up, ")


def test_the_status_of_the_role_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    given = []

    def fake(argv: list[str]) -> int:
        given.append(argv)
        return 5

    monkeypatch.setattr(importlib.import_module("rig.charger_module.__main__"), "main", fake)
    assert main(["charger", "--step", ""]) == 5
    assert given == [["--step", ""]]


def test_no_role_is_imported_before_it_is_asked_for() -> None:
    code = "import sys, rig.cli; rig.cli.main(['--help']); sys.exit('can' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_python_m_rig_is_the_same_command() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "rig", "--version"], check=True, capture_output=True, text=True
    )
    assert answer.stdout == f"rig {__version__}\n"
