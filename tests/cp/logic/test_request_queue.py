"""The queue that lies on the disk and is read in portions."""

import math
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from ocpp.v16 import call

from rig.cp.logic.delivery import RequestQueue
from rig.cp.logic.events import Fetched
from rig.cp.logic.kept import Fetch
from rig.cp.logic.saved import Beyond, QueuedRequest, Saved
from tests.cp.logic.office import HEARTBEAT, STATUS, Office, values


def stop(number: int) -> call.StopTransaction:
    return call.StopTransaction(0, f"request {number}", 0)


def requests(first: int, last: int) -> list[QueuedRequest]:
    return [
        QueuedRequest(number, stop(number), None, f"id-{number}")
        for number in range(first, last + 1)
    ]


def queue(last: int) -> RequestQueue:
    """One with requests 1 to `last`, as a life begins with it."""
    first = min(last, 100)
    return RequestQueue(Saved(queue=requests(1, first), beyond=Beyond(last - first, 0, first)))


def drop(requests: RequestQueue, count: int) -> None:
    for _ in range(count):
        requests.drop_first()


def test_the_next_requests_are_fetched_once_fewer_than_20_are_in_memory() -> None:
    one = queue(250)
    drop(one, 80)
    assert one.fetch() == []
    drop(one, 1)
    assert one.fetch() == [Fetch(after=100)]
    assert one.fetch() == []  # once
    assert len(one) == 169
    one.fetched(Fetched(requests(101, 200), 100, 200))
    assert len(one) == 169
    drop(one, 100)
    assert one.near[0].number == 182
    assert one.fetch() == [Fetch(after=200)]


def test_where_nothing_lies_beyond_nothing_is_fetched() -> None:
    one = queue(3)
    drop(one, 3)
    assert (list(one.near), one.fetch(), len(one)) == ([], [], 0)


def test_new_requests_stay_on_the_disk_alone_while_older_ones_do() -> None:
    one = queue(101)
    one.append(QueuedRequest(102, stop(102)))
    drop(one, 100)
    assert (list(one.near), len(one)) == ([], 2)
    one.fetch()
    one.fetched(Fetched(requests(101, 102), 2, 102))
    one.append(QueuedRequest(103, stop(103)))
    drop(one, 2)
    assert one.near[0] == QueuedRequest(103, stop(103))


def test_of_a_life_that_is_long_away_from_its_central_system_100_requests_are_in_memory() -> None:
    one = queue(0)
    for number in range(1, 1001):
        one.append(QueuedRequest(number, stop(number)))
    assert len(one) == 1000
    drop(one, 100)
    assert (list(one.near), one.fetch()) == ([], [Fetch(after=100)])


def test_damaged_requests_count_as_read_and_are_not_read_again() -> None:
    one = queue(101)
    drop(one, 100)
    one.append(QueuedRequest(102, stop(102)))
    assert one.fetch() == [Fetch(after=100)]
    one.fetched(Fetched([], 1, 101))  # request 101 was set aside
    assert (len(one), one.fetch()) == (1, [Fetch(after=101)])


def test_requests_that_are_gone_from_the_disk_are_not_asked_for_without_end() -> None:
    one = queue(150)
    drop(one, 100)
    assert one.fetch() == [Fetch(after=100)]
    one.append(QueuedRequest(151, stop(151)))
    one.fetched(Fetched([], 0, 100))
    assert (len(one), one.fetch()) == (1, [Fetch(after=100)])
    one.fetched(Fetched(requests(151, 151), 1, 151))
    drop(one, 1)
    assert (len(one), one.fetch()) == (0, [])


class Portions(RuleBasedStateMachine):
    """What is read in portions is told exactly as it would be if all were in memory."""

    @initialize()
    def begin(self) -> None:
        self.all, self.portions = Office(), Office()
        self.told = 0
        self.outstanding = self.is_open = False

    def both(self, do: Callable[[Office], Any]) -> None:
        """Both do the same, and ask the same after it."""
        asked = len(self.all.asked)
        do(self.all)
        do(self.portions)
        while self.portions.fetching:
            self.portions.read(3)
        if self.all.fetching:  # more than 100 came in one life
            self.all.read(10**6)
        assert self.portions.asked == self.all.asked
        assert self.portions.disk == self.all.disk
        assert len(self.portions.delivery) == len(self.all.delivery)
        self.outstanding = self.outstanding or len(self.all.asked) > asked

    @rule(count=st.integers(1, 30))
    def tell_requests(self, count: int) -> None:
        for _ in range(count):
            self.told += 1
            self.both(self.tells_request)

    def tells_request(self, office: Office) -> None:
        office.do(office.delivery.tell_for_certain(stop(self.told), None))

    @rule()
    def tell_something(self) -> None:
        self.both(lambda office: office.do(office.delivery.tell(STATUS)))

    @rule(amperes=st.sampled_from(["1", "2"]))
    def tell_a_live_value(self, amperes: str) -> None:
        value = values(amperes)
        self.both(lambda office: office.do(office.delivery.tell_live(value, None)))

    @precondition(lambda self: not self.is_open)
    @rule()
    def connect(self) -> None:
        self.is_open = True
        self.both(Office.open)

    @precondition(lambda self: self.is_open)
    @rule()
    def disconnect(self) -> None:
        self.is_open = self.outstanding = False
        self.both(lambda office: office.delivery.close())

    @rule(size=st.integers(1, 40))
    def die(self, size: int) -> None:
        self.is_open = self.outstanding = False
        self.all.restart(size=10**6)
        self.portions.restart(size=size)

    @precondition(lambda self: self.outstanding)
    @rule(times=st.integers(1, 30))
    def answer(self, times: int) -> None:
        for _ in range(times):
            if self.outstanding:
                self.outstanding = False
                self.both(Office.answer)

    @precondition(lambda self: self.outstanding)
    @rule()
    def refuse(self) -> None:
        self.outstanding = False
        self.both(lambda office: office.fail(attempts=2))

    @rule()
    def wait(self) -> None:
        if (wake_at := self.all.delivery.wake_at) < math.inf:
            self.all.now = self.portions.now = wake_at
            self.both(lambda office: office.do(office.delivery.tick()))


TestPortions = Portions.TestCase


def test_others_overtake_requests_that_the_disk_does_not_give() -> None:
    """What is told now must not wait for a disk that cannot be read."""
    office = Office()
    for number in range(1, 102):
        office.do(office.delivery.tell_for_certain(stop(number), None))
    office.restart()
    asked = office.open()
    office.do(office.delivery.tell(HEARTBEAT))
    for _ in range(100):
        asked += office.answer()
    assert asked == [*map(stop, range(1, 101)), HEARTBEAT]
    assert office.answer() == []
    assert office.read() == [stop(101)]
