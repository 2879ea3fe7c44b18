"""A plain charge point for the world: it translates and does nothing else, as many do."""

from typing import Any

from rig.bus.logic.messages import Current, Message, SetLimit, Start, Stop
from rig.ocppj.logic.framing import Call, CallResult, OcppMessage
from rig.ocppj.logic.moments import timestamp
from rig.score.logic.world import World

REACTS = (0.003, 0.03)  # s from a request to its frames
ANSWERS = 0.002  # s from its frames to the answer
HEARTBEAT = 300.0  # s
SAMPLES_EACH = 5.0  # s


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
        self._world.after(ANSWERS, lambda: self._world.say(answer, by_point=True))

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
