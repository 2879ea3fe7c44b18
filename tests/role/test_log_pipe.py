"""A log whose reader is slow, or goes away: roles as real processes."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from tests.processes import PATIENCE, ROOT
from tests.role.test_log import LINE

FLOOD = """
import sys
import rig.role.log
from rig.role.log import start_log, stop_log
log = start_log("cp")
for number in range(30_000):
    log.info("%06d", number)
print("not stuck", file=sys.stderr, flush=True)
{then}
log.info("last")
stop_log()
"""


@contextmanager
def flood(then: str = "") -> Iterator[tuple["subprocess.Popen[str]", IO[str], IO[str], IO[str]]]:
    """A role, and its standard streams: it logs far more than a pipe and the queue hold, to a pipe
    that nobody reads yet."""
    with subprocess.Popen(
        [sys.executable, "-c", FLOOD.format(then=then)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        assert process.stderr.readline() == "not stuck\n"
        yield process, process.stdin, process.stdout, process.stderr


def lines_of(line: str) -> int:
    """How many lines of the role a line stands for: itself, or those that it says were lost."""
    lost = re.fullmatch(r"\((\d+) log lines were lost: the output took no more\)\n", line)
    return int(lost[1]) if lost else 1


def test_a_pipe_that_nobody_reads_never_stops_a_role_and_lets_it_end_with_0() -> None:
    with flood() as (process, _, _, stderr):
        assert process.wait(PATIENCE) == 0
        assert stderr.read() == ""


def test_lines_that_a_stuck_pipe_cost_are_counted_exactly() -> None:
    with flood(then="sys.stdin.readline()") as (process, stdin, stdout, _):
        heard_of = 0
        for line in stdout:
            heard_of += lines_of(line)
            if heard_of == 30_000:
                stdin.write("go on\n")
                stdin.flush()
        assert process.wait(PATIENCE) == 0
    assert heard_of == 30_001
    assert re.fullmatch(LINE + r"last\n", line)


def test_a_reader_that_goes_away_does_not_end_the_role() -> None:
    with flood(then="sys.stdin.readline()") as (process, stdin, stdout, stderr):
        stdout.close()
        stdin.write("go on\n")
        stdin.close()
        assert process.wait(PATIENCE) == 0
        assert "Traceback" not in stderr.read()
