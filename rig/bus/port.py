"""The port to the CAN bus that every role uses: supervised, with exact account of what was sent.

It opens the bus, tells when it goes down, opens it again when it is back, and says of each frame
whether it was seen on the bus. Nothing that happens to the bus raises here.
"""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from rig.bus.logic.echoes import Echoes
from rig.bus.logic.link import (
    Action,
    BusEvent,
    Close,
    Garbled,
    Link,
    LinkDown,
    LinkUp,
    Lost,
    NotSent,
    Open,
    Received,
)
from rig.bus.logic.messages import Frame
from rig.bus.opening import INTERFACE, bus_name, explain, open_bus
from rig.bus.python_can_wire import PythonCanWire, open_aside
from rig.bus.wire import SocketCanWire, Wire, interface_state
from rig.role.closing import cancel
from rig.role.errors import first_line
from rig.role.timer import Timer

LOOK_EVERY = 1.0  # s between two looks at a bus that works; one that goes down mostly tells itself
AWAITED_EVERY = 0.2  # s between two looks at an interface that is awaited
RETRY_EVERY = 1.0  # s between two attempts to open any other backend

OnEvent = Callable[[BusEvent], None]


class Port:
    """One bus. `on_event` gets each BusEvent in the event loop, never from inside a call to Port.

    Raises UserError on entering if the bus cannot be opened; an interface that is there but down
    is waited for.
    """

    def __init__(
        self, config: dict[str, Any], identifiers: Iterable[int] | None, on_event: OnEvent
    ) -> None:
        self.name = bus_name(config)
        self.is_up = False
        self.echoes = True  # whether Sent means that the frame was seen on the bus
        self.marks_own = True  # whether no frame of ours can be taken for one of another sender
        self._config = config
        self._identifiers = None if identifiers is None else list(identifiers)
        self._on_event = on_event
        self._link, self._echoes = Link(self.name), Echoes()
        self._wire: Wire | None = None
        self._events: deque[BusEvent] = deque()  # to be told, in order
        self._tokens = itertools.count(1)
        self._dropped = self._counted = 0
        self.unread: int | None = 0  # frames that came and were not told until it was closed
        self._closed = False

    @property
    def dropped(self) -> int | None:
        """Received frames lost since the start; None where the backend cannot tell."""
        return self._dropped if self._config["interface"] == INTERFACE else None

    async def __aenter__(self) -> "Port":
        self._loop, self._timer = asyncio.get_running_loop(), Timer(self._give_up)
        self._look_due = asyncio.Event()
        self._next_look = Timer(self._look_due.set)
        await self._first_open()
        self._supervision = asyncio.create_task(self._supervise())
        self._supervision.add_done_callback(_raise_defect)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed = True
        self._next_look.cancel()
        await cancel(self._supervision)
        if wire := self._wire:
            self.unread = wire.unread()
            self._close_wire()
            await wire.closed()

    def send(self, frame: Frame) -> int:
        """Send a frame. The token comes back as Sent or NotSent within 0.1 s; Late may follow."""
        token = next(self._tokens)
        if self._wire is None or not self.is_up:
            self._tell(NotSent(token, f"{self.name} is down"))
            return token
        self._echoes.handed_over(token, frame, self._loop.time())
        self._wire.send(frame, lambda why: self._taken(token, frame, why))
        self._timer.set(self._echoes.wake_at)
        return token

    def _taken(self, token: int, frame: Frame, why: str | None) -> None:
        if why is not None:
            self._tell(self._echoes.refused(token, why))
        elif self._wire and not self._wire.echoes:
            self._tell(self._echoes.echoed(frame))

    def _give_up(self) -> None:
        self._tell(*self._echoes.tick(self._loop.time()))
        self._timer.set(self._echoes.wake_at)

    def _on_frame(
        self, frame: Frame, maybe_own: bool, is_local: bool | None, stamp: float, at: float
    ) -> None:
        own = self._echoes.echoed(frame, stamp) if maybe_own else None
        if maybe_own and self.marks_own and own is None:
            return  # one of ours that nobody waits for any more
        self._events.append(own or Received(frame, stamp, at, is_local))
        self._deliver()  # at once: a wire calls from the event loop alone

    def _tell(self, *events: BusEvent | None) -> None:
        """Later, because the receiver may be in the middle of a call to send()."""
        self._events.extend(event for event in events if event)
        if self._events:
            self._loop.call_soon(self._deliver)

    def _deliver(self) -> None:
        while self._events and not self._closed:
            self._on_event(self._events.popleft())

    async def _first_open(self) -> None:
        index, running = self._look()
        if index is not None and not running:
            self._do(self._link.observe(index, running))
            return
        try:
            await self._open(index or 0)
        except Exception as error:  # each backend has its own
            raise explain(self._config, error) from error

    async def _supervise(self) -> None:
        while True:
            self._look_later()
            await self._look_due.wait()
            self._look_due.clear()
            self._count_drops()
            for action in self._link.observe(*self._look()):
                if isinstance(action, Open):
                    await self._reopen(action.index)
                else:
                    self._do([action])

    def _look_later(self) -> None:
        awaited = AWAITED_EVERY if self._is_socketcan else RETRY_EVERY
        self._next_look.set(self._loop.time() + (LOOK_EVERY if self.is_up else awaited))

    async def _reopen(self, index: int) -> None:
        try:
            await self._open(index)
        except Exception as error:  # each backend has its own; the next look tries again
            self._do(self._link.failed(f"{self.name} does not open: {first_line(error)}"))

    async def _open(self, index: int) -> None:
        if self._is_socketcan:
            bus, _ = open_bus(self._config, self._identifiers)
            self._wire = SocketCanWire(bus, self._on_frame, self._on_failure, self._on_down)
        else:
            bus, backend = await open_aside(self._config, self._identifiers)
            self._wire = PythonCanWire(
                bus, backend, self._on_frame, self._on_failure, self._on_garbled
            )
        self.echoes, self.marks_own = self._wire.echoes, self._wire.marks_own
        self._counted = 0
        self._do(self._link.opened(index))

    def _on_garbled(self, why: str) -> None:
        self._tell(Garbled(why))

    def _on_failure(self, why: str) -> None:
        self._do(self._link.failed(f"{self.name}: {why}"))

    def _on_down(self) -> None:
        self._do(self._link.down())

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Close():
                    self._close_wire()
                case LinkUp():
                    self.is_up = True
                    self._tell(action)
                case LinkDown():
                    self.is_up = False
                    self._look_later()
                    self._tell(*self._echoes.flushed(f"{self.name} went down"), action)

    def _close_wire(self) -> None:
        self._count_drops()
        if self._wire:
            self._wire.close()
        self._wire, self.is_up = None, False

    @property
    def _is_socketcan(self) -> bool:
        return bool(self._config["interface"] == INTERFACE)

    def _look(self) -> tuple[int | None, bool]:
        """Only SocketCAN can be looked at; another backend is up until it fails."""
        return interface_state(self.name) if self._is_socketcan else (0, True)

    def _count_drops(self) -> None:
        """The kernel's counter begins at 0 with each opening."""
        drops = self._wire.drops() if self._wire else None
        if drops is not None and drops > self._counted:
            self._tell(Lost(drops - self._counted))
            self._dropped += drops - self._counted
            self._counted = drops


async def catch_up(frames: Callable[[], int], newest: Callable[[], float], within: float) -> bool:
    """Let a port read what arrived before now: it reads a part of it each turn of the event loop.

    `frames`: how many it has told so far; `newest`: the stamp of the last one (s since 1970).
    Whether all of it was read within so many s.
    """
    loop = asyncio.get_running_loop()
    now, give_up_at, seen = time.time(), loop.time() + within, -1
    while seen != frames() and newest() < now:
        if loop.time() > give_up_at:
            return False
        seen = frames()
        await asyncio.sleep(0)
    return True


def _raise_defect(supervision: "asyncio.Task[None]") -> None:
    """A port that nobody supervises would look healthy: the role ends instead (rig/role/run.py)."""
    if not supervision.cancelled():
        supervision.result()
