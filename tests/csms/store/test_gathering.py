"""When a group is written: after 0.05 s, or once all that were answered last have asked again."""

import math

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rig.csms.store.writer import Gathering


def test_nothing_is_due_where_nothing_waits() -> None:
    assert Gathering().due_at == math.inf


def test_the_first_that_asks_waits_for_nobody() -> None:
    gathering = Gathering()
    gathering.adds(7.0, "CP_1")
    assert gathering.due_at == 7.0


def test_one_that_is_alone_waits_for_nobody() -> None:
    gathering = Gathering()
    for now in (7.0, 7.01, 7.02):
        gathering.adds(now, "CP_1")
        assert gathering.due_at == now
        gathering.taken()
        gathering.answered(["CP_1"], [])


def test_a_group_waits_until_all_that_were_answered_have_asked_again() -> None:
    gathering = Gathering()
    gathering.answered(["CP_1", "CP_2"], [])
    gathering.adds(7.0, "CP_2")
    assert gathering.due_at == 7.05
    gathering.adds(7.03, "CP_3")
    assert gathering.due_at == 7.05
    gathering.adds(7.04, "CP_1")
    assert gathering.due_at <= 7.04


def test_who_asked_before_the_others_were_answered_is_not_waited_for() -> None:
    gathering = Gathering()
    gathering.adds(7.0, "CP_1")
    gathering.answered(["CP_1", "CP_2"], ["CP_1"])
    assert gathering.due_at == 7.05
    gathering.adds(7.02, "CP_2")
    assert gathering.due_at <= 7.02


def test_what_is_urgent_takes_along_what_waits() -> None:
    gathering = Gathering()
    gathering.answered(["CP_1"], [])
    gathering.adds(7.0)
    assert gathering.due_at == 7.05
    gathering.adds(7.03, urgent=True)
    assert gathering.due_at <= 7.03
    gathering.taken()
    gathering.adds(7.04)
    assert gathering.due_at == 7.09


def test_a_note_is_written_after_50_ms_at_the_latest() -> None:
    gathering = Gathering()
    gathering.answered(["CP_1"], [])
    gathering.adds(7.0)
    gathering.adds(7.04)
    assert gathering.due_at == 7.05


class Anything(RuleBasedStateMachine):
    """Whatever happens, a group that has something is due, and soon."""

    def __init__(self) -> None:
        super().__init__()
        self.gathering, self.now = Gathering(), 0.0
        self.began: float | None = None
        self.waiting: list[str] = []

    @rule(seconds=st.floats(0.0, 1.0))
    def passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(charge_point=st.none() | st.sampled_from("ABC"), urgent=st.booleans())
    def adds(self, charge_point: str | None, urgent: bool) -> None:
        self.gathering.adds(self.now, charge_point, urgent=urgent)
        self.began = self.now if self.began is None else self.began
        self.waiting += [charge_point] if charge_point else []

    @rule()
    def taken_and_answered(self) -> None:
        self.gathering.taken()
        taken, self.waiting, self.began = self.waiting, [], None
        self.gathering.answered(taken, self.waiting)

    @invariant()
    def what_waits_is_due_within_50_ms(self) -> None:
        if self.began is None:
            assert self.gathering.due_at == math.inf
        else:
            assert self.began <= self.gathering.due_at <= self.began + 0.05


TestAnything = Anything.TestCase
