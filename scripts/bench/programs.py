"""Programs under test as black boxes: started, measured from outside, ended.

Nothing here gives up after a time: where the clock goes by instructions, it leaps while a disk is
waited for, and minutes are over before a program has come up.
"""

import functools
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
CLOCK_OF_PROCESS = 2  # CPUCLOCK_SCHED of all threads: clock_getcpuclockid(3) as the kernel has it
PAGE = os.sysconf("SC_PAGE_SIZE")


class Program:
    """One process; what it writes goes to `log`, for a log is on where a user runs it."""

    def __init__(self, command: list[str], folder: Path, cpus: set[int] | None = None) -> None:
        self.log = folder / "log"
        homes = {name: str(folder) for name in ("HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR")}
        with open(self.log, "wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=os.environ | homes,
            )
        if cpus:
            os.sched_setaffinity(self._process.pid, cpus)

    def __enter__(self) -> "Program":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    @property
    def cpu(self) -> float:
        """s of CPU, user and system, that all its threads have used."""
        return time.clock_gettime(~self._process.pid << 3 | CLOCK_OF_PROCESS)

    @property
    def memory(self) -> int:
        """Resident bytes."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * PAGE

    @property
    def said(self) -> str:
        """What it wrote."""
        return self.log.read_text(errors="replace")

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """Ask it to end, and wait until it has."""
        self._process.terminate()
        self._process.wait()

    def find(self, pattern: str) -> str:
        """The group of a pattern in what it writes, when it has."""
        self.wait_for(lambda: re.search(pattern, self.said) is not None)
        found = re.search(pattern, self.said)
        assert found
        return found[1]

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds. Raises RuntimeError if the program ended before."""
        while not condition():
            if not self.is_alive:
                raise RuntimeError(f"{self._process.args!r} does not work: {self.said[-2000:]}")
            time.sleep(0.02)


def rig(word: str, *options: str) -> list[str]:
    """The command of a role or a tool."""
    return [sys.executable, "-m", "rig", word, *options]


def bare(name: str, *arguments: str) -> list[str]:
    """The command of a program of ours in this folder."""
    return [sys.executable, str(HERE / f"{name}.py"), *arguments]


def listens(port: int) -> bool:
    """Whether somebody serves a TCP port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True)
class System:
    """A central system that is up."""

    program: Program
    address: str


@contextmanager
def central_systems(folder: Path) -> Iterator[dict[str, System]]:
    """`rig csms` and the bare echo, as `rig` and `bare`."""
    with ExitStack() as stack:
        found = {}
        for name in ("rig", "bare"):
            port, home = free_port(), folder / name
            home.mkdir()
            command = _csms(port, home) if name == "rig" else bare("bare_csms", str(port))
            program = stack.enter_context(Program(command, home, server_cpus()))
            program.wait_for(functools.partial(listens, port))
            if name == "rig":
                _wait_for_http(program)
            found[name] = System(program, f"ws://127.0.0.1:{port}/")
        yield found


def _wait_for_http(program: Program) -> None:
    """Until the HTTP interface is there: it loads while charge points are served already, which
    would count as theirs."""
    with urllib.request.urlopen(program.find(r"http = (\S+/docs)")):
        pass


def _csms(port: int, home: Path) -> list[str]:
    storage = ("--database", f"sqlite:///{home}/rig.db", "--max-connections", "2000")
    return rig("csms", "--listen", f"ws://127.0.0.1:{port}/", "--cycle", "none", *storage)


def server_cpus() -> set[int] | None:
    """Where servers run: beside the load, if there is more than one processor."""
    cpus = sorted(os.sched_getaffinity(0))
    return {cpus[-1]} if len(cpus) > 1 else None


def counts_ticks() -> bool:
    """Whether this kernel is User Mode Linux, which counts CPU in ticks of 10 ms."""
    return "User Mode Linux" in Path("/proc/cpuinfo").read_text()


def step_back() -> None:
    """Let this process, which makes the load, run only where no program under test wants to: on one
    processor it would else go on before the message that it sent is looked at."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def stay_beside() -> None:
    """Keep this process, which makes the load, off the processor of the servers."""
    cpus = os.sched_getaffinity(0)
    if others := cpus - (server_cpus() or set()):
        os.sched_setaffinity(0, others)
