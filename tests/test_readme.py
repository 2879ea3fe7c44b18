"""Each command in the READMEs is there and takes the options that they give it."""

import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from rig import charger_module, cp, csms, plot_current, record, send, sessions, up
from rig.logic.csms.requests import REQUESTS
from tests.processes import ROOT

READMES = [ROOT / "README.md", ROOT / "rig" / "README.md"]
TEXT = "\n".join(path.read_text() for path in READMES)
BLOCKS = re.findall(r"^```(?:sh|console)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
INLINE = re.findall(r"`((?:rig|python -m|cansend|canplayer) [^`]+)`", TEXT)
PARSERS = {
    "csms": csms.parser,
    "cp": cp.parser,
    "charger": charger_module.parser,
    "plot": plot_current.parser,
    "record": record.parser,
    "send": send.parser,
    "sessions": sessions.parser,
    "up": up.parser,
}
# Installed by scripts/test.sh, can-utils or pip.
TOOLS = {"candump", "cansend", "canplayer", "slcand", "ip", "curl", ".venv/bin/cantools"}


def commands() -> list[str]:
    """What README tells to type, one command each."""
    lines: list[str] = []
    for block in BLOCKS:
        typed = [line for line in block.splitlines() if line.startswith("$ ")]
        lines += [line[2:] for line in typed] if "$ " in block else block.splitlines()
    parts = [part.strip(" &") for line in [*lines, *INLINE] for part in re.split(r" \| ", line)]
    return [part for part in parts if part and not part.endswith(" --help")]


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_readme_is_taken(command: str) -> None:
    words = shlex.split(command.removeprefix("sudo "))
    assert is_taken(words), command


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
        return words[1] == "control"
    if words[:2] == ["python", "-m"] and words[2].startswith("rig."):
        return find_spec(words[2]) is not None
    if words[:2] == ["python", "-m"]:
        module = subprocess.run([sys.executable, "-m", words[2], "--help"], capture_output=True)
        return module.returncode == 0
    return words[0] in TOOLS


def test_what_the_readmes_send_are_commands() -> None:
    sent = [shlex.split(command) for command in commands() if command.startswith("rig send ")]
    actions = [send.parser().parse_args(words[2:]) for words in sent]
    assert len(actions) >= 4
    assert {options.action for options in actions} <= set(REQUESTS)


def is_script(name: str) -> bool:
    path = ROOT / name
    return path.is_file() and path.stat().st_mode & 0o100 != 0


def test_every_file_that_the_readme_links_to_is_there() -> None:
    links = [
        path.parent / link
        for path in READMES
        for link in re.findall(r"\]\(([^)#]+)\)", path.read_text())
    ]
    assert len(links) > 5
    assert [link for link in links if not link.exists()] == []


def test_what_candump_logs_reads_like_prose_by_the_dbc() -> None:
    log = "(1700000000.000000) vcan0 210#6400\n(1700000001.000000) vcan0 300#1400\n"
    decode = [str(Path(sys.executable).parent / "cantools"), "decode", "dbc/ev_charging.dbc"]
    done = subprocess.run(decode, input=log, capture_output=True, text=True, cwd=ROOT, check=True)
    words = " ".join(done.stdout.split())
    assert "SetLimit( limit: 100 A )" in words
    assert "Current( current: 20 A )" in words
