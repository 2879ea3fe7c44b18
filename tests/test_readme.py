"""What the READMEs tell to type is there, takes what they give it, and can be typed in their order.

As a newcomer does, in a bare system: nothing is used before the README said where it comes from.
"""

import ast
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest

from rig.csms.logic.requests import REQUESTS
from rig.role.logic.programs import PROGRAMS
from tests.ports import free_port
from tests.processes import ROOT, embedded_bus, role, wait_for

READMES = [ROOT / "README.md", *sorted((ROOT / "rig").rglob("README.md"))]
ALL_READMES = [*READMES, *sorted((ROOT / "scripts").rglob("README.md"))]
PATH = r"(?<![\w./*~-])(?:(?:rig|tests|scripts|dbc)/[\w./*-]*[\w*]|[\w./*-]+\.(?:py|sh|md|html))\b"
BLOCK = r"^```(?:sh|console)\n(?P<block>.*?)^```"
INLINE = r"`(?P<inline>(?:rig|python -m|cansend|canplayer|scripts/[^\s`]+) [^`]+)`"
PARSERS = {word: import_module(program.entry).parser for word, program in PROGRAMS.items()}
# Where a bare Debian gets each program from.
ACTIVATE = ". .venv/bin/activate"
SOURCES = {
    "rig": ACTIVATE,
    "python": ACTIVATE,
    "cantools": ACTIVATE,
    "candump": "can-utils",
    "cansend": "can-utils",
    "canplayer": "can-utils",
    "slcand": "can-utils",
    "ip": "iproute2",
    "curl": "sudo apt-get install curl",
}
OF_DEBIAN = {"sudo", "apt-get", "."}
# Options that read a file.
READING = {"--bench", "--tags", "-I", "<"}
NEEDS = {
    "--parquet": "scripts/venv.sh parquet",
    "control": "--control",  # of rig control: the role must listen
}


@dataclass(frozen=True)
class Typed:
    """A command, and what its README says before it."""

    text: str
    before: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text.removeprefix("sudo "))


def typed(readme: Path) -> list[Typed]:
    """What a README tells to type, one command each, in its order."""
    text, found = readme.read_text(), list[Typed]()
    for match in re.finditer(f"{BLOCK}|{INLINE}", text, re.DOTALL | re.MULTILINE):
        before = text[: match.start()]
        for line in lines_of(match):
            found += [Typed(part.strip(), before) for part in re.split(r" \| ", line)]
            before += line + "\n"
    return [each for each in found if not each.text.endswith(" --help")]


def lines_of(match: re.Match[str]) -> list[str]:
    if match["inline"]:
        return [match["inline"]]
    lines = [line for line in match["block"].splitlines() if line]
    answered = [line[2:] for line in lines if line.startswith("$ ")]
    return answered or lines


TYPED = [each for readme in READMES for each in typed(readme)]
each_typed = pytest.mark.parametrize("command", TYPED, ids=lambda command: command.text)


@each_typed
def test_a_command_of_the_readme_is_taken(command: Typed) -> None:
    assert is_taken(command.words), command.text


def is_taken(words: Sequence[str]) -> bool:
    if words[0] == "scripts/socketcan_vm.sh":
        return is_script(words[0]) and is_taken(words[1:])
    if words[:2] == ["bash", "-c"]:
        return all(is_taken(shlex.split(part)) for part in words[2].split("&"))
    if words[0] == "scripts/run_all.sh":
        return is_script(words[0]) and is_taken(["rig", "up", *words[1:]])
    if words[0].startswith("scripts/"):
        return is_script(words[0])
    if words[0] == "rig" and words[1] in PARSERS:
        PARSERS[words[1]]().parse_args(words[2:])  # ends the test with the reason if not
        return True
    if words[0] == "rig":
        return words[1] == "control"  # see below
    if words[:2] == ["python", "-m"] and words[2].startswith("rig."):
        return find_spec(words[2]) is not None
    if words[:2] == ["python", "-m"]:
        module = subprocess.run([sys.executable, "-m", words[2], "--help"], capture_output=True)
        return module.returncode == 0
    return words[0] in SOURCES or words[0] in OF_DEBIAN or "=" in words[0]


@each_typed
def test_each_program_is_there_when_it_is_typed(command: Typed) -> None:
    program = command.words[0]
    if program in SOURCES:
        assert SOURCES[program] in command.before, f"{program}: where does it come from?"


@each_typed
def test_each_file_is_there_when_it_is_read(command: Typed) -> None:
    for option, name in pairwise(command.words):
        if option in READING:
            shown = f"```toml\n# {name}" in command.before
            recorded = f"--record {Path(name).parent}\n" in command.before
            assert shown or recorded or (ROOT / name).exists(), name


@each_typed
def test_what_a_command_needs_was_typed_before(command: Typed) -> None:
    for word, needed in NEEDS.items():
        if word in command.words and not command.text.startswith("scripts/"):
            assert needed in command.before, f"{command.text}: {needed}"


def test_nothing_runs_behind_what_is_typed_next() -> None:
    """The lines of the two would be mixed: a second terminal is for that."""
    assert [each.text for each in TYPED if each.text.endswith("&")] == []


def test_what_the_readmes_send_are_commands() -> None:
    sent = [each.words for each in TYPED if each.text.startswith("rig send ")]
    actions = [PARSERS["send"]().parse_args(words[2:]) for words in sent]
    assert len(actions) >= 4
    assert {options.action for options in actions} <= set(REQUESTS)


def test_run_all_says_how_to_type_rig_when_it_has_made_it(tmp_path: Path) -> None:
    scripts, rig = tmp_path / "scripts", tmp_path / ".venv" / "bin" / "rig"
    scripts.mkdir()
    shutil.copy(ROOT / "scripts" / "run_all.sh", scripts)
    (scripts / "venv.sh").write_text(f"#!/bin/sh\nmkdir -p {rig.parent}; cp /bin/true {rig}\n")
    (scripts / "venv.sh").chmod(0o755)
    command = [str(scripts / "run_all.sh"), "--help"]
    first, second = (subprocess.run(command, capture_output=True, text=True) for _ in range(2))
    how = f". {tmp_path}/.venv/bin/activate"
    assert first.stderr == f"run_all.sh: to type rig, cantools or python here: {how}\n"
    assert second.stderr == ""


def test_the_token_that_curl_sends_is_the_one_of_the_file(tmp_path: Path) -> None:
    (command,) = [each.text for each in TYPED if each.text.startswith("TOKEN=")]
    (tmp_path / "token.json").write_text('{"url": "http://127.0.0.1:8080", "token": "secret"}\n')
    env = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    bash = ["bash", "-c", f"{command}; echo $TOKEN"]
    done = subprocess.run(bash, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.stdout == "secret\n"


def test_what_the_readmes_tell_the_roles_by_rig_control_they_take(tmp_path: Path) -> None:
    env = {"XDG_RUNTIME_DIR": str(tmp_path)}
    bench = tmp_path / "rig.toml"
    bench.write_text(f'csms = "ws://127.0.0.1:{free_port()}/"\n')
    told = dict.fromkeys(each.text for each in TYPED if each.text.startswith("rig control "))
    options = ["--control", "--without", "plot", "--cycle", "none", "--bench", str(bench)]
    with embedded_bus() as bus, role("up", *options, *bus, env=env) as rig:
        rig.until("csms .*BootNotification")
        for command in told:  # after online it takes a moment until there is a CP_1 again
            wait_for(lambda command=command: tell(command, env) == 0)  # type: ignore[misc]
        assert rig.end() == 0
    assert len(told) >= 9


def tell(command: str, env: dict[str, str]) -> int:
    words = [sys.executable, "-m", "rig.role.control", *shlex.split(command)[2:]]
    return subprocess.run(words, env=env, cwd=ROOT).returncode


def is_script(name: str) -> bool:
    path = ROOT / name
    return path.is_file() and path.stat().st_mode & 0o100 != 0


def test_every_file_that_the_readme_links_to_is_there() -> None:
    links = [
        path.parent / link
        for path in ALL_READMES
        for link in re.findall(r"\]\(([^)#]+)\)", path.read_text())
    ]
    assert len(links) > 5
    assert [link for link in links if not link.exists()] == []


def test_every_heading_that_a_readme_links_to_is_there() -> None:
    links = [
        ((path.parent / file) if file else path, heading)
        for path in ALL_READMES
        for file, heading in re.findall(r"\]\(([^)#]*)#([^)]+)\)", path.read_text())
    ]
    assert len(links) > 5
    assert [link for link in links if link[1] not in anchors(link[0])] == []


def anchors(readme: Path) -> set[str]:
    """Of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", readme.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_path_that_a_readme_or_a_docstring_names_is_there() -> None:
    texts = [(path, re.sub(r"\[.*?\]\(", "(", path.read_text())) for path in ALL_READMES]
    texts += [(path, text) for path in (ROOT / "rig").rglob("*.py") for text in docstrings(path)]
    named = [(path, name) for path, text in texts for name in re.findall(PATH, text)]
    assert len(named) > 100
    missing = [f"{path}: {name}" for path, name in named if not is_there(name, path.parent)]
    assert missing == []


def docstrings(module: Path) -> Iterator[str]:
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, documented) and (text := ast.get_docstring(node)):
            yield text


def is_there(name: str, beside: Path) -> bool:
    """Whether a path is one from the root, or from who names it; `*` stands for any name."""
    return any(True for folder in (ROOT, beside) for _ in folder.glob(name))


def test_what_candump_logs_reads_like_prose_by_the_dbc() -> None:
    log = "(1700000000.000000) vcan0 210#6400\n(1700000001.000000) vcan0 300#1400\n"
    decode = [str(Path(sys.executable).parent / "cantools"), "decode", "dbc/ev_charging.dbc"]
    done = subprocess.run(decode, input=log, capture_output=True, text=True, cwd=ROOT, check=True)
    words = " ".join(done.stdout.split())
    assert "SetLimit( limit: 100 A )" in words
    assert "Current( current: 20 A )" in words
