"""A bus, a charger and the two ends of OCPP on a virtual clock, and what a watcher of them is told.

Everything is put on the wire by somebody: the charger, the charge point, the central system, or an
attacker. A fault or an attack stands where it would stand in a real one: in the charger, on the
bus, in the charge point, on the line. Its clock is in s since 1970; `at` and labels are in s from
BEGINS. Currents in A.
"""

import heapq
import itertools
import random
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from rig.bus.logic.link import LinkUp
from rig.bus.logic.messages import COMMANDS, KINDS, Codec, Frame, Message
from rig.charger_module.logic.charger import SimulatedCharger
from rig.charger_module.logic.device import Begin, Device, EndAll
from rig.detect.events import Connection, End, Event, Heard, Listening, OnBus, Said, heard
from rig.ocppj.logic.framing import OcppMessage
from rig.score.logic.judged import Label

BEGINS = 1769860800.0  # 2026-01-31T12:00:00Z, of every session
ON_BUS = (0.0002, 0.001)  # s from a sender to the stamp
FRAME = 0.0001  # s between two frames: they keep their order
JITTER = 0.004  # s, most, of the charger's tick: a process of an ordinary system
LINE = (0.003, 0.015)  # s of one way between the ends

DIGITS = 6  # of a stamp: whole microseconds, as a recording has them
CHARGE_POINT = "CP_1"
LASTS = 1.0  # s that the latest change counts for: one period of Current
RECOVERS = 20.0  # s until the current is where it is told to be: 1 % of the way is left then

Timed = tuple[float, Event]
Gate = Callable[[Frame], list[Frame]]  # what becomes of a frame of the charger
Line = Callable[[bool, OcppMessage], OcppMessage]  # of a message, by the point or to it


class Point(Protocol):
    """A charge point: it sends on the bus and on the line of its world.

    `drops`: commands of this kind vanish on their way to the bus, and it does not notice.
    """

    drops: type[Message] | None

    def on_bus(self, message: Message) -> None: ...

    def on_line(self, message: OcppMessage) -> None: ...

    def connected(self, is_connected: bool) -> None: ...


class Payloads(Protocol):
    """OCPP payloads to and from the typed classes of our charge point: rig/ocppj/schemas.py."""

    def request_of(self, action: str, payload: dict[str, Any]) -> Any: ...

    def response_of(self, action: str, payload: dict[str, Any]) -> Any: ...

    def payload_of(self, typed: Any) -> dict[str, Any]: ...


class Formats(NamedTuple):
    """How messages are on the bus, and on the line."""

    bus: Codec
    line: Payloads


class World:
    """Of one connector."""

    def __init__(self, formats: Formats, rng: random.Random, charger: SimulatedCharger) -> None:
        codec, self.payloads = formats
        self.codec, self.rng = codec, rng
        self.now = BEGINS
        self.told: list[Timed] = []  # to a watcher
        self.charger, self.device = charger, Device(charger, codec)
        self.gate: Gate = lambda frame: [frame]
        self.line: Line = lambda by_point, message: message
        self.is_connected = False
        self.voice: Callable[[OcppMessage], OcppMessage] = lambda message: message
        self.listeners: list[Callable[[Message], None]] = []
        self._touched: list[float] = []  # when a fault or an attack changed what is on the wire
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._bus_free_at = 0.0
        self._arrivals = {True: 0.0, False: 0.0}  # of the latest message, by the point or to it
        self.point: Point
        self.on_csms: Callable[[OcppMessage], None] = lambda message: None

    # time

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        """Do this so much later."""
        heapq.heappush(self._due, (self.now + seconds, next(self._number), do))

    def at(self, seconds: float, do: Callable[[], None]) -> None:
        """Do this so long after the begin of the session."""
        heapq.heappush(self._due, (BEGINS + seconds, next(self._number), do))

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        self.told += [(self.now, Listening("csms")), (self.now, Listening("cp"))]
        self.told.append((self.now, OnBus(1, LinkUp())))
        self._tick_charger()
        end = BEGINS + seconds
        while self._due and self._due[0][0] < end:
            self.now, _, do = heapq.heappop(self._due)
            do()
        self.told = [(round(at, DIGITS), event) for at, event in self.told]
        self.told.sort(key=lambda timed: timed[0])

    def touch(self) -> None:
        """A fault or an attack changes what is on the wire now."""
        self._touched.append(round(self.now, DIGITS))

    def labels_of(self, kind: str) -> list[Label]:
        """One label from the first to the last change of what is on the wire, none without."""
        if not self._touched:
            return []
        first, end = self._touched[0] - BEGINS, self._touched[-1] - BEGINS + LASTS
        return [Label(kind, first, end, first, end + RECOVERS)]

    # the bus

    def put(self, message: Message) -> None:
        """A message of the charge point, or of an attacker, goes to the bus."""
        self.put_frame(self.codec.encode(message))

    def put_frame(self, frame: Frame) -> None:
        """It is on the bus a little later, for the charger and the watcher at once."""
        carried_at = max(self.now + self.rng.uniform(*ON_BUS), self._bus_free_at)
        self._bus_free_at = carried_at + FRAME
        self.after(carried_at - self.now, lambda: self._carry(frame))

    def _carry(self, frame: Frame) -> None:
        what = heard(frame, self.codec)
        self.told.append((self.now, OnBus(1, Heard(what))))
        if isinstance(what, COMMANDS):
            self.device.receive(what, self.now)
        if isinstance(what, KINDS):
            for hear in self.listeners:
                hear(what)
            self.point.on_bus(what)

    def fault(self, name: str | None) -> None:
        """The charger has this fault from now on; None: it has none any more."""
        self.device.receive(EndAll() if name is None else Begin(name), self.now)

    def _tick_charger(self) -> None:
        for output in self.device.tick(self.now):
            if isinstance(output, Frame):
                for frame in self.gate(output):
                    self.put_frame(frame)
        wait = max(0.0, self.device.wake_at - self.now)
        self.after(wait + self.rng.uniform(0.0, JITTER), self._tick_charger)

    # OCPP

    def connect(self, is_connected: bool) -> None:
        """The connection is there, or gone, at both ends."""
        self.is_connected = is_connected
        ends: list[End] = ["csms", "cp"]
        for end in ends:
            change = Connection(end, CHARGE_POINT, "connected" if is_connected else "closed")
            self.told.append((self.now, change))
        self.point.connected(is_connected)

    def say(self, message: OcppMessage, *, by_point: bool) -> None:
        """One end sends; the other one gets what the line makes of it."""
        ends: tuple[End, End] = ("cp", "csms") if by_point else ("csms", "cp")
        said = self.voice(message) if by_point else message
        self._tell(ends[0], said, by_point)
        arrives = self.line(by_point, said)
        arrival = max(self.now + self.rng.uniform(*LINE), self._arrivals[by_point] + FRAME)
        self._arrivals[by_point] = arrival
        self.after(arrival - self.now, lambda: self._arrive(ends[1], arrives, by_point))

    def _arrive(self, end: End, message: OcppMessage, by_point: bool) -> None:
        if not self.is_connected:
            return
        self._tell(end, message, by_point)
        if by_point:
            self.on_csms(message)
        else:
            self.point.on_line(message)

    def _tell(self, end: End, message: OcppMessage, by_point: bool) -> None:
        """An end tells the watcher of a message."""
        self.told.append((self.now, Said(end, CHARGE_POINT, by_point, message)))
