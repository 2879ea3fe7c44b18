"""What goes wrong between the central system, the charge point and its bus: messages that are
forged, changed, or not followed.

Names by the public taxonomies of OCPP attacks: flooding, a session that is taken over, profile
poisoning, meter tampering; and a charge point that accepts and does nothing.
"""

from collections.abc import Callable
from typing import Any

from rig.bus.logic.messages import Message, SetLimit, Start, Stop
from rig.detect.events import Connection
from rig.ocppj.logic.framing import Call, OcppMessage
from rig.ocppj.logic.moments import timestamp
from rig.score.logic.anomalies.attack import each, touching
from rig.score.logic.bench import Bench
from rig.score.logic.central import profile
from rig.score.logic.world import CHARGE_POINT

SHORTEST_LIE = 60.0  # s: some charge points tell their current seldom
DROPS_FOR = 1.0  # s
NEW = "StartTransaction", {"connectorId": 1, "idTag": "X", "meterStart": 0}


def meter_tamper(bench: Bench, begin: float, end: float) -> None:
    """The charge point tells 20 to 80 % of the current that is on its bus."""
    share = bench.rng.uniform(0.2, 0.8)
    bench.limit(begin - 40, (0, float(bench.rng.randint(16, 63))))
    until = max(end, begin + SHORTEST_LIE)

    def lie(message: OcppMessage) -> OcppMessage:
        if not begin <= bench.now < until:
            return message
        told = _less(message, share)
        if told != message:
            bench.world.touch()
        return told

    bench.world.voice = lie


def _less(message: OcppMessage, share: float) -> OcppMessage:
    """MeterValues with less current; any other message as it is."""
    if not isinstance(message, Call) or message.action != "MeterValues":
        return message
    values = [
        item | {"sampledValue": [_sample(sample, share) for sample in item["sampledValue"]]}
        for item in message.payload["meterValue"]
    ]
    return message._replace(payload=message.payload | {"meterValue": values})


def _sample(sample: dict[str, Any], share: float) -> dict[str, Any]:
    current = float(sample["value"]) if sample.get("measurand") == "Current.Import" else 0.0
    return sample | {"value": f"{current * share:.1f}"} if current else sample


def cp_drops_cmd(bench: Bench, begin: float, end: float) -> None:
    """A command is accepted, and its frame does not come to the bus; it is told again later."""
    kind, command = bench.rng.choice(COMMANDS)
    if kind is Start:
        bench.stop(begin - 60)
    if kind is SetLimit:
        bench.limit(begin - 60, (0, 24.0))

    def drop(kinds: type[Message] | None) -> None:
        bench.point.drops = kinds

    bench.at(begin, lambda: drop(kind))
    bench.at(begin, lambda: command(bench))
    bench.at(begin + DROPS_FOR, lambda: drop(None))
    _until_told(bench, begin, begin + bench.rng.uniform(20, 60), kind, lambda: command(bench))


def _until_told(
    bench: Bench, begin: float, at: float, kind: type[Message], again: Callable[[], None]
) -> None:
    """It is on the wire until the command is told again: at this time, or by the charge point
    itself before."""
    is_missing = True

    def hear(message: Message) -> None:
        nonlocal is_missing
        if is_missing and bench.now > begin and isinstance(message, kind):
            is_missing = False
            bench.world.touch()

    def tell() -> None:
        if is_missing:
            bench.world.touch()
        again()

    bench.world.listeners.append(hear)
    bench.at(at, tell)


COMMANDS: list[tuple[type[Message], Callable[[Bench], None]]] = [
    (SetLimit, lambda bench: bench.csms.limit((0, 40.0))),
    (Start, lambda bench: bench.csms.start()),
    (Stop, lambda bench: bench.csms.stop()),
]


def dup_id(bench: Bench, begin: float, end: float) -> None:
    """Somebody else connects with the id of the charge point: refused, or let in besides."""
    is_let_in = bench.rng.random() < 0.5

    def join() -> None:
        if is_let_in:
            event = Connection("csms", CHARGE_POINT, "connected")
        else:
            event = Connection("csms", CHARGE_POINT, "refused", "this id is connected already")
        bench.world.told.append((bench.world.now, event))

    for n in range(3):
        touching(bench, begin + 10 * n, join)


def ocpp_flood(bench: Bench, begin: float, end: float) -> None:
    """5 to 20 Heartbeats a second."""
    beat = _forger(bench, "Heartbeat", {})

    def put() -> None:
        bench.world.touch()
        beat()

    every = 1 / bench.rng.uniform(5, 20)
    each(bench, begin, begin + bench.rng.uniform(10, 30), every, put)


def ocpp_sequence(bench: Bench, begin: float, end: float) -> None:
    """A transaction begins twice, is told of and was never begun, or ends twice: said twice within
    seconds, as by a charge point that repeats itself."""
    if not bench.is_ours:  # it told of no transaction: so one is told first, as it should be
        bench.at(begin - 20, _forger(bench, *NEW))
    sample = {"value": "0", "measurand": "Current.Import", "unit": "A"}
    unknown = {"connectorId": 1, "transactionId": 99, "meterValue": [_at(bench, begin, sample)]}
    ended = {"transactionId": 98, "meterStop": 0, "timestamp": timestamp(bench.world.now + begin)}
    action, payload = bench.rng.choice([NEW, ("MeterValues", unknown), ("StopTransaction", ended)])
    forge = _forger(bench, action, payload)
    touching(bench, begin, forge)
    touching(bench, begin + bench.rng.uniform(1, 4), forge)


def _at(bench: Bench, at: float, sample: dict[str, str]) -> dict[str, Any]:
    return {"timestamp": timestamp(bench.world.now + at), "sampledValue": [sample]}


def _forger(bench: Bench, action: str, payload: dict[str, Any]) -> Callable[[], None]:
    """A CALL in the name of the charge point, which both ends tell."""
    number = iter(range(10_000))

    def say() -> None:
        moment = {} if action == "Heartbeat" else {"timestamp": timestamp(bench.world.now)}
        whole = payload | moment if action == "StartTransaction" else payload
        bench.world.say(Call(f"x{next(number)}", action, whole), by_point=True)

    return say


def mitm_limit(bench: Bench, begin: float, end: float) -> None:
    """Somebody between the two ends changes the limits of the central system."""
    world, rng = bench.world, bench.rng

    def change(by_point: bool, message: OcppMessage) -> OcppMessage:
        if by_point or not isinstance(message, Call) or message.action != "SetChargingProfile":
            return message
        world.touch()
        other = {"csChargingProfiles": profile((0, float(rng.randint(50, 80))))}
        return message._replace(payload=message.payload | other)

    def let(line: Callable[[bool, OcppMessage], OcppMessage]) -> None:
        world.line = line

    bench.at(begin, lambda: let(change))
    bench.at(end, lambda: let(lambda by_point, message: message))
    bench.limit(begin + 1, (0, 20.0))
    bench.limit(begin + 31, (0, 16.0))
    # Until then another limit is in force than was sent.
    touching(bench, end + 5, lambda: bench.csms.limit((0, 16.0)))
