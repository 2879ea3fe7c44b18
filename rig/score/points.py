"""Two charge points for the world: ours, which supervises its charger, and a plain one that does
nothing but translate, as many do."""

import math
from collections.abc import Iterable
from typing import Any

from rig.bus.logic.link import LinkUp, Sent
from rig.bus.logic.messages import Current, Message, SetLimit, Start, Stop
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
from rig.ocppj.logic.framing import Call, CallError, CallResult, OcppMessage
from rig.ocppj.logic.moments import timestamp
from rig.ocppj.schemas import payload_of, request_of, response_of
from rig.score.world import World

IDENTITY = Identity(vendor="rig", model="score", firmware="1")
TURN = 1e-5  # s of an event loop: what is due again at once is done in the next one
PORTION = 100  # requests of the queue that are read at once
REACTS = (0.003, 0.03)  # s of a plain charge point
HEARTBEAT = 300.0  # s, of a plain charge point; ours does as its central system says
SAMPLES_EACH = 5.0  # s, of a plain charge point


class RigPoint:
    """Our charge point: its machine, with a bus that echoes, and a disk."""

    def __init__(self, world: World) -> None:
        self._world = world
        settings = Settings(IDENTITY, "seed")
        self._point = ChargePoint(
            settings, world.codec, lambda now: now, world.now, read({}, world.codec)
        )
        self._queue: dict[str, Any] = {}
        self._asked: dict[str, Any] = {}  # by us, by unique id
        self._ids = 0
        self._woken_at = math.inf
        self.drops: type[Message] | None = None  # messages that vanish on their way to the bus
        self._echoes: list[Message] = []  # ours, until they are on the bus
        self.feed(At(1, LinkUp()))

    def feed(self, event: Event) -> None:
        now = self._world.now
        self._tick()
        for outputs in self._point.receive(event, now):
            self._do(outputs)
        self._tick()
        self._arm()

    def _tick(self) -> None:
        if self._point.wake_at <= self._world.now:
            for outputs in self._point.tick(self._world.now):
                self._do(outputs)

    def _arm(self) -> None:
        due = max(self._point.wake_at, self._world.now + TURN)
        if due < self._woken_at:
            self._woken_at = due
            self._world.after(due - self._world.now, self._wake)

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
                    self._say(CallResult(unique_id, payload_of(response)))
                case Refuse(unique_id, code, description):
                    self._say(CallError(unique_id, code, description))
                case Keep() if output.row[0] == QUEUE.name:
                    self._keep(output.row[1], output.row[2])
                case Fetch(after):
                    self._world.after(0.001, lambda after=after: self._fetch(after))  # type: ignore[misc]

    def _send(self, send: Send) -> None:
        if self.drops is not None and isinstance(send.message, self.drops):
            self._world.touch()
        else:
            self._echoes.append(send.message)
            self._world.put(send.message)
        self._world.after(0.0015, lambda: self.feed(At(1, Sent(send.key, self._world.now))))

    def _ask(self, request: Any, unique_id: str | None) -> None:
        self._ids += 1
        unique_id = unique_id or f"p{self._ids}"
        self._asked[unique_id] = request
        self._say(Call(unique_id, type(request).__name__, payload_of(request)))

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
        if message in self._echoes:
            self._echoes.remove(message)
            return
        self.feed(At(1, message))

    def on_line(self, message: OcppMessage) -> None:
        match message:
            case Call(unique_id, action, payload):
                self.feed(Asked(unique_id, request_of(action, payload)))
            case CallResult(unique_id, payload) if unique_id in self._asked:
                request = self._asked.pop(unique_id)
                self.feed(Answered(request, response_of(type(request).__name__, payload)))

    def connected(self, is_connected: bool) -> None:
        self._asked.clear()
        self.feed(Connected() if is_connected else Disconnected("gone"))


class PlainPoint:
    """Hands Start, Stop and limits on to the charger, and its current to the central system."""

    def __init__(self, world: World) -> None:
        self._world, self._current, self._ids = world, 0.0, 0
        self._running = False
        self.drops: type[Message] | None = None
        world.after(SAMPLES_EACH, self._sample)
        world.after(HEARTBEAT, self._beat)

    def on_bus(self, message: Message) -> None:
        if isinstance(message, Current):
            self._current = message.current

    def connected(self, is_connected: bool) -> None:
        if is_connected:
            self._ask("BootNotification", {"chargePointVendor": "v", "chargePointModel": "plain"})

    def on_line(self, message: OcppMessage) -> None:
        if isinstance(message, Call):
            wait = self._world.rng.uniform(*REACTS)
            self._world.after(wait, lambda: self._obey(message))

    def _obey(self, asked: Call) -> None:
        for message in self._commands(asked):
            if self.drops is not None and isinstance(message, self.drops):
                self._world.touch()
            else:
                self._world.put(message)
        answer = CallResult(asked.unique_id, {"status": "Accepted"})
        self._world.after(0.002, lambda: self._world.say(answer, by_point=True))

    def _commands(self, asked: Call) -> list[Message]:
        match asked.action:
            case "RemoteStartTransaction":
                self._running = True
                return [*_limit(asked.payload.get("chargingProfile")), Start()]
            case "RemoteStopTransaction":
                self._running = False
                return [Stop()]
            case "SetChargingProfile":
                return _limit(asked.payload.get("csChargingProfiles"))
        return []

    def _beat(self) -> None:
        self._world.after(HEARTBEAT, self._beat)
        self._ask("Heartbeat", {})

    def _sample(self) -> None:
        self._world.after(SAMPLES_EACH, self._sample)
        if not self._running:
            return
        value = {"value": f"{self._current:g}", "measurand": "Current.Import", "unit": "A"}
        sample = {"timestamp": timestamp(self._world.now), "sampledValue": [value]}
        self._ask("MeterValues", {"connectorId": 1, "meterValue": [sample]})

    def _ask(self, action: str, payload: dict[str, Any]) -> None:
        self._ids += 1
        if self._world.is_connected:
            self._world.say(Call(f"p{self._ids}", action, payload), by_point=True)


def _limit(profile: dict[str, Any] | None) -> list[Message]:
    if profile is None:
        return []
    first = profile["chargingSchedule"]["chargingSchedulePeriod"][0]
    return [SetLimit(float(first["limit"]))]
