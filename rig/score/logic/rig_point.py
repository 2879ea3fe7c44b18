"""Our charge point for the world, which supervises its charger: its machine, and a disk."""

import math
from collections.abc import Iterable
from functools import partial
from typing import Any

from rig.bus.logic.link import LinkUp, Sent
from rig.bus.logic.messages import Message
from rig.cp.logic.charge_point import ChargePoint
from rig.cp.logic.events import At, Event, Fetched, Output, Send
from rig.cp.logic.kept import Fetch, Keep
from rig.cp.logic.saved import QUEUE, read
from rig.cp.logic.shared import Identity, Settings
from rig.ocppj.logic.exchange import (
    Answer,
    Answered,
    Ask,
    Asked,
    Connected,
    Disconnected,
    Refuse,
)
from rig.ocppj.logic.framing import (
    Call,
    CallError,
    CallResult,
    OcppMessage,
)
from rig.score.logic.world import BEGINS, World

IDENTITY = Identity(vendor="rig", model="score", firmware="1")
PORTION = 100  # requests of the queue that are read at once
READ = 0.001  # s that the disk takes
TIMER = 0.001  # s, the resolution of a timer


class RigPoint:
    """One life of it. Its disk never fails."""

    def __init__(self, world: World) -> None:
        self._world = world
        settings = Settings(IDENTITY, "seed")
        self._point = ChargePoint(
            settings, world.codec, lambda now: BEGINS + now, self._now, read({}, world.codec)
        )
        self._queue: dict[str, Any] = {}
        self._asked: dict[str, Any] = {}  # by us, by unique id
        self._ids = 0
        self._woken_at = math.inf
        self.drops: type[Message] | None = None
        self._in_flight: list[Send] = []
        self.feed(At(1, LinkUp()))

    @property
    def _now(self) -> float:
        """Seconds of its own clock, as those of an event loop."""
        return self._world.now - BEGINS

    def feed(self, event: Event) -> None:
        """Something happened to it now."""
        self._tick()
        for outputs in self._point.receive(event, self._now):
            self._do(outputs)
        self._tick()
        self._arm()

    def _tick(self) -> None:
        if self._point.wake_at <= self._now:
            for outputs in self._point.tick(self._now):
                self._do(outputs)

    def _arm(self) -> None:
        due = max(self._point.wake_at, self._now + TIMER)
        if due < self._woken_at:
            self._woken_at = due
            self._world.after(due - self._now, self._wake)

    def _wake(self) -> None:
        self._woken_at = math.inf
        self._tick()
        self._arm()

    def _do(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            match output:
                case Send():
                    self._send(output)
                case Ask(request, unique_id):
                    self._ask(request, unique_id)
                case Answer(unique_id, response):
                    self._say(CallResult(unique_id, self._world.payloads.payload_of(response)))
                case Refuse(unique_id, code, description):
                    self._say(CallError(unique_id, code, description))
                case Keep() if output.row[0] == QUEUE.name:
                    self._keep(output.row[1], output.row[2])
                case Fetch(after):
                    self._world.after(READ, partial(self._fetch, after))

    def _send(self, send: Send) -> None:
        if self.drops is not None and isinstance(send.message, self.drops):
            self._world.touch()
            self._world.after(TIMER, lambda: self._carried(send))
        else:
            self._in_flight.append(send)
            self._world.put(send.message)

    def _carried(self, send: Send) -> None:
        self.feed(At(1, Sent(send.key, self._world.now)))

    def _ask(self, request: Any, unique_id: str | None) -> None:
        self._ids += 1
        unique_id = unique_id or f"p{self._ids}"
        self._asked[unique_id] = request
        self._say(Call(unique_id, type(request).__name__, self._world.payloads.payload_of(request)))

    def _say(self, message: OcppMessage) -> None:
        self._world.say(message, by_point=True)

    def _keep(self, key: str, value: Any) -> None:
        if value is None:
            self._queue.pop(key, None)
        else:
            self._queue[key] = value

    def _fetch(self, after: int) -> None:
        keys = sorted((key for key in self._queue if int(key) > after), key=int)[:PORTION]
        rows = {QUEUE.name: {key: self._queue[key] for key in keys}}
        found = read(rows, self._world.codec).queue
        self.feed(Fetched(found, len(keys), int(keys[-1]) if keys else after))

    def on_bus(self, message: Message) -> None:
        for send in self._in_flight:
            if send.message == message:
                self._in_flight.remove(send)
                return self._carried(send)
        return self.feed(At(1, message))

    def on_line(self, message: OcppMessage) -> None:
        match message:
            case Call(unique_id, action, payload):
                self.feed(Asked(unique_id, self._world.payloads.request_of(action, payload)))
            case CallResult(unique_id, payload) if unique_id in self._asked:
                request = self._asked.pop(unique_id)
                self.feed(
                    Answered(
                        request, self._world.payloads.response_of(type(request).__name__, payload)
                    )
                )

    def connected(self, is_connected: bool) -> None:
        self._asked.clear()
        self.feed(Connected() if is_connected else Disconnected("gone"))
