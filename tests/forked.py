"""Processes made by tests/fork_server.py, in the words of subprocess.Popen."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

LONGEST = 64  # bytes of an answer: a process id, an exit status
SERVER = "tests.fork_server"
OUTPUT = "1"  # the only file that a forked process has from its parent


class Forked:
    """A process of the server. `returncode` is its exit status, -N after signal N."""

    def __init__(self, args: tuple[str, ...], reply: socket.socket) -> None:
        self.args, self._reply = args, reply
        self.returncode: int | None = None
        pid, (self._handle,), _, _ = socket.recv_fds(reply, LONGEST, 1)
        self.pid = int(pid)

    def poll(self) -> int | None:
        """The exit status, None while it runs."""
        return self._status(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit status. Raises subprocess.TimeoutExpired after `timeout` s."""
        status = self._status(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal; nothing to one that has ended."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # its status is on its way
                signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _status(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._reply], [], [], timeout)[0]:
            self.returncode = int(self._reply.recv(LONGEST))
            self._reply.close()
            os.close(self._handle)
        return self.returncode


class ForkServer:
    """The server's process, and the way to it.

    `parent`: another one that makes this one, after it has imported `needs`, which both then have.
    """

    def __init__(self, parent: "ForkServer | None" = None, needs: tuple[str, ...] = ()) -> None:
        self._maker = os.getpid()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # numpy's library would start threads, which a fork does not copy.
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
        self._process: subprocess.Popen[bytes] | Forked
        with theirs:
            if parent:
                self._process = parent.start(SERVER, (OUTPUT,), environment, theirs.fileno(), needs)
            else:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", SERVER, str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    env=environment,
                    cwd=Path(__file__).parent.parent,
                )

    def start(
        self,
        module: str,
        arguments: tuple[str, ...],
        environment: dict[str, str],
        output: int,
        needs: tuple[str, ...],
    ) -> Forked:
        """Run `module.main()` in a process of its own, with what it says to `output`.

        `needs`: the modules that the server imports before.
        """
        request = json.dumps(
            {"module": module, "arguments": arguments, "environment": environment, "needs": needs}
        )
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            socket.send_fds(self._control, [request.encode()], [output, theirs.fileno()])
        return Forked((module, *arguments), ours)

    def close(self) -> None:
        """End it, and what it still runs; where forks of this process use it too, the last one."""
        self._control.close()
        if os.getpid() == self._maker:
            self._process.wait()
