"""The unit tests feed the Actuator by hand. The last ones let it work with Echoes on a bus."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from rig.bench import Bench, read_codec
from rig.logic.cp.actuator import (
    RETRY,
    Actuator,
    Carried,
    NotCarried,
    Result,
    Stopped,
    Transmit,
)
from rig.logic.echoes import Echoes
from rig.logic.link import Late, LinkDown, LinkUp, NotSent, Sent
from rig.logic.messages import Message, SetLimit, Start, Stop

CODEC = read_codec(Bench())
WHY = "no echo within 100 ms"


def keys(results: Sequence[Result]) -> list[int]:
    return [result.key for result in results if isinstance(result, Transmit)]


def messages(results: Sequence[Result]) -> list[Message]:
    return [result.message for result in results if isinstance(result, Transmit)]


def up() -> Actuator:
    """One that paid the Stop that it begins with, on a link that is up."""
    actuator = Actuator()
    (key,) = keys(actuator.receive(LinkUp(), 0.0))
    assert actuator.receive(Sent(key), 0.0) == [Stopped()]
    assert actuator.tick(RETRY) == []
    return actuator


def limited(limit: float) -> Actuator:
    """One whose limit the bus carried."""
    actuator = up()
    (key,) = keys(actuator.order("limit", SetLimit(limit)))
    assert actuator.receive(Sent(key), 0.0) == [Carried("limit")]
    return actuator


def started() -> Actuator:
    actuator = up()
    (key,) = keys(actuator.order("start", Start()))
    assert actuator.receive(Sent(key), 0.0) == [Carried("start")]
    return actuator


def test_it_begins_in_debt_of_a_stop_and_pays_when_the_link_comes_up() -> None:
    actuator = Actuator()
    assert actuator.stop_owed
    assert actuator.wake_at == math.inf
    assert messages(actuator.receive(LinkUp(), 0.0)) == [Stop()]


def test_an_order_is_carried_when_its_echo_came() -> None:
    actuator = up()
    results = actuator.order("tag", Start())
    assert messages(results) == [Start()]
    assert actuator.receive(Sent(keys(results)[0]), 0.0) == [Carried("tag")]
    assert actuator.running
    assert not actuator.stop_owed


def test_the_messages_of_an_order_are_sent_one_after_the_other() -> None:
    actuator = up()
    first = actuator.order("tag", SetLimit(16), Start())
    assert messages(first) == [SetLimit(16)]
    second = actuator.receive(Sent(keys(first)[0]), 0.0)
    assert messages(second) == [Start()]
    assert actuator.limit == 16
    assert actuator.receive(Sent(keys(second)[0]), 0.0) == [Carried("tag")]


def test_a_start_that_was_not_carried_leaves_a_stop_to_be_sent() -> None:
    actuator = up()
    (key,) = keys(actuator.order("tag", Start()))
    assert actuator.receive(NotSent(key, WHY), 1.0) == [NotCarried("tag", WHY)]
    assert actuator.stop_owed
    assert not actuator.running
    assert actuator.wake_at == 1.0 + RETRY
    assert messages(actuator.tick(1.5)) == [Stop()]


def test_when_the_limit_of_a_start_is_not_carried_the_start_is_not_sent() -> None:
    actuator = limited(10)
    (key,) = keys(actuator.order("tag", SetLimit(16), Start()))
    assert actuator.receive(NotSent(key, WHY), 1.0) == [NotCarried("tag", WHY)]
    assert not actuator.running
    assert not actuator.stop_owed
    assert messages(actuator.tick(1.5)) == [SetLimit(10)]


def test_a_stop_keeps_the_start_that_waits_behind_its_limit_from_being_sent() -> None:
    actuator = up()
    (limit,) = keys(actuator.order("start", SetLimit(16), Start()))
    (stop,) = keys(actuator.stop("stop"))
    assert actuator.receive(Sent(limit), 0.0) == [
        NotCarried("start", "a Stop came before its Start")
    ]
    assert actuator.receive(Sent(stop), 0.0) == [Carried("stop"), Stopped()]
    assert not actuator.stop_owed


def test_a_stop_is_owed_until_the_bus_carried_it() -> None:
    actuator = started()
    (key,) = keys(actuator.stop())
    assert actuator.stop_owed
    assert actuator.receive(Sent(key), 0.0) == [Stopped()]
    assert not actuator.stop_owed


def test_a_stop_is_sent_again_each_half_second_until_it_is_carried() -> None:
    actuator, now = started(), 0.0
    (key,) = keys(actuator.stop("tag"))
    assert not actuator.running
    assert actuator.receive(NotSent(key, WHY), now) == [NotCarried("tag", WHY)]
    for _ in range(5):
        now += 0.5
        assert actuator.wake_at == pytest.approx(now)
        (key,) = keys(actuator.tick(now))
        assert actuator.receive(NotSent(key, WHY), now + 0.1) == []
    (key,) = keys(actuator.tick(actuator.wake_at))
    assert actuator.receive(Sent(key), now) == [Stopped()]
    assert actuator.tick(actuator.wake_at) == []
    assert actuator.wake_at == math.inf


def test_a_late_start_that_was_refused_is_stopped_at_once() -> None:
    actuator = up()
    (start,) = keys(actuator.order("tag", Start()))
    actuator.receive(NotSent(start, WHY), 1.0)
    (stop,) = keys(actuator.tick(1.5))
    actuator.receive(NotSent(stop, WHY), 1.6)
    assert messages(actuator.receive(Late(start), 1.7)) == [Stop()]
    assert actuator.stop_owed


def test_a_late_stop_pays_the_debt() -> None:
    actuator = started()
    (key,) = keys(actuator.stop())
    actuator.receive(NotSent(key, WHY), 1.0)
    assert actuator.receive(Late(key), 1.2) == [Stopped()]
    assert not actuator.stop_owed


def test_a_stop_from_before_a_start_does_not_pay_for_that_start() -> None:
    actuator = up()
    (one,) = keys(actuator.stop())
    (two,) = keys(actuator.stop())
    actuator.receive(Sent(one), 0.0)
    (start,) = keys(actuator.order("tag", Start()))
    actuator.receive(NotSent(two, WHY), 0.1)
    assert not actuator.stop_owed  # the one before it was carried
    actuator.receive(NotSent(start, WHY), 0.1)
    assert actuator.receive(Late(two), 0.2) == []
    assert actuator.stop_owed


def test_a_limit_that_was_not_carried_brings_back_the_one_in_force() -> None:
    actuator = limited(10)
    (key,) = keys(actuator.order("tag", SetLimit(16)))
    assert actuator.receive(NotSent(key, WHY), 1.0) == [NotCarried("tag", WHY)]
    (key,) = keys(results := actuator.tick(1.5))
    assert messages(results) == [SetLimit(10)]
    actuator.receive(Sent(key), 1.5)
    assert actuator.tick(2.0) == []


def test_a_late_limit_that_was_refused_brings_back_the_one_in_force_at_once() -> None:
    actuator = limited(10)
    (key,) = keys(actuator.order("tag", SetLimit(16)))
    actuator.receive(NotSent(key, WHY), 1.0)
    assert messages(actuator.receive(Late(key), 1.1)) == [SetLimit(10)]


def test_the_limit_in_force_does_not_overtake_a_newer_one_in_flight() -> None:
    actuator = limited(10)
    (old,) = keys(actuator.order("old", SetLimit(16)))
    actuator.receive(NotSent(old, WHY), 1.0)
    (new,) = keys(actuator.order("new", SetLimit(20)))
    assert actuator.receive(Late(old), 1.1) == []
    assert actuator.tick(1.5) == []
    assert actuator.receive(Sent(new), 1.5) == [Carried("new")]
    assert actuator.limit == 20
    assert actuator.wake_at == math.inf


def test_of_two_limits_the_one_that_was_sent_later_is_in_force() -> None:
    actuator = up()
    (one,) = keys(actuator.order("one", SetLimit(6)))
    (two,) = keys(actuator.order("two", SetLimit(10)))
    actuator.receive(Sent(two), 0.0)
    actuator.receive(Sent(one), 0.0)
    assert actuator.limit == 10


def test_a_start_that_is_seen_after_its_stop_is_stopped_again() -> None:
    actuator = up()
    (start,) = keys(actuator.order("start", Start()))
    (stop,) = keys(actuator.stop("stop"))
    assert actuator.receive(Sent(stop), 0.0) == [Carried("stop"), Stopped()]
    results = actuator.receive(Sent(start), 0.0)
    assert messages(results) == [Stop()]
    assert Carried("start") in results
    assert actuator.stop_owed


def test_a_link_that_comes_back_gets_the_limit_again() -> None:
    actuator = limited(10)
    actuator.receive(LinkDown("can0 is down"), 1.0)
    assert messages(actuator.receive(LinkUp(), 2.0)) == [SetLimit(10)]


def test_nothing_is_sent_again_while_the_link_is_down() -> None:
    actuator = started()
    (key,) = keys(actuator.stop("tag"))
    actuator.receive(NotSent(key, "can0 went down"), 1.0)
    actuator.receive(LinkDown("can0 is down"), 1.0)
    assert actuator.wake_at == math.inf
    assert messages(actuator.receive(LinkUp(), 9.0)) == [Stop()]


# the limit in force


def test_a_limit_in_force_is_told_once_and_again_until_it_is_carried() -> None:
    actuator = limited(10)
    assert actuator.restore(10) == []
    (key,) = keys(results := actuator.restore(16))
    assert messages(results) == [SetLimit(16)]
    assert actuator.limit_owed
    assert actuator.restore(16) == []
    actuator.receive(NotSent(key, WHY), 1.0)
    assert actuator.restore(16) == []
    (key,) = keys(actuator.tick(1.5))
    assert actuator.limit_owed
    assert actuator.receive(Sent(key), 1.5) == []
    assert not actuator.limit_owed
    assert actuator.limit == 16
    assert actuator.tick(2.0) == []


def test_a_limit_in_force_waits_for_the_one_in_flight() -> None:
    """It may be the limit of a profile that is about to be accepted."""
    actuator = limited(10)
    (key,) = keys(actuator.order("tag", SetLimit(20)))
    assert actuator.restore(16) == []
    assert actuator.limit_owed
    actuator.receive(Sent(key), 0.0)
    assert actuator.limit == 20
    assert messages(actuator.restore(16)) == [SetLimit(16)]


def test_a_limit_in_force_brings_no_second_stop_along() -> None:
    actuator = started()
    assert messages(actuator.stop()) == [Stop()]
    assert messages(actuator.restore(16)) == [SetLimit(16)]


def test_on_a_link_that_is_down_a_limit_in_force_is_owed() -> None:
    actuator = limited(10)
    actuator.receive(LinkDown("can0 is down"), 1.0)
    assert actuator.restore(16) == []
    assert actuator.limit_owed
    assert messages(actuator.receive(LinkUp(), 2.0)) == [SetLimit(16)]


def test_a_charger_that_may_have_forgotten_its_limit_is_told_again() -> None:
    assert messages(limited(10).repeat_limit()) == [SetLimit(10)]
    assert up().repeat_limit() == []


def test_a_stop_in_doubt_does_not_disturb_a_charge_that_goes_on() -> None:
    actuator = started()
    actuator.receive(LinkDown("can0 is down"), 1.0)
    assert actuator.receive(LinkUp(), 2.0) == []
    assert actuator.running


# With Echoes, on a bus


@dataclass
class World:
    """An Actuator, Echoes and a bus as the port connects them. The bus keeps the order of frames.

    `is_flowing`: the bus carries each frame at once; else frames queue up until `carry`.
    """

    actuator: Actuator = field(default_factory=Actuator)
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

    def do(self, results: Sequence[Result]) -> None:
        for result in results:
            if isinstance(result, Transmit):
                self._send(result)
            elif not isinstance(result, Stopped):
                self._tell(result)

    def _send(self, transmit: Transmit) -> None:
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
            self.do(self.actuator.receive(happened, self.now))

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
        while (due := min(self.echoes.wake_at, self.actuator.wake_at)) <= end:
            self.now = max(self.now, due)
            self.events += self.echoes.tick(self.now)
            self.deliver()
            if self.actuator.wake_at <= self.now:
                self.do(self.actuator.tick(self.now))
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

    def start(self, limit: float | None) -> None:
        """As the connector does: not while a Stop is owed or another Start is on its way."""
        if self.actuator.stop_owed or self.is_starting or self.wants_running:
            return
        self.wants_running = self.is_starting = True
        wanted: list[Message] = [Start()] if limit is None else [SetLimit(limit), Start()]
        self.do(self.actuator.order(self._tag("start"), *wanted))

    def stop(self) -> None:
        self.wants_running = False
        self.do(self.actuator.stop(self._tag("stop")))

    def limit(self, limit: float) -> None:
        self.do(self.actuator.order(self._tag("limit"), SetLimit(limit)))

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
    st.tuples(st.just("start"), st.none() | LIMITS),
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
    assert world.actuator.running == world.wants_running
    if world.actuator.limit is not None:
        assert limits(world)[-1] == SetLimit(world.actuator.limit)
    assert not world.actuator.stop_owed
    assert world.actuator.wake_at == world.echoes.wake_at == math.inf


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
