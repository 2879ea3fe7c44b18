"""The processes of one `rig up`: started one by one, watched together, ended in reverse order."""

import asyncio
import sys
from collections.abc import Awaitable
from types import TracebackType
from typing import Any

from rig.logic.lineup import Command, status_after
from rig.process import GRACE, Process, Show, fate

READY_WITHIN = 20.0  # s
SAME_CTRL_C = 0.3  # s; timeout(1) for one sends its signal twice at once
ENDED = (0, -15)  # statuses of a role that was asked to end; SIGTERM may come before its handler


class Over(Exception):
    """Time to end all. The text says why (empty: it was asked to); `status` is that of `rig up`."""

    def __init__(self, why: str, status: int) -> None:
        super().__init__(why)
        self.status = status


class Crew:
    """Ends what it started on leaving. `status` is then the exit status of `rig up`."""

    def __init__(self, show: Show) -> None:
        self.status = 0
        self._show = show
        self._processes: list[Process] = []
        self._loop = asyncio.get_running_loop()
        self._asked, self._asked_at = asyncio.Event(), 0.0
        self._killed = False

    async def __aenter__(self) -> "Crew":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if isinstance(error, Over):
            self.status = error.status
            if str(error):
                say(f"{error}; ending all")
        for process in reversed(self._processes):
            await self._end(process)
        return isinstance(error, Over)

    async def start(self, command: Command, show: Show | None = None) -> str:
        """Start a role, wait until it is ready; what it says of itself then. `show` gets its lines.

        Raises Over as wait.
        """
        process = Process(command, show or self._show)
        await process.start()
        self._processes.append(process)
        ready = asyncio.ensure_future(process.ready())
        if not await self.wait(ready, READY_WITHIN):
            why = f"{command.role} was not ready within {READY_WITHIN:.0f} s, see its lines above"
            raise Over(why, 1)
        return ready.result()

    async def wait(self, event: Awaitable[Any], limit: float | None = None) -> bool:
        """Wait for the event while all live, `limit` s at most. Returns whether it came.

        Raises Over if a role ends, or when asked to end.
        """
        ends = [process.wait() for process in self._processes]
        tasks = [asyncio.ensure_future(one) for one in (event, self._asked.wait(), *ends)]
        done, pending = await asyncio.wait(
            tasks, timeout=limit, return_when=asyncio.FIRST_COMPLETED
        )
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        self._raise_if_over()
        return tasks[0] in done

    def end(self) -> None:
        """End all, in order."""
        self._asked.set()

    def interrupt(self) -> None:
        """Ctrl-C or the like: the first ends all in order, a second kills all at once."""
        now = self._loop.time()
        if not self._asked.is_set():
            self._asked_at = now
            self.end()
        elif now - self._asked_at > SAME_CTRL_C:
            self._killed = True
            say("killed")
            for process in self._processes:
                process.kill()

    def _raise_if_over(self) -> None:
        for process in self._processes:
            if (status := process.status) is not None:
                raise Over(f"{process.role} {fate(status)}", status_after(process.role, status))
        if self._asked.is_set():
            raise Over("", 0)

    async def _end(self, process: Process) -> None:
        ended_before = process.status is not None
        had_to_be_killed = await process.end()
        if ended_before or process.status in ENDED:
            return
        self.status = self.status or 1
        if had_to_be_killed:
            say(f"{process.role} did not end within {GRACE:.0f} s: killed")
        elif not self._killed:
            say(f"{process.role} {fate(process.status or 0)} while ending")


def say(text: str) -> None:
    """A word of `rig up` itself."""
    try:
        sys.stderr.write(f"rig up: {text}\n")  # whole, among the lines of the roles
        sys.stderr.flush()
    except OSError:  # nobody reads it any more
        return
