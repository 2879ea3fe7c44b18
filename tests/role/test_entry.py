"""How programs end, as a shell sees it: each is a script of a few lines, or a tool of the rig."""

import os
import subprocess
import sys

import pytest

from tests.processes import PATIENCE, ROOT

BEGIN = """
import sys
from rig.role.entry import entry
from rig.role.errors import BadAnswer, UserError
from rig.role.streams import standard_output

@entry("rig test")
def main():
{body}

sys.exit(main())
"""


def shell(line: str, body: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `program` is a main() of this body; as a user's Python, which
    buffers what it writes."""
    script = BEGIN.format(body="\n".join(f"    {each}" for each in body.splitlines()))
    return bash(f'program() {{ "{sys.executable}" -c "$SCRIPT" "$@"; }}; {line}', SCRIPT=script)


def bash(line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    return subprocess.run(
        ["bash", "-c", line],
        cwd=ROOT,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


PRINTS = "with standard_output() as out: out.write('many lines' * 100_000)\nreturn 0"


@pytest.mark.parametrize(
    ("body", "status", "line"),
    [
        ("return 0", 0, ""),
        ("raise UserError('no vcan0: make it')", 2, "rig test: no vcan0: make it\n"),
        ("raise BadAnswer('CP_1 rejected it')", 1, "rig test: CP_1 rejected it\n"),
        ("raise KeyboardInterrupt", 130, ""),  # 128 + SIGINT, as in every shell
        ("raise SystemExit(2)", 2, ""),  # of argparse
        ("raise UserError('a\\nb\\x1b[2J')", 2, "rig test: a\\nb\\x1b[2J\n"),
    ],
)
def test_each_way_to_end_has_its_status_and_at_most_one_line(
    body: str, status: int, line: str
) -> None:
    done = shell("program", body)
    assert (done.returncode, done.stderr, done.stdout) == (status, line, "")


def test_a_defect_is_3_with_its_traceback() -> None:
    done = shell("program", "raise KeyError('forgotten')")
    assert done.returncode == 3
    assert done.stderr.startswith("rig test: a defect of the rig, please report it\nTraceback")
    assert "KeyError: 'forgotten'" in done.stderr


def test_a_reader_that_goes_away_is_no_mistake() -> None:
    done = shell("program | head -c 10; exit ${PIPESTATUS[0]}", PRINTS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "many lines", "")


@pytest.mark.parametrize(
    ("where", "why"), [("> /dev/full", "No space left on device"), (">&-", "Bad file descriptor")]
)
def test_an_output_that_cannot_be_written_is_one_line_and_2(where: str, why: str) -> None:
    done = shell(f"program {where}", PRINTS)
    assert done.returncode == 2
    assert done.stderr == f"rig test: cannot write to standard output: {why}\n"


def test_what_is_printed_never_goes_to_a_socket_that_has_the_number_of_a_closed_stdout() -> None:
    body = """import os, socket
with socket.socket() as first: return 0 if first.fileno() > 2 else 7"""
    assert shell("program <&- >&- 2>&-", body).returncode == 0


def test_a_stderr_that_nobody_reads_does_not_keep_it_from_ending() -> None:
    """The pipe is full before the line comes."""
    body = """import os
    os.set_blocking(2, False)
    try:
        while True: os.write(2, b"x" * 65536)
    except BlockingIOError:
        os.set_blocking(2, True)
    raise UserError("no vcan0")"""
    command = [sys.executable, "-c", BEGIN.format(body=f"    {body}")]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as process:
        assert process.wait(PATIENCE) == 2


@pytest.mark.parametrize("word", ["--help", "--version"])
@pytest.mark.parametrize(
    "program", ["rig", "rig.up", "rig.csms", "rig.csms.send", "rig.csms.sessions"]
)
def test_help_to_a_full_disk_is_one_line_and_2(program: str, word: str) -> None:
    if program != "rig" and word == "--version":
        word = "-h"
    done = bash(f'"{sys.executable}" -m {program} {word} > /dev/full')
    assert done.returncode == 2
    assert done.stderr.endswith(": cannot write to standard output: No space left on device\n")
    assert done.stderr.count("\n") == 1
