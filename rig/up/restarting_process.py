"""A process that is started again, after a backoff, when it ends: of a role that only watches."""

import asyncio
from dataclasses import replace

from rig.role.closing import cancel, to_the_end
from rig.role.logic.exits import Exit, after_end_of, was_closed
from rig.role.streams import say
from rig.up.logic.launch_plan import Launch
from rig.up.logic.restart_backoff import RestartBackoff
from rig.up.process import Process, Show, fate


class RestartingProcess:
    """A process as the group takes it, or one after another.

    Over when it ended before it was ready once, or when the user closed its window. `worst` is the
    worst end before that.
    """

    def __init__(self, command: Launch, show: Show) -> None:
        self.role, self.worst = command.role, Exit.ASKED
        self.status: int | None = None  # when it is over, or was asked to end
        self._command, self._show = command, show
        self._arguments = (*command.arguments, *(command.again or ()))  # of the next one
        self._process = Process(command, show)
        self._was_ready = self._is_told = False  # ready once; the end of this process is told
        self._backoff = RestartBackoff()
        self._loop = asyncio.get_running_loop()

    async def start(self) -> None:
        """Start it."""
        await self._begin(self._process)
        self._keeping = asyncio.create_task(self._keep())

    async def ready(self) -> str:
        """Return when the first one is ready, with what it says of itself."""
        return await self._process.ready()

    async def wait(self) -> int | None:
        """Return its exit status once it is over."""
        await asyncio.wait([self._keeping])
        self._keeping.result()
        return self.status

    async def end(self) -> bool:
        """Ask it to end and wait for it. Returns whether it had to be killed."""
        await cancel(self._keeping)
        was_killed = await self._process.end()
        if not self._is_told:
            self.status = self._process.status
        return was_killed

    def kill(self) -> None:
        """End it at once, and for good."""
        self._keeping.cancel()
        self._process.kill()

    async def _keep(self) -> None:
        while True:
            status = await self._process.wait()
            await to_the_end(self._process.end())  # its last lines go before ours
            self._was_ready |= self._process.was_ready
            if not self._was_ready or was_closed(self.role, status):
                self.status = status
                return
            self._note(status)
            await self._start_again(fate(status))

    def _note(self, status: int) -> None:
        """What follows from the end of the process."""
        self._is_told = True
        self.worst = max(self.worst, after_end_of(self.role, status))
        if self._process.again is not None:
            self._arguments = (*self._command.arguments, self._process.again)

    async def _start_again(self, why: str) -> None:
        while why:
            pause = self._backoff.ended(self._loop.time() - self._began)
            so_far = f" ({count} times so far)" if (count := self._backoff.count) > 1 else ""
            say(f"rig up: {self.role} {why}{so_far}; the others go on, it again in {pause:.0f} s")
            await asyncio.sleep(pause)
            why = await self._try_again()

    async def _try_again(self) -> str:
        """Start it. Returns why that was not possible, or nothing."""
        process = Process(replace(self._command, arguments=self._arguments), self._show)
        try:
            await to_the_end(self._begin(process))
        except OSError as error:
            return f"cannot be started: {error.strerror}"
        process.when_ready(self._tell_back)
        return ""

    def _tell_back(self, status: str) -> None:
        say(f"rig up: {self.role} is back{': ' * bool(status)}{status}")

    async def _begin(self, process: Process) -> None:
        self._began = self._loop.time()
        await process.start()
        self._process, self._is_told = process, False
