"""Who is cut off where more connect than there is room for."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rig.role.logic.connection_limit import ConnectionLimit, source_of

HERE, THERE = "127.0.0.1", "192.0.2.7"


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "20010db800010002::/64"),
        ("2001:db8:1:2::ffff", "20010db800010002::/64"),  # of the same owner
        ("2001:db8:1:3::ffff", "20010db800010003::/64"),
        ("fe80::1%eth0", "fe80000000000000::/64"),
        ("", ""),  # it was gone before it could be asked
    ],
)
def test_a_source_is_what_one_owner_has(host: str, source: str) -> None:
    assert source_of(host) == source


def test_while_there_is_room_nobody_is_cut_off() -> None:
    limit: ConnectionLimit[int] = ConnectionLimit(1000)
    assert [limit.came(number, HERE) for number in range(1000)] == [None] * 1000


def test_the_oldest_that_waits_goes_for_a_newcomer() -> None:
    limit: ConnectionLimit[str] = ConnectionLimit(2)
    assert [limit.came(key, HERE) for key in "abcd"] == [None, None, "a", "b"]


def test_the_address_with_the_most_loses_its_oldest() -> None:
    limit: ConnectionLimit[str] = ConnectionLimit(4)
    limit.came("honest", THERE)
    for key in "abc":
        limit.came(key, HERE)
    assert limit.came("d", HERE) == "a"
    assert limit.came("new", THERE) == "b"


def test_of_several_addresses_with_as_many_the_oldest_of_all_goes() -> None:
    limit: ConnectionLimit[str] = ConnectionLimit(2)
    limit.came("a", THERE)
    limit.came("b", HERE)
    assert limit.came("c", "192.0.2.8") == "a"


def test_what_is_settled_never_goes() -> None:
    limit: ConnectionLimit[str] = ConnectionLimit(2)
    for key in "ab":
        limit.came(key, HERE)
        limit.settle(key)
    assert limit.came("c", THERE) == "c"


def test_what_waits_again_does_so_as_from_now_on() -> None:
    limit: ConnectionLimit[str] = ConnectionLimit(2)
    limit.came("a", HERE)
    limit.settle("a")
    limit.came("b", HERE)
    limit.wait("a")
    assert limit.came("c", HERE) == "b"


def test_to_wait_twice_makes_nothing_younger() -> None:
    limit: ConnectionLimit[str] = ConnectionLimit(2)
    limit.came("a", HERE)
    limit.came("b", HERE)
    limit.wait("a")
    assert limit.came("c", HERE) == "a"


def test_what_was_cut_off_or_is_gone_does_not_come_back() -> None:
    limit: ConnectionLimit[str] = ConnectionLimit(1)
    limit.came("a", HERE)
    assert limit.came("b", HERE) == "a"
    limit.settle("a")
    limit.wait("a")
    limit.left("a")
    limit.left("b")
    assert limit.came("c", HERE) is None


MOST = 5


class Flood(RuleBasedStateMachine):
    """Against lists of who waits and who is settled, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.limit: ConnectionLimit[int] = ConnectionLimit(MOST)
        self.waiting: dict[int, str] = {}
        self.settled: dict[int, str] = {}
        self.last = 0

    @rule(source=st.sampled_from("abcd"))
    def come(self, source: str) -> None:
        self.last += 1
        self.waiting[self.last] = source
        was_full = len(self.waiting) + len(self.settled) > MOST
        gone = self.limit.came(self.last, source)
        assert (gone is not None) == was_full
        if gone is not None:
            self.check(gone)
            del self.waiting[gone]

    def check(self, gone: int) -> None:
        """The one that was cut off."""
        own = [key for key, source in self.waiting.items() if source == self.waiting[gone]]
        most = max(list(self.waiting.values()).count(source) for source in self.waiting.values())
        assert (len(own), own[0]) == (most, gone)
        if len(self.waiting) > 1 and len(own) > 1:
            assert gone != self.last, "a newcomer is let in"

    @rule(number=st.integers(0, MOST))
    def settle(self, number: int) -> None:
        for key in [*self.waiting][number : number + 1]:
            self.settled[key] = self.waiting.pop(key)
            self.limit.settle(key)

    @rule(number=st.integers(0, MOST))
    def wait(self, number: int) -> None:
        for key in [*self.settled][number : number + 1]:
            self.waiting[key] = self.settled.pop(key)
            self.limit.wait(key)

    @rule(number=st.integers(0, 2 * MOST))
    def leave(self, number: int) -> None:
        for key in [*self.waiting, *self.settled][number : number + 1]:
            self.waiting.pop(key, None)
            self.settled.pop(key, None)
            self.limit.left(key)

    @invariant()
    def there_is_room_for_all_that_are_open(self) -> None:
        assert len(self.waiting) + len(self.settled) <= MOST


TestFlood = Flood.TestCase
TestFlood.settings = settings(stateful_step_count=40)
