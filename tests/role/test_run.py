"""The role of each test is a script of a few lines, run as a real process."""

import signal
import socket
import subprocess
import sys

import pytest

from tests.processes import PATIENCE, ROOT, Program, role

BEGIN = """
import asyncio, sys
from rig.role.entry import entry
from rig.role.errors import BadAnswer, UserError
from rig.role.run import role_parser, run_role

def run(serve):
    parser = role_parser("test", "A test.", "  rig test")
    sys.exit(entry("rig test")(run_role)("test", parser, serve, sys.argv[1:]))
"""

FOREVER = """
async def serve(options, log):
    try:
        log.info("serving")
        await asyncio.Event().wait()
    finally:
        log.info("closed")
run(serve)
"""

# While it closes, two more signals come, and the loop turns often enough to see them.
CLOSES_SLOWLY = """
import os, signal
async def serve(options, log):
    try:
        log.info("serving")
        await asyncio.Event().wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
        for _ in range(10):
            await asyncio.to_thread(int)
        log.info("closed")
run(serve)
"""


def script(text: str, *before: str) -> Program:
    """A role made from a script; `before`: a command that starts it."""
    return Program(*before, sys.executable, "-c", BEGIN + text)


def ended(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BEGIN + text],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP],
    ids=lambda number: number.name,
)
def test_a_signal_lets_the_role_close_what_it_opened_and_ends_it_with_0(number: int) -> None:
    with script(FOREVER) as program:
        program.until("serving")
        assert program.end(number) == 0
        assert program.text.endswith("closed")
        assert "Traceback" not in program.text


def test_sigint_ends_a_role_that_a_script_started_in_the_background() -> None:
    """Shells let a job with `&` ignore SIGINT, which a process inherits."""
    with script(FOREVER, "sh", "-c", 'trap "" INT; exec "$@"', "sh") as program:
        program.until("serving")
        assert program.end(signal.SIGINT) == 0
        assert program.text.endswith("closed")


def test_a_role_that_nohup_started_outlives_its_terminal() -> None:
    with script(FOREVER, "nohup") as program:
        program.until("serving")
        program.process.send_signal(signal.SIGHUP)
        assert program.end(signal.SIGTERM) == 0
        assert program.text.endswith("closed")


def test_a_second_ctrl_c_does_not_cut_the_closing_short() -> None:
    with script(CLOSES_SLOWLY) as program:
        program.until("serving")
        assert program.end(signal.SIGINT) == 0
        assert program.text.endswith("closed")


def test_a_role_that_is_tethered_ends_in_order_when_its_parent_is_killed() -> None:
    starter = """
import os, subprocess, sys, signal
subprocess.Popen(sys.argv[1:], env=os.environ | {"RIG_PARENT": str(os.getpid())})
signal.pause()
"""
    with script(FOREVER, sys.executable, "-c", starter) as program:
        program.until("serving")
        program.process.kill()
        program.until("closed")


def test_a_role_whose_parent_is_gone_already_does_not_begin() -> None:
    with Program(sys.executable, "-c", BEGIN + FOREVER, env={"RIG_PARENT": "1"}) as program:
        assert program.status() == 0
        assert "serving" not in program.text


def test_what_a_tethered_role_starts_is_not_tethered_to_another_one() -> None:
    inherits = """
async def serve(options, log):
    import os
    log.info("inherits %s", os.environ.get("RIG_PARENT"))
run(serve)
"""
    starter = """
import os, subprocess, sys
env = os.environ | {"RIG_PARENT": str(os.getpid())}
sys.exit(subprocess.run(sys.argv[1:], env=env).returncode)
"""
    with script(inherits, sys.executable, "-c", starter) as program:
        program.until("inherits None")
        assert program.status() == 0


def test_a_role_that_ends_by_itself_ends_with_0() -> None:
    end = ended("async def serve(options, log):\n    log.info('done')\nrun(serve)")
    assert end.returncode == 0
    assert end.stdout.endswith(" done\n")
    assert end.stderr == ""


def test_a_mistake_of_the_user_is_one_line_on_stderr_and_2() -> None:
    end = ended(
        "async def serve(options, log):\n    raise UserError('no vcan0: make it')\nrun(serve)"
    )
    assert (end.returncode, end.stdout, end.stderr) == (2, "", "rig test: no vcan0: make it\n")


def test_a_defect_in_the_work_is_a_traceback_and_3() -> None:
    end = ended("async def serve(options, log):\n    raise KeyError('forgotten')\nrun(serve)")
    assert end.returncode == 3
    assert "ended by a defect of the rig; please report it" in end.stdout
    assert "KeyError: 'forgotten'" in end.stdout
    assert "Traceback" in end.stdout


def test_a_defect_in_a_callback_ends_the_role_with_its_traceback_and_3() -> None:
    end = ended(
        """
async def serve(options, log):
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    try:
        await asyncio.Event().wait()
    finally:
        log.info("closed")
run(serve)
"""
    )
    assert end.returncode == 3
    assert "closed" in end.stdout
    assert "ZeroDivisionError" in end.stdout
    assert "Traceback" in end.stdout


def test_a_connection_that_finds_no_descriptor_waits_and_ends_nothing() -> None:
    """Else whoever connects often enough would end the central system."""
    end = ended(
        """
import resource, socket
async def serve(options, log):
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as server:
        limits = len(os.listdir("/proc/self/fd")) + 1, 64
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        with socket.socket() as client:
            client.connect(server.sockets[0].getsockname())
            said = asyncio.Event()
            log.error = lambda text, *words: (log.info(text, *words), said.set())
            await said.wait()
run(serve)
""".replace("import resource", "import os, resource")
    )
    assert (end.returncode, end.stderr) == (0, "")
    assert "no connection more is taken now: Too many open files (ulimit -n)" in end.stdout


def test_ctrl_c_ends_a_role_whose_bus_never_finishes_opening() -> None:
    """A server that takes the connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"ws://127.0.0.1:{server.getsockname()[1]}/"
        with role("charger", "-i", "remote", "-c", address) as program:
            server.settimeout(PATIENCE)
            connection, _ = server.accept()
            with connection:
                assert program.end(signal.SIGINT) == 0
