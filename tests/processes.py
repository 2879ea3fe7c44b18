"""Programs as real processes: started, waited for by what they say, ended, and their status.

Nothing here sleeps: `until` waits for a line, `ready` for READY=1 (sd_notify).
"""

import functools
import os
import queue
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rig.role.logic.programs import PROGRAMS, ROLES
from tests.forked import Forked, ForkServer
from tests.ports import free_port

ROOT = Path(__file__).parent.parent
PATIENCE = 60.0  # s; generous, since timings never decide a test
MODULES = {word: PROGRAMS[word].module for word in (*ROLES, "record", "up", "watch")}
MODULES["embedded"] = "rig.bus.embedded"
# What they import besides while they run.
LATER = {
    "rig.csms": ("rig.csms.http.server",),
    "rig.plot_current": (
        "rig.plot_current.page",
        "rig.plot_current.png_file",
        "rig.plot_current.window",
    ),
}
BACKENDS = ("can.interfaces.socketcan", "can_remote")
COMMON = ("rig.role.run", *BACKENDS)
# Those that have a server of their own, and whose: what they import is large (sqlalchemy,
# matplotlib), and would be copied into each process that is forked beside. In User Mode Linux that
# took most of the time.
LARGE = {
    "rig.csms": "rig.csms",
    "rig.plot_current": "rig.plot_current",
    "tests.slow_plot": "rig.plot_current",
}
_servers: list[ForkServer] = []


def that_runs(module: str) -> str:
    """What `python -m` runs: of a package its __main__."""
    return f"{module}.__main__" if (ROOT / module.replace(".", "/")).is_dir() else module


class Program:
    """A running process. `lines` is all that it said so far, stdout and stderr together."""

    def __init__(self, *command: str, env: dict[str, str] | None = None) -> None:
        self.lines: list[str] = []
        self._new: queue.Queue[str | None] = queue.Queue()
        # The kernel picks a name that stands for no file.
        self._notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notified.bind("")
        name = "@" + self._notified.getsockname()[1:].decode()
        environment = os.environ | {"NOTIFY_SOCKET": name} | (env or {})
        reading, writing = os.pipe()
        self.process = self._start(command, environment, writing)
        os.close(writing)
        threading.Thread(target=self._read, args=(reading,), daemon=True).start()

    def _start(
        self, command: tuple[str, ...], environment: dict[str, str], output: int
    ) -> subprocess.Popen[bytes] | Forked:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            cwd=ROOT,
        )

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if error is not None:
            print(f"--- {self.process.args!r} said:", self.text, sep="\n")  # noqa: T201
        self._notified.close()

    def _read(self, reading: int) -> None:
        with open(reading, errors="replace") as output:
            for line in output:
                self._new.put(line.rstrip("\n"))
        self._new.put(None)

    def ready(self, patience: float = PATIENCE) -> "Program":
        """Wait for READY=1."""
        deadline = time.monotonic() + patience
        self._notified.settimeout(0.2)
        while True:
            try:
                if b"READY=1" in self._notified.recv(4096):
                    return self
            except TimeoutError:
                # Only looked at: what it says before it is ready may be waited for afterwards.
                assert self.process.poll() is None, f"ended before it was ready: {self.text}"
                assert time.monotonic() < deadline, f"never ready: {self.text}"

    def notified(self, patience: float = PATIENCE) -> str:
        """What it tells next whoever started it, after READY=1."""
        self._notified.settimeout(patience)
        return self._notified.recv(4096).decode()

    def until(self, pattern: str, patience: float = PATIENCE) -> re.Match[str]:
        """Wait for the next line that matches, from the last line waited for on."""
        deadline = time.monotonic() + patience
        while True:
            try:
                line = self._new.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"{pattern!r} never came in {self.lines}") from None
            assert line is not None, f"ended before {pattern!r}: {self.lines}"
            self.lines.append(line)
            if match := re.search(pattern, line):
                return match

    def end(self, number: int = signal.SIGINT, patience: float = PATIENCE) -> int:
        """Send a signal, wait for the end, return the status."""
        self.process.send_signal(number)
        return self.status(patience)

    def status(self, patience: float = PATIENCE) -> int:
        """Wait for the end by itself; the status."""
        status = self.process.wait(patience)
        while (line := self._new.get(timeout=patience)) is not None:
            self.lines.append(line)
        return status

    @property
    def text(self) -> str:
        """All that was said so far."""
        self._collect()
        return "\n".join(self.lines)

    def _collect(self) -> None:
        with self._new.mutex:
            waiting = list(self._new.queue)
            self._new.queue.clear()
        self.lines += [line for line in waiting if line is not None]
        if None in waiting:
            self._new.put(None)


class Role(Program):
    """The main() of a module, in a process forked from one that has imported it.

    It is like `python -m`, with which `rig up` starts the roles, and so do its tests.
    """

    def _start(self, command: tuple[str, ...], environment: dict[str, str], output: int) -> Forked:
        module, *arguments = command
        needs = (that_runs(module), *BACKENDS, *LATER.get(module, ()))
        server = fork_server(LARGE.get(module))
        return server.start(that_runs(module), tuple(arguments), environment, output, needs)


@functools.cache
def fork_server(large: str | None) -> ForkServer:
    """The one of a large module, or that of all others, started when it is first wanted."""
    server = ForkServer(fork_server(None), COMMON) if large else ForkServer()
    _servers.append(server)
    return server


def begin_fork_servers() -> None:
    """Start all that may be wanted, so that forks of this process share them."""
    for large in (None, *LARGE.values()):
        fork_server(large)


def end_fork_servers() -> None:
    """End those that were wanted."""
    for server in reversed(_servers):
        server.close()


def role(name: str, *options: str, env: dict[str, str] | None = None) -> Program:
    """A role of the rig. What it keeps on the disk is new, unless `env` says where it is."""
    fresh = {"XDG_STATE_HOME": tempfile.mkdtemp(dir=_states().name)}
    return Role(MODULES[name], *options, env=fresh | (env or {}))


@functools.cache
def _states() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="rig-test-")


@contextmanager
def embedded_bus() -> Iterator[list[str]]:
    """An embedded bus; gives the options with which a role joins it."""
    port = free_port()
    with role("embedded", "--port", str(port)) as bus:
        bus.ready()
        yield ["-i", "remote", "-c", f"ws://127.0.0.1:{port}/"]


def wait_for(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until a condition of the outside world holds; fails the test if it never does."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it never came to hold"
        threading.Event().wait(0.02)


def stop(program: Program) -> None:
    """Stop the process; one of its threads may still run for a moment after the signal."""
    pid = program.process.pid
    program.process.send_signal(signal.SIGSTOP)
    wait_for(lambda: all(_is_stopped(stat) for stat in Path(f"/proc/{pid}/task").glob("*/stat")))


def _is_stopped(stat: Path) -> bool:
    """The state comes after the name, which may hold anything but is in brackets (proc(5))."""
    return stat.read_text().rpartition(")")[2].split()[0] == "T"
