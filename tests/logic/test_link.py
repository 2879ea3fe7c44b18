from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rig.logic.link import Action, Close, Link, LinkDown, LinkUp, Open


def opened(index: int = 3) -> Link:
    link = Link("can0")
    assert link.opened(index) == [LinkUp()]
    return link


def test_an_interface_that_is_up_is_opened_once() -> None:
    link = Link("can0")
    assert link.observe(3, True) == [Open(3)]
    assert link.opened(3) == [LinkUp()]
    assert link.is_open
    assert link.observe(3, True) == []


def test_an_interface_that_is_down_is_waited_for_and_told_once() -> None:
    link = Link("can0")
    assert link.observe(3, False) == [LinkDown("can0 is down")]
    assert link.observe(3, False) == []
    assert link.observe(3, True) == [Open(3)]


def test_a_bus_that_goes_down_is_closed_and_opened_anew_when_it_is_back() -> None:
    link = opened()
    assert link.observe(3, False) == [Close(), LinkDown("can0 is down")]
    assert not link.is_open
    assert link.observe(3, True) == [Open(3)]


def test_an_interface_that_is_gone_is_said_to_be_gone() -> None:
    link = opened()
    assert link.observe(None, False) == [Close(), LinkDown("can0 is gone")]
    assert link.observe(None, False) == []


def test_a_replugged_interface_is_opened_anew_though_it_was_never_seen_down() -> None:
    link = opened(index=3)
    assert link.observe(7, True) == [Close(), LinkDown("can0 was replugged")]
    assert link.observe(7, True) == [Open(7)]


def test_a_failure_closes_and_each_other_reason_is_told() -> None:
    link = opened()
    assert link.failed("can0: Network is down") == [Close(), LinkDown("can0: Network is down")]
    assert link.failed("can0: Network is down") == []
    assert link.observe(None, False) == [LinkDown("can0 is gone")]


def test_the_same_reason_is_told_again_after_the_bus_was_back() -> None:
    link = opened()
    link.observe(3, False)
    link.opened(3)
    assert link.observe(3, False) == [Close(), LinkDown("can0 is down")]


LOOKS = st.tuples(st.sampled_from([None, 3, 4]), st.booleans(), st.booleans(), st.booleans())


@given(st.lists(LOOKS, max_size=60))
def test_whatever_happens_open_and_close_alternate_and_so_do_up_and_down(
    looks: list[tuple[int | None, bool, bool, bool]],
) -> None:
    """A shell that obeys, with an interface that comes, goes, changes, and refuses to open."""
    link, done = Link("can0"), list[Action]()
    for index, running, opens, breaks in looks:
        actions = link.observe(index, running)
        done += actions
        for action in actions:
            if isinstance(action, Open):
                done += link.opened(action.index) if opens else link.failed("does not open")
        if breaks and link.is_open:
            done += link.failed("broke")
    assert is_alternating([type(action) for action in done if isinstance(action, LinkUp | Close)])
    told = [action for action in done if isinstance(action, LinkUp | LinkDown)]
    assert all(one != other for one, other in pairwise(told))


def is_alternating(kinds: list[type[Action]]) -> bool:
    return kinds == [(LinkUp, Close)[number % 2] for number in range(len(kinds))]


@given(st.lists(LOOKS, max_size=30))
def test_after_any_past_a_good_interface_is_open_after_two_looks(
    looks: list[tuple[int | None, bool, bool, bool]],
) -> None:
    link = Link("can0")
    for index, running, opens, _ in [*looks, (9, True, True, False), (9, True, True, False)]:
        for action in link.observe(index, running):
            if isinstance(action, Open) and opens:
                link.opened(action.index)
    assert link.is_open
    assert link.observe(9, True) == []
