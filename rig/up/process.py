"""One role in a process of its own, which never outlives this one."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from rig.role.ready import AGAIN
from rig.role.run import PARENT
from rig.up.logic.launch_plan import Launch

GRACE = 5.0  # s from asking a role to end to killing it
LAST_LINES = 1.0  # s to wait for the output of a process that has ended
LONGEST_LINE = 1 << 16  # bytes; a longer one is shown in pieces

Show = Callable[[str, bytes], None]  # role, line; called in a thread


class Process:
    """A role's process; `show` gets what it writes, line by line."""

    def __init__(self, command: Launch, show: Show) -> None:
        self.role = command.role
        self.again: str | None = None  # the option with which it wants to be started again
        self._command, self._show = command, show
        self._ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @property
    def status(self) -> int | None:
        """Its exit status, -N after signal N; None while it runs."""
        return self._process.returncode

    @property
    def was_ready(self) -> bool:
        """Whether it has announced READY=1 so far."""
        return self._ready.done()

    async def start(self) -> None:
        """Start it. In a session of its own, so that a terminal's Ctrl-C reaches this process only
        and the roles end in order.
        """
        # The kernel picks a name that stands for no file, so that a crash leaves none behind.
        self._notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notified.bind("")
        self._notified.setblocking(False)
        reading, writing = os.pipe()
        try:
            self._process = await self._execute(writing)
        except OSError:
            os.close(reading)
            self._notified.close()
            raise
        finally:
            os.close(writing)
        asyncio.get_running_loop().add_reader(self._notified, self._hear)
        self._reader = threading.Thread(target=self._read, args=(reading,), daemon=True)
        self._reader.start()

    async def _execute(self, output: int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", self._command.module, *self._command.arguments),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=self._environment(),
            start_new_session=True,
        )

    async def ready(self) -> str:
        """Return when it has announced READY=1; the STATUS that came with it, or nothing."""
        return await asyncio.shield(self._ready)

    def when_ready(self, tell: Callable[[str], None]) -> None:
        """Tell what `ready` returns as soon as it does."""
        self._ready.add_done_callback(lambda ready: tell(ready.result()))

    async def wait(self) -> int:
        """Return its exit status once it has ended."""
        return await self._process.wait()

    async def end(self) -> bool:
        """Ask it to end and wait for it. Returns whether it had to be killed."""
        if killed := self.status is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self.wait(), GRACE)
                killed = False
            except TimeoutError:
                self._process.kill()
                await self.wait()
        self._stop_hearing()
        await asyncio.to_thread(self._reader.join, LAST_LINES)
        return killed

    def kill(self) -> None:
        """End it at once."""
        if self.status is None:
            self._process.kill()

    def _hear(self) -> None:
        """What it has told about itself (rig/role/ready.py)."""
        with contextlib.suppress(BlockingIOError):
            while True:
                text = self._notified.recv(4096).decode(errors="replace")
                told = dict(line.partition("=")[::2] for line in text.split("\n"))
                self.again = told.get(AGAIN, self.again)
                if told.get("READY") == "1" and not self._ready.done():
                    self._ready.set_result(told.get("STATUS", ""))

    def _stop_hearing(self) -> None:
        if self._notified.fileno() != -1:  # not done yet
            self._hear()
            asyncio.get_running_loop().remove_reader(self._notified)
            self._notified.close()

    def _environment(self) -> dict[str, str]:
        """This very package is what runs (-P keeps out one that lies in the current directory)."""
        paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
        return os.environ | {
            PARENT: str(os.getpid()),
            "NOTIFY_SOCKET": "@" + self._notified.getsockname()[1:].decode(),
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        }

    def _read(self, reading: int) -> None:
        with open(reading, "rb") as stream:
            while line := stream.readline(LONGEST_LINE):
                self._show(self.role, line.rstrip(b"\r\n"))


def fate(status: int) -> str:
    """What an exit status says: `ended with status 1`, `was killed by SIGKILL`."""
    if status >= 0:
        return f"ended with status {status}"
    return f"was killed by {signal.Signals(-status).name}"
