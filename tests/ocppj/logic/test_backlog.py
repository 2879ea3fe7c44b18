"""When a peer that does not read is cut off."""

import math

from hypothesis import given
from hypothesis import strategies as st

from rig.ocppj.logic.backlog import SEND_TIMEOUT, UNSENT_ALLOWED, Backlog


def test_what_leaves_at_once_is_never_looked_at() -> None:
    backlog = Backlog()
    assert backlog.add(0, 0, now=1.0)
    assert backlog.wake_at == math.inf


def test_too_much_is_too_much_at_once() -> None:
    assert Backlog().add(0, UNSENT_ALLOWED, now=1.0)
    assert not Backlog().add(0, UNSENT_ALLOWED + 1, now=1.0)


def is_kept(backlog: Backlog, unsent: int, until: float) -> bool:
    """Whether a peer that leaves so many bytes (the same all the time) is kept until then (s)."""
    while backlog.wake_at <= until:
        if not backlog.tick(unsent, backlog.wake_at):
            return False
    return True


def test_a_peer_that_takes_nothing_for_30_s_is_cut_off() -> None:
    backlog = Backlog()
    assert backlog.add(0, 100, now=1.0)
    assert is_kept(backlog, 100, until=30.9)
    assert not is_kept(backlog, 100, until=31.0)


def test_more_that_is_added_is_nothing_taken() -> None:
    backlog = Backlog()
    backlog.add(0, 100, now=1.0)
    backlog.add(100, 160, now=2.0)
    assert not is_kept(backlog, 160, until=31.0)


def test_a_slow_peer_is_not_cut_off_and_looked_at_again() -> None:
    backlog = Backlog()
    backlog.add(0, 100, now=1.0)
    backlog.add(99, 199, now=2.0)  # it took one byte, which is seen at 8.5 s
    assert is_kept(backlog, 199, until=31.0)
    assert is_kept(backlog, 198, until=68.4)  # it took another one, which is seen at 38.5 s
    assert not is_kept(backlog, 198, until=68.5)


def test_while_this_process_stood_still_nobody_was_seen_to_take_anything() -> None:
    backlog = Backlog()
    backlog.add(0, 100, now=1.0)
    assert backlog.tick(100, now=3600.0)
    assert backlog.tick(0, now=backlog.wake_at)  # what the kernel had room for all the time
    assert backlog.wake_at == math.inf


def test_a_peer_that_took_all_is_not_looked_at_any_more() -> None:
    backlog = Backlog()
    backlog.add(0, 100, now=1.0)
    assert is_kept(backlog, 0, until=31.0)
    assert backlog.wake_at == math.inf


def test_the_30_s_begin_when_something_waits() -> None:
    backlog = Backlog()
    backlog.add(0, 100, now=1.0)
    backlog.tick(0, now=31.0)
    backlog.add(0, 50, now=100.0)
    assert is_kept(backlog, 50, until=129.9)
    assert not is_kept(backlog, 50, until=130.0)


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(1, 500)), max_size=50))
def test_a_peer_that_always_takes_something_is_never_cut_off(steps: list[tuple[int, int]]) -> None:
    backlog, unsent, now = Backlog(), 0, 0.0
    for added, taken in steps:
        assert backlog.add(unsent, unsent + added, now)
        unsent = max(0, unsent + added - taken)
        now += SEND_TIMEOUT
        assert backlog.tick(unsent, now)
