"""A charger with Echoes on a bus that delays, loses, fills and goes down."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from rig.bus.dbc import read_codec
from rig.bus.logic.echoes import Echoes
from rig.bus.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.bus.logic.messages import Message, SetLimit, Start, Stop
from rig.cp.logic.events import Send
from rig.role.bench import Bench
from tests.cp.logic.ordered import Carried, NotCarried, Ordered

CODEC = read_codec(Bench())


@dataclass
class World:
    """A charger, Echoes and a bus as the port connects them. The bus keeps the order of frames.

    `is_flowing`: the bus carries each frame at once; else frames queue up until `carry`.
    """

    charger: Ordered = field(default_factory=Ordered)
    echoes: Echoes = field(default_factory=Echoes)
    now: float = 0.0
    is_up: bool = False
    is_flowing: bool = True
    is_full: bool = False
    queue: list[Message] = field(default_factory=list)
    bus: list[Message] = field(default_factory=list)
    ordered: int = 0
    told: list[Carried | NotCarried] = field(default_factory=list)
    wants_running: bool = False
    is_starting: bool = False
    events: list[Any] = field(default_factory=list)
    tokens: int = 0
    of_token: dict[int, int] = field(default_factory=dict)

    # what the port does

    def do(self, results: Sequence[Any]) -> None:
        for result in results:
            if isinstance(result, Send):
                self._send(result)
            else:
                self._tell(result)

    def _send(self, transmit: Send) -> None:
        self.tokens += 1
        self.of_token[self.tokens] = transmit.key
        if not self.is_up:
            self.events.append(NotSent(self.tokens, "can0 is down"))
            return
        frame = CODEC.encode(transmit.message)
        self.echoes.handed_over(self.tokens, frame, self.now)
        if self.is_full:
            self.events.append(self.echoes.refused(self.tokens, "the send queue is full"))
            return
        self.queue.append(transmit.message)
        if self.is_flowing:
            self.carry(len(self.queue))

    def _tell(self, result: Carried | NotCarried) -> None:
        self.told.append(result)
        if result.tag[1] == "start":
            self.is_starting = False
            if isinstance(result, NotCarried):
                self.wants_running = False

    def deliver(self) -> None:
        while self.events:
            happened = self.events.pop(0)
            if isinstance(happened, Sent):
                happened = Sent(self.of_token[happened.token])
            elif isinstance(happened, Late):
                happened = Late(self.of_token[happened.token])
            elif isinstance(happened, NotSent):
                happened = NotSent(self.of_token[happened.token], happened.why)
            self.do(self.charger.receive(happened, self.now))

    # what happens

    def carry(self, frames: int = 1, *, echo: bool = True) -> None:
        for _ in range(min(frames, len(self.queue))):
            message = self.queue.pop(0)
            self.bus.append(message)
            outcome = self.echoes.echoed(CODEC.encode(message)) if echo else None
            self.events += [outcome] if outcome else []

    def lose(self) -> None:
        self.queue[:1] = []

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while (due := min(self.echoes.wake_at, self.charger.wake_at)) <= end:
            self.now = max(self.now, due)
            self.events += self.echoes.tick(self.now)
            self.deliver()
            if self.charger.wake_at <= self.now:
                self.do(self.charger.tick(self.now))
                self.deliver()
        self.now = end

    def up(self) -> None:
        if not self.is_up:
            self.is_up = True
            self.events.append(LinkUp())

    def down(self, carried: int = 0) -> None:
        """Some frames were on the bus but their echo was never read."""
        if self.is_up:
            self.carry(carried, echo=False)
            self.is_up = False
            self.queue.clear()
            self.events += [*self.echoes.flushed("can0 went down"), LinkDown("can0 is down")]

    def flow(self, *, flowing: bool) -> None:
        self.is_flowing = flowing
        if flowing:
            self.carry(len(self.queue))

    def full(self, *, full: bool) -> None:
        self.is_full = full

    def start(self, limit: float) -> None:
        """As the connector does: not while a Stop is owed or another Start is on its way."""
        if self.charger.stop_owed or self.is_starting or self.wants_running:
            return
        self.wants_running = self.is_starting = True
        self.do(self.charger.order_start(self._tag("start"), limit))

    def stop(self) -> None:
        self.wants_running = False
        self.do(self.charger.order_stop(self._tag("stop")))

    def limit(self, limit: float) -> None:
        self.do(self.charger.order_limit(self._tag("limit"), limit))

    def settle(self) -> None:
        self.full(full=False)
        self.up()
        self.flow(flowing=True)
        self.deliver()
        self.wait(2.0)

    def _tag(self, kind: str) -> tuple[int, str]:
        self.ordered += 1
        return self.ordered, kind


LIMITS = st.sampled_from([6.0, 10.0, 16.0])
COMMANDS = st.one_of(
    st.tuples(st.just("start"), LIMITS),
    st.tuples(st.just("stop")),
    st.tuples(st.just("limit"), LIMITS),
)
TIME = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([0.03, 0.1, 0.45, 0.6])),
    st.tuples(st.just("carry"), st.integers(1, 3)),
)
FAULTS = st.one_of(
    st.tuples(st.just("lose")),
    st.tuples(st.just("up")),
    st.tuples(st.just("down"), st.integers(0, 2)),
    st.tuples(st.just("flow"), st.booleans()),
    st.tuples(st.just("full"), st.booleans()),
)
# Mostly on a bus that stands still, where orders and echoes cross.
OPERATIONS = st.lists(COMMANDS | TIME | COMMANDS | TIME | FAULTS, min_size=3, max_size=30).map(
    lambda operations: [("flow", False), *operations]
)
Operations = list[tuple[Any, ...]]
KEYWORDS = {"flow": "flowing", "full": "full"}


def play(operations: Operations) -> World:
    """A link that is up and has paid its first Stop, then the operations, then a bus that works."""
    world = World()
    world.settle()
    for name, *arguments in operations:
        if name in KEYWORDS:
            getattr(world, name)(**{KEYWORDS[name]: arguments[0]})
        else:
            getattr(world, name)(*arguments)
        world.deliver()
    world.settle()
    return world


def commands(world: World) -> list[Message]:
    return [message for message in world.bus if isinstance(message, Start | Stop)]


def limits(world: World) -> list[Message]:
    return [message for message in world.bus if isinstance(message, SetLimit)]


@given(OPERATIONS)
@settings(max_examples=600)
def test_in_the_end_the_charger_is_told_what_was_wanted_last_and_nothing_is_owed(
    operations: Operations,
) -> None:
    world = play(operations)
    event(f"wants running: {world.wants_running}")
    assert commands(world)[-1] == (Start() if world.wants_running else Stop())
    assert world.charger.running == world.wants_running
    if world.charger.limit is not None:
        assert limits(world)[-1] == SetLimit(world.charger.limit)
    assert not world.charger.stop_owed
    assert world.charger.wake_at == world.echoes.wake_at == math.inf


@given(OPERATIONS)
@settings(max_examples=200)
def test_each_order_is_answered_exactly_once(operations: Operations) -> None:
    world = play(operations)
    tags = [result.tag[0] for result in world.told]
    assert sorted(tags) == list(range(1, world.ordered + 1))


@given(OPERATIONS)
def test_on_a_bus_that_works_orders_reach_it_in_their_order(operations: Operations) -> None:
    world = World()
    world.settle()
    wanted: list[Message] = []
    for name, *arguments in operations:
        if name == "limit":
            world.limit(*arguments)
            wanted.append(SetLimit(*arguments))
            world.deliver()
    assert world.bus == [Stop(), *wanted]
    assert all(isinstance(result, Carried) for result in world.told)
