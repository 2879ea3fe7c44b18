from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rig.bus.logic.link import Action, Close, Link, LinkDown, LinkUp, Open


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


def test_a_bus_that_goes_down_stays_open_and_so_hears_the_first_frame_when_it_is_back() -> None:
    link = opened()
    assert link.observe(3, False) == [LinkDown("can0 is down")]
    assert link.observe(3, False) == []
    assert link.is_open
    assert link.observe(3, True) == [LinkUp()]
    assert link.observe(3, True) == []


def test_a_bus_that_was_down_for_less_than_a_look_is_told_as_well() -> None:
    link = opened()
    assert link.down() == [LinkDown("can0 is down")]
    assert link.observe(3, True) == [LinkUp()]


def test_an_interface_that_is_gone_is_said_to_be_gone() -> None:
    link = opened()
    assert link.observe(None, False) == [Close(), LinkDown("can0 is gone")]
    assert link.observe(None, False) == []


def test_a_replugged_interface_is_opened_anew_though_it_was_never_seen_down() -> None:
    link = opened(index=3)
    assert link.observe(7, True) == [Close(), LinkDown("can0 was replugged")]
    assert link.observe(7, True) == [Open(7)]


def test_what_was_opened_again_works_from_the_next_look_on() -> None:
    """Others have opened it then too, and hear what is sent at once, such as Stop."""
    link = opened(index=3)
    link.observe(None, False)
    assert link.observe(7, True) == [Open(7)]
    assert link.opened(7) == []
    assert link.observe(7, True) == [LinkUp()]


def test_a_failure_closes_and_each_other_reason_is_told() -> None:
    link = opened()
    assert link.failed("can0: Network is down") == [Close(), LinkDown("can0: Network is down")]
    assert link.failed("can0: Network is down") == []
    assert link.observe(None, False) == [LinkDown("can0 is gone")]


def test_the_same_reason_is_told_again_after_the_bus_was_back() -> None:
    link = opened()
    link.observe(3, False)
    link.observe(3, True)
    assert link.observe(3, False) == [LinkDown("can0 is down")]


LOOKS = st.tuples(st.sampled_from([None, 3, 4]), st.booleans(), st.booleans(), st.booleans())


@given(st.lists(LOOKS, max_size=60))
def test_whatever_happens_open_and_close_alternate_and_up_and_down_take_turns(
    looks: list[tuple[int | None, bool, bool, bool]],
) -> None:
    """A shell that obeys, with an interface that comes, goes, changes, and refuses to open."""
    link, done, doors = Link("can0"), list[Action](), list[str]()
    for index, running, opens, breaks in looks:
        actions = link.observe(index, running)
        done += actions
        for action in actions:
            if isinstance(action, Open):
                done += link.opened(action.index) if opens else link.failed("does not open")
                doors += ["opened"] if opens else []
        if breaks and link.is_open:
            done += link.failed("broke")
        doors += ["closed" for action in done if isinstance(action, Close)][doors.count("closed") :]
    assert doors == [("opened", "closed")[number % 2] for number in range(len(doors))]
    told = [action for action in done if isinstance(action, LinkUp | LinkDown)]
    assert all(one != other for one, other in pairwise(told))


@given(st.lists(LOOKS, max_size=30))
def test_after_any_past_a_good_interface_works_after_three_looks(
    looks: list[tuple[int | None, bool, bool, bool]],
) -> None:
    link, told = Link("can0"), list[Action]()
    for index, running, opens, _ in [*looks, *[(9, True, True, False)] * 3]:
        for action in link.observe(index, running):
            told += [action] if isinstance(action, LinkUp | LinkDown) else []
            if isinstance(action, Open) and opens:
                told += link.opened(action.index)
    assert link.is_open
    assert told[-1] == LinkUp()
    assert link.observe(9, True) == []
