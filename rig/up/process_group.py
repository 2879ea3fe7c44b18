"""The processes of one `rig up`: started one by one, watched together, ended in reverse order."""

import asyncio
from collections.abc import Awaitable
from types import TracebackType
from typing import Any

from rig.role.logic.exits import Exit, after_asking, after_end_of
from rig.role.streams import say
from rig.up.logic.launch_plan import Launch
from rig.up.process import GRACE, Process, Show, fate
from rig.up.restarting_process import RestartingProcess

READY_WITHIN = 20.0  # s
SAME_CTRL_C = 0.3  # s; timeout(1) for one sends its signal twice at once


class GroupEnded(Exception):
    """Time to end all. The text says why (empty: it was asked to); `status` is that of `rig up`."""

    def __init__(self, why: str, status: Exit) -> None:
        super().__init__(why)
        self.status = status


class ProcessGroup:
    """Ends what it started on leaving. `status` is then the exit status of `rig up`.

    The end of one that only watches the bus is none of the group's: see RestartingProcess.
    """

    def __init__(self, show: Show) -> None:
        self.status = Exit.ASKED
        self._show = show
        self._processes: list[Process | RestartingProcess] = []
        self._loop = asyncio.get_running_loop()
        self._asked, self._asked_at = asyncio.Event(), 0.0
        self._killed = False

    async def __aenter__(self) -> "ProcessGroup":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if isinstance(error, GroupEnded):
            self.status = error.status
            if str(error):
                say(f"rig up: {error}; ending all")
        for process in reversed(self._processes):
            await self._end(process)
        worst = [one.worst for one in self._processes if isinstance(one, RestartingProcess)]
        self.status = self.status or max(worst, default=Exit.ASKED)
        return isinstance(error, GroupEnded)

    async def start(self, command: Launch, show: Show | None = None) -> str:
        """Start a role, wait until it is ready; what it says of itself then. `show` gets its lines.

        Raises GroupEnded as wait.
        """
        kind = Process if command.again is None else RestartingProcess
        process = kind(command, show or self._show)
        await process.start()
        self._processes.append(process)
        ready = asyncio.ensure_future(process.ready())
        if not await self.wait(ready, READY_WITHIN):
            why = f"{command.role} was not ready within {READY_WITHIN:.0f} s, see its lines above"
            raise GroupEnded(why, Exit.DEFECT)
        return ready.result()

    async def wait(self, event: Awaitable[Any], limit: float | None = None) -> bool:
        """Wait for the event while all live, `limit` s at most. Returns whether it came.

        Raises GroupEnded if a role is over, or when asked to end.
        """
        ends = [process.wait() for process in self._processes]
        tasks = [asyncio.ensure_future(one) for one in (event, self._asked.wait(), *ends)]
        done, pending = await asyncio.wait(
            tasks, timeout=limit, return_when=asyncio.FIRST_COMPLETED
        )
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for task in done:
            task.result()  # a defect
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
            say("rig up: killed: what ran on the bus may still run")
            for process in self._processes:
                process.kill()

    def _raise_if_over(self) -> None:
        for process in self._processes:
            if (status := process.status) is not None:
                raise GroupEnded(
                    f"{process.role} {fate(status)}", after_end_of(process.role, status)
                )
        if self._asked.is_set():
            raise GroupEnded("", Exit.ASKED)

    async def _end(self, process: Process | RestartingProcess) -> None:
        ended_before = process.status is not None
        had_to_be_killed = await process.end()
        status = after_asking(process.status or 0, self._killed)
        if ended_before or status == Exit.ASKED:
            return
        self.status = self.status or status
        if had_to_be_killed:
            say(f"rig up: {process.role} did not end within {GRACE:.0f} s: killed")
        elif not self._killed:
            say(f"rig up: {process.role} {fate(process.status or 0)} while ending")
