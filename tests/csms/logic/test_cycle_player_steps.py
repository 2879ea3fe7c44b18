"""What one step of a cycle leaves to the next."""

from rig.csms.logic.cycle import Cycle, Step
from tests.csms.logic.test_cycle_player import START, Played


def test_a_rejected_start_does_not_bring_the_limit_before_it_again() -> None:
    played = Played()
    for _ in range(2):
        played.answer(played.take())
    assert played.take() == START
    assert played.answer(START, "Rejected") is None
    assert played.warnings == ["rejected RemoteStartTransaction: Rejected (cycle: Start)"]


def test_only_the_first_stop_waits_for_a_transaction_that_did_not_come() -> None:
    """5 s from the answer to RemoteStartTransaction on; what is due is then late, not lost."""
    played = Played(Cycle((Step(0, "Start"), Step(2, "Stop"), Step(3, "Stop")), 5, False))
    played.answer(played.take(), now=0.0)
    assert played.player.wake_at == 5.0
    assert played.take() is None
    assert played.player.wake_at == 3.0
