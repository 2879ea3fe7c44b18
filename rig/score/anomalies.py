"""What is not normal: one event in an ordinary session, with other numbers for each seed.

Names and shapes by the public taxonomies of CAN and OCPP attacks (fabrication, suspension,
masquerade: ROAD; flooding, fuzzing, replay: HCRL, SynCAN) and of charging (oscillatory load,
profile poisoning, meter tampering, a session that is taken over). Times in s, currents in A. Each
`touches` the world when it changes what is on the wire, and never else.
"""

from collections.abc import Callable

from rig.bus.logic.messages import Current, Frame, Message, SetLimit, Start, Stop
from rig.detect.events import Connection
from rig.ocppj.logic.framing import Call, OcppMessage
from rig.score.bench import Bench
from rig.score.world import CHARGE_POINT

ATTACKED = 1200.0  # s, of a session with an anomaly
CHARGES = 60.0, 950.0  # s, from when to when its car charges, at the earliest and at the latest

Attack = Callable[[Bench, float, float], None]  # from, to (s)


def play(attack: Attack, bench: Bench) -> None:
    """An ordinary session, and the attack in it."""
    rng = bench.rng
    bench.start(rng.uniform(20, CHARGES[0]), float(rng.randint(16, 63)))
    if rng.random() < 0.5:
        bench.limit(rng.uniform(120, 300), (0, float(rng.randint(16, 63))))
    bench.stop(rng.uniform(CHARGES[1], 1100))
    begin = rng.uniform(400, 600)
    attack(bench, begin, begin + rng.uniform(40, 200))


def each(bench: Bench, begin: float, end: float, every: float, do: Callable[[], None]) -> None:
    """Do this again and again."""
    at = begin
    while at < end:
        bench.at(at, do)
        at += every


# --- commands


def osc_seed(bench: Bench, begin: float, end: float) -> None:
    """The seed's cycle: 0 A, 2 s, 100 A, 1 s, start, 2 s, stop, 3 s."""
    touching(bench, begin, lambda: None)
    bench.stop(begin)
    at = begin + 3
    while at < end:
        bench.limit(at, (0, 0.0))
        bench.limit(at + 2, (0, 100.0))
        bench.start(at + 3)
        touching(bench, at + 5, bench.csms.stop)
        at += 8


def touching(bench: Bench, at: float, do: Callable[[], None]) -> None:
    """Do this then: it is part of the anomaly."""

    def both() -> None:
        bench.world.touch()
        do()

    bench.at(at, both)


def swings(bench: Bench, begin: float, end: float, half: float, low: float, high: float) -> None:
    limits = [low, high]
    at, number = begin, 0
    while at < end:
        limit = limits[number % 2]
        touching(bench, at, lambda limit=limit: bench.csms.limit((0, limit)))  # type: ignore[misc]
        at, number = at + half, number + 1


def osc_stealth(bench: Bench, begin: float, end: float) -> None:
    """The limit goes down by 8 to 12 A and back each 10 s."""
    high = float(bench.rng.randint(24, 50))
    swings(bench, begin, max(end, begin + 90), 5.0, high - bench.rng.uniform(8, 12), high)


def osc_slow(bench: Bench, begin: float, end: float) -> None:
    """The limit goes down to 40 % and back each 30 to 60 s."""
    high, half = float(bench.rng.randint(32, 80)), bench.rng.uniform(15, 30)
    swings(bench, begin, max(end, begin + 8 * half), half, round(0.4 * high), high)


def fast_toggle(bench: Bench, begin: float, end: float) -> None:
    """Stop and start again within seconds, two or three times."""
    at = begin
    for _ in range(bench.rng.randint(2, 3)):
        touching(bench, at, bench.csms.stop)
        at += bench.rng.uniform(1.5, 4.0)
        touching(bench, at, bench.csms.start)
        at += bench.rng.uniform(5.0, 12.0)


# --- the power electronics, and what they report


def differing(bench: Bench, begin: float, end: float, fault: str) -> None:
    """The charger has a fault; it shows while the charger is told something else than it means."""
    world, charger = bench.world, bench.world.charger
    told: dict[str, float | bool] = {}

    def on_bus(message: Message) -> None:
        match message:
            case SetLimit(limit):
                told["limit"] = limit
            case Start() | Stop():
                told["runs"] = isinstance(message, Start)
        forward(message)

    def look() -> None:
        runs = told.get("runs", charger.running)
        target = float(told.get("limit", charger.limit)) if runs else 0.0
        if abs(target - charger.target) > 0.5:
            world.touch()

    forward = world.point.on_bus
    world.point.on_bus = on_bus  # type: ignore[method-assign]
    bench.at(begin, lambda: world.fault(fault))
    bench.at(end, lambda: world.fault(None))
    bench.at(end + 0.1, lambda: world.fault("ev.noise"))
    each(bench, begin, end + 60, 1.0, look)


def ignore_limit(bench: Bench, begin: float, end: float) -> None:
    """A lower limit is not obeyed; in the end it is told once more."""
    bench.limit(begin - 20, (0, 50.0))
    low = float(bench.rng.randint(6, 16))
    differing(bench, begin, end, "plant.ignore_limit")
    bench.limit(begin + 2, (0, low))
    bench.limit(end + 1, (0, low))


def ignore_stop(bench: Bench, begin: float, end: float) -> None:
    """Stop is not obeyed; in the end it is told once more."""
    differing(bench, begin, end, "plant.ignore_stop")
    bench.stop(begin + 2)
    bench.at(end + 1, lambda: None if bench.is_ours else bench.world.put(Stop()))


def changed(bench: Bench, begin: float, end: float, change: Callable[[float], float]) -> None:
    """What the charger reports, and what flows, is another current."""
    codec, world = bench.world.codec, bench.world
    before = world.gate

    def gate(frame: Frame) -> list[Frame]:
        report = codec.decode(frame)
        if not isinstance(report, Current):
            return [frame]
        other = codec.encode(Current(max(0.0, change(report.current))))
        if other != frame:
            world.touch()
        return [other]

    bench.at(begin, lambda: setattr(world, "gate", gate))
    bench.at(end, lambda: setattr(world, "gate", before))


def over_current(bench: Bench, begin: float, end: float) -> None:
    """More flows than the limit: 15, 25 or 50 %."""
    factor = bench.rng.choice([1.15, 1.25, 1.5])
    bench.limit(begin - 40, (0, float(bench.rng.randint(32, 63))))
    changed(bench, begin, end, lambda current: current * factor)


def frozen(bench: Bench, begin: float, end: float) -> None:
    held: list[float] = []

    def hold(current: float) -> float:
        held.append(current)
        return held[0]

    changed(bench, begin, end, hold)


def frozen_hold(bench: Bench, begin: float, end: float) -> None:
    """The report is frozen while nothing else changes."""
    frozen(bench, begin, max(end, begin + 60))


def frozen_step(bench: Bench, begin: float, end: float) -> None:
    """The report is frozen, and the limit goes down meanwhile."""
    bench.limit(begin - 60, (0, 50.0))
    bench.limit(begin + 5, (0, float(bench.rng.randint(6, 20))))
    frozen(bench, begin, max(end, begin + 60))


# --- frames on the bus


def spoof300(bench: Bench, begin: float, end: float) -> None:
    """A second sender of Current, between the reports of the charger."""
    current = float(bench.rng.randint(0, 80))
    offset = bench.rng.uniform(0.2, 0.8)
    spoof = putting(bench, Current(current))
    each(bench, begin + offset, end, 1.0, spoof)


def putting(bench: Bench, message: Message) -> Callable[[], None]:
    def put() -> None:
        bench.world.touch()
        bench.world.put(message)

    return put


def masquerade(bench: Bench, begin: float, end: float) -> None:
    """The reports of the charger are withheld, others come in their place: 50 to 85 % of them."""
    share = bench.rng.uniform(0.5, 0.85)
    changed(bench, begin, end, lambda current: current * share)


def replay(bench: Bench, begin: float, end: float) -> None:
    """Reports of before come in place of those of now."""
    heard: list[float] = []
    codec, world = bench.world.codec, bench.world

    def record(frame: Frame) -> list[Frame]:
        report = codec.decode(frame)
        if isinstance(report, Current):
            heard.append(report.current)
        return [frame]

    bench.at(60.0, lambda: setattr(world, "gate", record))
    kept = iter(range(20, 10_000))
    bench.limit(begin - 30, (0, float(bench.rng.randint(16, 63))))
    changed(bench, begin, end, lambda current: heard[next(kept) % len(heard)])


def suspension(bench: Bench, begin: float, end: float) -> None:
    """The charger is not heard for 15 to 60 s."""
    world = bench.world

    def gate(frame: Frame) -> list[Frame]:
        world.touch()
        return []

    bench.at(begin, lambda: setattr(world, "gate", gate))
    end = begin + bench.rng.uniform(15, 60)
    bench.at(end, lambda: setattr(world, "gate", lambda frame: [frame]))


def flood(bench: Bench, begin: float, end: float) -> None:
    """As many frames as the bus takes seldom: of priority 0, or of Current."""
    frame = bench.rng.choice([Frame(0, bytes(8)), bench.world.codec.encode(Current(20.0))])

    def put() -> None:
        bench.world.touch()
        bench.world.put_frame(frame)

    rate = bench.rng.uniform(60, 200)
    each(bench, begin, begin + bench.rng.uniform(10, 20), 1 / rate, put)


def fuzz(bench: Bench, begin: float, end: float) -> None:
    """Frames of any number and data, 20 a second."""
    rng = bench.rng

    def put() -> None:
        bench.world.touch()
        frame = Frame(rng.randint(0, 0x7FF), rng.randbytes(rng.randint(0, 8)))
        bench.world.put_frame(frame)

    each(bench, begin, begin + rng.uniform(20, 60), 0.05, put)


def spoof_limit(bench: Bench, begin: float, end: float) -> None:
    """A limit that nobody asked for; the central system tells its own again after a while."""
    bench.limit(begin - 40, (0, 24.0))
    putting_at(bench, begin, SetLimit(float(bench.rng.choice([6, 10, 40, 80]))))
    undone(bench, begin, lambda: bench.csms.limit((0, 24.0)))


def putting_at(bench: Bench, at: float, message: Message) -> None:
    bench.at(at, putting(bench, message))


def undone(bench: Bench, begin: float, undo: Callable[[], None]) -> None:
    """After 20 to 60 s it is put right: until then it is on the wire, where nobody did before."""
    end = begin + bench.rng.uniform(20, 60)
    if not bench.is_ours:
        touching(bench, end, lambda: None)
    bench.at(end, undo)


def spoof_start(bench: Bench, begin: float, end: float) -> None:
    """A Start while no car is to charge."""
    bench.stop(begin - 60)
    putting_at(bench, begin, Start())
    undone(bench, begin, lambda: None if bench.is_ours else bench.world.put(Stop()))


def spoof_stop(bench: Bench, begin: float, end: float) -> None:
    """A Stop in the middle of a session."""
    putting_at(bench, begin, Stop())
    undone(bench, begin, lambda: None if bench.is_ours else bench.world.put(Start()))


# --- OCPP


def said_otherwise(
    bench: Bench, begin: float, end: float, change: Callable[[Call], Call | None]
) -> None:
    """A charge point that tells another MeterValues than it measured, at both ends."""
    say, world = bench.world.say, bench.world

    def lie(message: OcppMessage, *, by_point: bool) -> None:
        is_in_it = begin <= bench.now < end
        if is_in_it and by_point and isinstance(message, Call) and (other := change(message)):
            world.touch()
            message = other
        say(message, by_point=by_point)

    world.say = lie  # type: ignore[method-assign]


def meter_tamper(bench: Bench, begin: float, end: float) -> None:
    """The meter that is told says 20 to 80 % of what is reported on the bus."""
    share = bench.rng.uniform(0.2, 0.8)
    bench.limit(begin - 40, (0, float(bench.rng.randint(16, 63))))

    def less(call: Call) -> Call | None:
        if call.action != "MeterValues":
            return None
        values = [sampled(item, share) for item in call.payload["meterValue"]]
        return call._replace(payload=call.payload | {"meterValue": values})

    said_otherwise(bench, begin, max(end, begin + 60), less)


def sampled(item: dict[str, object], share: float) -> dict[str, object]:
    """A sample of which Current.Import is this share of what it was."""
    listed = item["sampledValue"]
    assert isinstance(listed, list)
    values = [
        value | {"value": f"{float(value['value']) * share:.1f}"}
        if value.get("measurand") == "Current.Import"
        else value
        for value in listed
    ]
    return item | {"sampledValue": values}


def cp_drops_cmd(bench: Bench, begin: float, end: float) -> None:
    """A command is accepted, and its frame does not come to the bus; it is told again later."""
    kind, command = bench.rng.choice(DROPPED)
    if kind is Start:
        bench.stop(begin - 60)
    if kind is SetLimit:
        bench.limit(begin - 60, (0, 24.0))

    def drop(kinds: type[Message] | None) -> None:
        bench.point.drops = kinds

    bench.at(begin - 0.01, lambda: drop(kind))
    bench.at(begin, lambda: command(bench))
    end = begin + bench.rng.uniform(20, 60)
    bench.at(begin + 1.0, lambda: drop(None))
    touching(bench, end, lambda: command(bench))


DROPPED: list[tuple[type[Message], Callable[[Bench], None]]] = [
    (SetLimit, lambda bench: bench.csms.limit((0, 40.0))),
    (Start, lambda bench: bench.csms.start()),
    (Stop, lambda bench: bench.csms.stop()),
]


def dup_id(bench: Bench, begin: float, end: float) -> None:
    """Somebody else connects with the id of the charge point: refused, or let in besides."""
    change = bench.rng.choice(["refused", "connected"])

    def join() -> None:
        bench.world.touch()
        why = "this id is connected already" if change == "refused" else ""
        event = Connection("csms", CHARGE_POINT, change, why)  # type: ignore[arg-type]
        bench.world.told.append((bench.world.now, event))

    each(bench, begin, begin + 30, 10.0, join)


def forged(bench: Bench, action: str, payload: dict[str, object]) -> Callable[[], None]:
    """A CALL in the name of the charge point, which both ends tell."""
    number = iter(range(10_000))

    def say() -> None:
        bench.world.touch()
        bench.world.say(Call(f"x{next(number)}", action, dict(payload)), by_point=True)

    return say


def ocpp_flood(bench: Bench, begin: float, end: float) -> None:
    """5 to 20 Heartbeats a second."""
    every = 1 / bench.rng.uniform(5, 20)
    beat = forged(bench, "Heartbeat", {})
    each(bench, begin, begin + bench.rng.uniform(10, 30), every, beat)


def ocpp_sequence(bench: Bench, begin: float, end: float) -> None:
    """A transaction that is told begins or ends twice, or is another one."""
    ours: list[tuple[str, dict[str, object]]] = [
        ("StartTransaction", {"connectorId": 1, "idTag": "X", "meterStart": 0}),
        ("MeterValues", {"connectorId": 1, "transactionId": 99, "meterValue": []}),
    ]
    action, payload = bench.rng.choice(ours)
    if not bench.is_ours:  # a plain one told of no transaction: one is told here, and ended
        told = forged(bench, *ours[0])
        bench.at(begin - 20, lambda: bench.world.touched.clear() or told())  # type: ignore[func-returns-value]
        bench.at(begin - 19, bench.world.touched.clear)
    say = forged(bench, action, payload)
    each(bench, begin, begin + 30, 15.0, say)


def mitm_limit(bench: Bench, begin: float, end: float) -> None:
    """Somebody between the two ends changes the limits of the central system."""
    world, rng = bench.world, bench.rng

    def change(by_point: bool, message: OcppMessage) -> OcppMessage:
        if by_point or not isinstance(message, Call) or message.action != "SetChargingProfile":
            return message
        world.touch()
        other = float(rng.randint(50, 80))
        profiles = message.payload["csChargingProfiles"]
        schedule = profiles["chargingSchedule"] | {
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": other}]
        }
        changed_ = profiles | {"chargingSchedule": schedule}
        return message._replace(payload=message.payload | {"csChargingProfiles": changed_})

    bench.at(begin, lambda: setattr(world, "line", change))
    bench.at(end, lambda: setattr(world, "line", lambda by_point, message: message))
    bench.limit(begin + 1, (0, 20.0))
    bench.limit(begin + 31, (0, 16.0))
    bench.limit(end + 5, (0, 16.0))
    touching(bench, end + 5, lambda: None)  # until then another limit is in force than was sent


ANOMALIES: dict[str, Attack] = {
    each_.__name__: each_
    for each_ in (
        osc_seed, osc_stealth, osc_slow, fast_toggle, over_current, ignore_limit, ignore_stop,
        frozen_hold, frozen_step, spoof300, masquerade, replay, suspension, flood, fuzz,
        spoof_limit, spoof_start, spoof_stop, meter_tamper, cp_drops_cmd, dup_id, ocpp_flood,
        ocpp_sequence, mitm_limit,
    )
}  # fmt: skip
HELD_OUT = ("replay", "mitm_limit")  # never looked at while thresholds were chosen
