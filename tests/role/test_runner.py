import asyncio
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pytest

from rig.role.runner import Runner, wall_clock
from tests.event_loop import arriving, stand_still, turn
from tests.processes import PATIENCE


@dataclass
class Recorder:
    """A machine that writes down what it is given and returns what it was told to."""

    wake_at: float = math.inf
    calls: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    on_event: dict[str, list[str]] = field(default_factory=dict)
    on_tick: list[str] = field(default_factory=list)
    next_wake: Callable[[float], float] = lambda now: math.inf

    def receive(self, event: str, now: float) -> Iterable[str]:
        self.calls.append(event)
        self.times.append(now)
        return self.on_event.get(event, [])

    def tick(self, now: float) -> Iterable[str]:
        self.calls.append("tick")
        self.times.append(now)
        self.wake_at = self.next_wake(now)
        return self.on_tick


async def test_events_reach_the_machine_and_its_outputs_are_done_in_order() -> None:
    machine, done = Recorder(on_event={"one": ["a", "b"], "two": ["c"]}), list[str]()
    runner = Runner[str, str](machine, done.append)
    runner.feed("one", "two")
    assert machine.calls == ["one", "two"]
    assert done == ["a", "b", "c"]


class BitByBit(Recorder):
    def receive(self, event: str, now: float) -> Iterator[str]:
        self.calls.append(f"begins {event}")
        yield "frame"
        self.calls.append(f"ends {event}")
        self.wake_at = math.inf
        yield "what follows"


async def test_what_is_given_bit_by_bit_is_done_as_it_comes_and_before_the_next_event() -> None:
    machine = BitByBit()
    runner = Runner[str, str](machine, machine.calls.append)
    runner.feed("one", "two")
    assert machine.calls == [
        *("begins one", "frame", "ends one", "what follows"),
        *("begins two", "frame", "ends two", "what follows"),
    ]


async def test_events_fed_from_inside_an_output_wait_until_all_outputs_are_done() -> None:
    machine, order = Recorder(on_event={"one": ["a", "b"], "two": ["c"]}), list[str]()

    def do(output: str) -> None:
        order.append(f"{output} begins")
        if output == "a":
            runner.feed("two")
        order.append(f"{output} ends")

    runner = Runner[str, str](machine, do)
    runner.feed("one")
    assert order == ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]
    assert machine.calls == ["one", "two"]


async def test_due_work_goes_before_new_events() -> None:
    machine = Recorder(wake_at=asyncio.get_running_loop().time() - 1)
    runner = Runner[str, str](machine, lambda output: None)
    runner.feed("event")
    assert machine.calls == ["tick", "event"]


async def test_what_happened_before_has_its_own_time_and_what_is_due_later_waits() -> None:
    began = asyncio.get_running_loop().time()
    machine = Recorder(wake_at=began - 5)
    machine.next_wake = lambda now: began - 2 if now < began - 2 else math.inf
    runner = Runner[str, str](machine, lambda output: None)
    runner.feed("early", at=began - 4)
    runner.feed("next", at=began - 3)
    assert machine.calls == ["tick", "early", "next"]
    assert machine.times == [began - 4, began - 4, began - 3]
    runner.feed()
    assert machine.calls[3:] == ["tick"]
    assert machine.times[3] >= began


async def test_what_arrived_while_this_process_stood_still_goes_before_what_was_due_then() -> None:
    """Else a plotter has it all at one moment, after a time in which the charger was silent."""
    ticked, began = asyncio.Event(), asyncio.get_running_loop().time()
    machine = Recorder(wake_at=began + 0.02, on_tick=["ticked"])
    runner = Runner[str, str](machine, lambda output: ticked.set())
    with arriving(lambda: runner.feed("event", at=began + 0.01)):
        stand_still(0.1)
        await asyncio.wait_for(ticked.wait(), PATIENCE)
    assert machine.calls == ["event", "tick"]
    assert machine.times[0] == began + 0.01


async def test_the_time_never_goes_back_nor_ahead() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    machine = Recorder()
    runner = Runner[str, str](machine, lambda output: None)
    runner.feed("now")
    runner.feed("before", at=began - 10)
    runner.feed("after", at=began + 10 * PATIENCE)
    assert began <= machine.times[0] == machine.times[1] <= machine.times[2] <= loop.time()


async def test_work_that_an_event_makes_due_is_done_at_once() -> None:
    class Eager(Recorder):
        def receive(self, event: str, now: float) -> Iterable[str]:
            self.wake_at = now
            return super().receive(event, now)

    machine = Eager(on_tick=["ticked"])
    done = list[str]()
    Runner[str, str](machine, done.append).feed("one", "two")
    assert machine.calls == ["one", "tick", "two", "tick"]
    assert done == ["ticked", "ticked"]


async def test_it_ticks_when_the_machine_asks_for_it_and_never_earlier() -> None:
    ticked, loop = asyncio.Event(), asyncio.get_running_loop()
    due = [loop.time() + 0.02 * number for number in range(5)]
    machine = Recorder(wake_at=due[0], on_tick=["ticked"])
    machine.next_wake = lambda now: next((at for at in due if at > now), math.inf)
    runner = Runner[str, str](
        machine, lambda _: ticked.set() if machine.wake_at == math.inf else None
    )
    await asyncio.wait_for(ticked.wait(), PATIENCE)
    assert all(now >= at for now, at in zip(machine.times, due, strict=False))
    assert machine.times == sorted(machine.times)
    runner.stop()


async def test_an_event_can_bring_the_next_tick_forward() -> None:
    class Hurried(Recorder):
        def receive(self, event: str, now: float) -> Iterable[str]:
            self.wake_at = now + 0.01
            return super().receive(event, now)

    ticked = asyncio.Event()
    machine = Hurried(wake_at=asyncio.get_running_loop().time() + 10 * PATIENCE, on_tick=["x"])
    runner = Runner[str, str](machine, lambda output: ticked.set())
    runner.feed("hurry")
    await asyncio.wait_for(ticked.wait(), PATIENCE)
    assert machine.calls == ["hurry", "tick"]


async def test_events_that_put_the_next_tick_off_do_not_make_it_early() -> None:
    class Patient(Recorder):
        def receive(self, event: str, now: float) -> Iterable[str]:
            self.wake_at = now + 0.03
            return super().receive(event, now)

    loop, ticked = asyncio.get_running_loop(), asyncio.Event()
    machine = Patient(wake_at=loop.time() + 0.01)
    runner = Runner[str, str](machine, lambda output: ticked.set())
    machine.on_tick = ["ticked"]
    runner.feed("wait")
    due = machine.wake_at
    await asyncio.wait_for(ticked.wait(), PATIENCE)
    assert machine.calls == ["wait", "tick"]
    assert machine.times[1] >= due


async def test_after_stop_the_machine_gets_nothing() -> None:
    loop = asyncio.get_running_loop()
    machine = Recorder(wake_at=loop.time() + 0.01)
    runner = Runner[str, str](machine, lambda output: None)
    runner.stop()
    runner.feed("event")
    passed = loop.create_future()
    loop.call_at(machine.wake_at + 0.01, passed.set_result, None)
    await passed
    assert machine.calls == []


async def test_an_output_that_fails_is_the_callers_and_leaves_the_runner_usable() -> None:
    def do(output: str) -> None:
        raise ValueError(output)

    machine = Recorder(on_event={"bad": ["broken"]})
    runner = Runner[str, str](machine, do)
    with pytest.raises(ValueError, match="broken"):
        runner.feed("bad")
    runner.feed("good")
    assert machine.calls == ["bad", "good"]


class Faulty(Recorder):
    """Raises the first time that it does what `fails` names."""

    fails = ""

    def receive(self, event: str, now: float) -> Iterable[str]:
        outputs = super().receive(event, now)
        self.wake_at = now
        self._fail_once("receive")
        return outputs

    def tick(self, now: float) -> Iterable[str]:
        self._fail_once("tick")
        return super().tick(now)

    def _fail_once(self, what: str) -> None:
        if self.fails == what:
            self.fails = ""
            raise ValueError(what)


@pytest.mark.parametrize("fails", ["receive", "tick"])
async def test_what_is_due_is_done_also_where_the_machine_failed_before(fails: str) -> None:
    """Such as the Stop that is owed: a machine without its timer would never send it."""
    stopped = asyncio.Event()
    machine = Faulty(on_tick=["Stop"])
    machine.fails = fails
    runner = Runner[str, str](machine, lambda output: stopped.set())
    with pytest.raises(ValueError, match=fails):
        runner.feed("event")
    await asyncio.wait_for(stopped.wait(), PATIENCE)
    assert machine.calls == ["event", "tick"]
    runner.stop()


async def test_what_is_due_is_done_also_where_an_output_failed_before() -> None:
    stopped = asyncio.Event()

    def do(output: str) -> None:
        if output == "broken":
            raise ValueError(output)
        stopped.set()

    machine = Faulty(on_event={"event": ["broken"]}, on_tick=["Stop"])
    runner = Runner[str, str](machine, do)
    with pytest.raises(ValueError, match="broken"):
        runner.feed("event")
    await asyncio.wait_for(stopped.wait(), PATIENCE)
    runner.stop()


async def test_an_event_that_waited_behind_a_failure_is_received_without_another_one() -> None:
    received = asyncio.Event()

    def do(output: str) -> None:
        if output == "broken":
            raise ValueError(output)
        received.set()

    machine = Recorder(on_event={"bad": ["broken"], "good": ["done"]})
    runner = Runner[str, str](machine, do)
    with pytest.raises(ValueError, match="broken"):
        runner.feed("bad", "good")
    await asyncio.wait_for(received.wait(), PATIENCE)
    assert machine.calls == ["bad", "good"]


async def test_a_machine_that_fails_again_and_again_leaves_the_loop_to_others() -> None:
    class Broken(Recorder):
        def tick(self, now: float) -> Iterable[str]:
            self.calls.append("tick")
            raise ValueError("broken")

    machine, loop = Broken(), asyncio.get_running_loop()
    runner = Runner[str, str](machine, lambda output: None)
    machine.wake_at = loop.time()
    loop.set_exception_handler(lambda loop, context: None)
    with pytest.raises(ValueError, match="broken"):
        runner.feed("event")
    for _ in range(100):
        await turn()
    assert len(machine.calls) < 10
    runner.stop()


async def test_a_time_of_the_loop_becomes_seconds_since_1970() -> None:
    now, wall = asyncio.get_running_loop().time(), wall_clock()
    before = time.time()
    assert wall(now) == pytest.approx(before, abs=0.5)
    assert wall(now + 100) - wall(now) == pytest.approx(100, abs=0.1)
