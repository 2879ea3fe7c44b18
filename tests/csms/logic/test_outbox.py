"""One outstanding request, and the commands that wait."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from ocpp.v16 import call

from rig.csms.logic.events import Done, NotTaken
from rig.csms.logic.outbox import PATIENCE, WAITING, Outbox
from rig.ocppj.logic.exchange import Ask, Failed


def reset() -> Any:
    return call.Reset("Soft")  # type: ignore[arg-type]


def opened() -> Outbox:
    outbox = Outbox()
    outbox.open()
    return outbox


def test_one_at_a_time_in_order() -> None:
    outbox, (one, two) = opened(), (reset(), reset())
    assert outbox.put_command("a", one, 0.0) == [Ask(one)]
    assert outbox.put_command("b", two, 0.0) == []
    assert not outbox.is_idle
    item = outbox.finish(one)
    assert item is not None
    assert (item.request, item.key) == (one, "a")
    (ask,) = outbox.next()
    assert ask.request is two


def test_the_cycle_goes_before_the_commands_that_wait() -> None:
    outbox, (one, two, step) = opened(), (reset(), reset(), call.ClearCache())
    outbox.put_command("a", one, 0.0)
    outbox.put_command("b", two, 0.0)
    assert outbox.put(step) == []
    outbox.finish(one)
    assert outbox.next() == [Ask(step)]


def test_a_command_for_one_that_is_not_connected_fails_at_once() -> None:
    request = reset()
    assert Outbox().put_command("a", request, 0.0) == [
        Done("a", Failed(request, "not sent: not connected"))
    ]


def test_a_command_too_many_fails_at_once() -> None:
    outbox = opened()
    for key in range(1 + WAITING):  # one is outstanding
        outbox.put_command(key, reset(), 0.0)
    assert outbox.put_command("z", reset(), 0.0) == [
        Done("z", NotTaken("not sent: 32 commands wait already"))
    ]


def test_a_lost_connection_fails_each_command_at_once_and_drops_the_cycle() -> None:
    outbox, (one, two) = opened(), (reset(), reset())
    outbox.put_command("a", one, 0.0)
    outbox.put_command("b", two, 0.0)
    outbox.put(call.ClearCache())
    assert outbox.close("gone") == [
        Done("a", Failed(one, "sent, but gone")),
        Done("b", Failed(two, "not sent: gone")),
    ]
    outbox.open()
    assert outbox.is_idle
    assert outbox.next() == []


def test_what_was_asked_on_a_lost_connection_finishes_nothing() -> None:
    outbox, one = opened(), reset()
    outbox.put_command("a", one, 0.0)
    outbox.close("gone")
    outbox.open()
    outbox.put_command("b", reset(), 0.0)
    assert outbox.finish(one) is None
    assert not outbox.is_idle


class Exchanges(RuleBasedStateMachine):
    """Against a list of what is owed: each command is done once, and one CALL is outstanding."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox, self.is_open = Outbox(), False
        self.outstanding: Any = None
        self.owed: set[int] = set()
        self.keys = 0
        self.now = 0.0
        self.put_at: dict[int, float] = {}

    def took(self, outputs: list[Any]) -> None:
        for output in outputs:
            if isinstance(output, Ask):
                assert self.is_open
                assert self.outstanding is None, "two outstanding CALLs"
                self.outstanding = output.request
            else:
                self.owed.remove(output.key)

    @precondition(lambda self: not self.is_open)
    @rule()
    def connect(self) -> None:
        self.is_open = True
        self.outbox.open()

    @rule()
    def disconnect(self) -> None:
        self.is_open, self.outstanding = False, None
        self.took([*self.outbox.close("gone")])
        assert self.owed == set()

    @rule(number=st.integers(1, WAITING + 2))
    def command(self, number: int) -> None:
        for _ in range(number):
            self.keys += 1
            self.owed.add(self.keys)
            self.put_at[self.keys] = self.now
            self.took([*self.outbox.put_command(self.keys, reset(), self.now)])

    @precondition(lambda self: self.outbox.is_idle)
    @rule()
    def step(self) -> None:
        self.took([*self.outbox.put(call.ClearCache())])

    @precondition(lambda self: self.outstanding is not None)
    @rule()
    def answer(self) -> None:
        item = self.outbox.finish(self.outstanding)
        assert item is not None
        self.outstanding = None
        if item.key is not None:
            assert isinstance(item.key, int)
            self.owed.remove(item.key)
        self.took([*self.outbox.next()])

    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from([*sorted(self.owed), -1]))
        if self.outbox.withdraw(key):
            self.owed.remove(key)

    @rule(passed=st.sampled_from([1.0, 30.0, PATIENCE]))
    def time_passes(self, passed: float) -> None:
        self.now += passed
        self.took([*self.outbox.overdue(self.now)])
        late = [key for key in self.owed if self.put_at[key] + PATIENCE <= self.now]
        assert len(late) <= 1, "only what was sent may wait longer"
        assert self.outbox.wake_at > self.now

    @invariant()
    def nothing_waits_without_need(self) -> None:
        assert len(self.owed) <= WAITING + 1
        if self.outstanding is None:
            assert self.owed == set()


TestExchanges = Exchanges.TestCase
TestExchanges.settings = settings(stateful_step_count=30)
