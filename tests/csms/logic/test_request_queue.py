"""One outstanding request, and the commands that wait."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from ocpp.v16 import call

from rig.csms.logic.events import Done, NotTaken
from rig.csms.logic.request_queue import PATIENCE, WAITING, RequestQueue
from rig.ocppj.logic.exchange import Ask, Failed


def reset() -> Any:
    return call.Reset("Soft")  # type: ignore[arg-type]


def opened() -> RequestQueue:
    queue = RequestQueue()
    queue.open()
    return queue


def test_one_at_a_time_in_order() -> None:
    queue, (one, two) = opened(), (reset(), reset())
    assert queue.put_command("a", one, 0.0) == [Ask(one)]
    assert queue.put_command("b", two, 0.0) == []
    assert not queue.is_idle
    item = queue.finish(one)
    assert item is not None
    assert (item.request, item.key) == (one, "a")
    (ask,) = queue.next()
    assert ask.request is two


def test_the_cycle_goes_before_the_commands_that_wait() -> None:
    queue, (one, two, step) = opened(), (reset(), reset(), call.ClearCache())
    queue.put_command("a", one, 0.0)
    queue.put_command("b", two, 0.0)
    assert queue.put(step) == []
    queue.finish(one)
    assert queue.next() == [Ask(step)]


def test_a_command_for_one_that_is_not_connected_fails_at_once() -> None:
    request = reset()
    assert RequestQueue().put_command("a", request, 0.0) == [
        Done("a", Failed(request, "not sent: not connected"))
    ]


def test_a_command_too_many_fails_at_once() -> None:
    queue = opened()
    for key in range(1 + WAITING):  # one is outstanding
        queue.put_command(key, reset(), 0.0)
    assert queue.put_command("z", reset(), 0.0) == [
        Done("z", NotTaken("not sent: 32 commands wait already"))
    ]


def test_a_lost_connection_fails_each_command_at_once_and_drops_the_cycle() -> None:
    queue, (one, two) = opened(), (reset(), reset())
    queue.put_command("a", one, 0.0)
    queue.put_command("b", two, 0.0)
    queue.put(call.ClearCache())
    assert queue.close("gone") == [
        Done("a", Failed(one, "sent, but gone")),
        Done("b", Failed(two, "not sent: gone")),
    ]
    queue.open()
    assert queue.is_idle
    assert queue.next() == []


def test_what_was_asked_on_a_lost_connection_finishes_nothing() -> None:
    queue, one = opened(), reset()
    queue.put_command("a", one, 0.0)
    queue.close("gone")
    queue.open()
    queue.put_command("b", reset(), 0.0)
    assert queue.finish(one) is None
    assert not queue.is_idle


class Exchanges(RuleBasedStateMachine):
    """Against a list of what is owed: each command is done once, and one CALL is outstanding."""

    def __init__(self) -> None:
        super().__init__()
        self.queue, self.is_open = RequestQueue(), False
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
        self.queue.open()

    @rule()
    def disconnect(self) -> None:
        self.is_open, self.outstanding = False, None
        self.took([*self.queue.close("gone")])
        assert self.owed == set()

    @rule(number=st.integers(1, WAITING + 2))
    def command(self, number: int) -> None:
        for _ in range(number):
            self.keys += 1
            self.owed.add(self.keys)
            self.put_at[self.keys] = self.now
            self.took([*self.queue.put_command(self.keys, reset(), self.now)])

    @precondition(lambda self: self.queue.is_idle)
    @rule()
    def step(self) -> None:
        self.took([*self.queue.put(call.ClearCache())])

    @precondition(lambda self: self.outstanding is not None)
    @rule()
    def answer(self) -> None:
        item = self.queue.finish(self.outstanding)
        assert item is not None
        self.outstanding = None
        if item.key is not None:
            assert isinstance(item.key, int)
            self.owed.remove(item.key)
        self.took([*self.queue.next()])

    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from([*sorted(self.owed), -1]))
        if self.queue.withdraw(key):
            self.owed.remove(key)

    @rule(passed=st.sampled_from([1.0, 30.0, PATIENCE]))
    def time_passes(self, passed: float) -> None:
        self.now += passed
        self.took([*self.queue.overdue(self.now)])
        late = [key for key in self.owed if self.put_at[key] + PATIENCE <= self.now]
        assert len(late) <= 1, "only what was sent may wait longer"
        assert self.queue.wake_at > self.now

    @invariant()
    def nothing_waits_without_need(self) -> None:
        assert len(self.owed) <= WAITING + 1
        if self.outstanding is None:
            assert self.owed == set()


TestExchanges = Exchanges.TestCase
TestExchanges.settings = settings(stateful_step_count=30)
