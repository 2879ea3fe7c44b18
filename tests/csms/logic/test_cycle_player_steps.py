"""Start and Stop of the cycle on one charge point, and what one step leaves to the next."""

from rig.csms.logic.cycle import Cycle, Step
from tests.csms.logic.test_cycle_player import SESSION, START, STOP_4, Played, started


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


def test_a_stop_comes_on_its_grid_when_the_start_has_come() -> None:
    played = started()
    played.running.started(4, 1)
    assert played.player.wake_at == 2.0
    assert played.take() == STOP_4
    assert played.player.wake_at == 5.0


def test_a_stop_waits_for_the_start_that_has_the_id_and_what_follows_is_on_its_grid() -> None:
    played = started()
    assert played.player.wake_at == 5.1  # 0.1 s + the 5 s of patience
    played.running.started(4, 1)
    assert played.player.wake_at == 2.0
    played.take()
    assert played.player.wake_at == 5.0


def test_only_a_stop_waits_for_the_start() -> None:
    played = Played(Cycle((Step(0, "Start"), Step(1, "SetLimit", 6), Step(2, "Stop")), 8, True))
    played.answer(played.take(), now=0.1)
    assert played.player.wake_at == 1.0


def test_a_stop_waits_for_no_start_that_was_not_asked_for() -> None:
    played = Played(Cycle((Step(0, "SetLimit", 6), Step(1, "Stop")), 8, True))
    played.answer(played.take(), now=0.1)
    assert played.player.wake_at == 1.0


def test_a_second_start_that_is_rejected_is_not_waited_for() -> None:
    played = Played(Cycle((Step(0, "Start"), Step(1, "Start"), Step(2, "Stop")), 8, True))
    played.answer(played.take(), now=0.1)
    played.answer(played.take(), "Rejected", now=1.1)
    assert played.player.wake_at == 2.0


def test_a_start_that_never_comes_is_waited_for_5_s_and_told() -> None:
    played = started()
    assert played.take() is None
    assert played.notes[-1] == (
        "cycle: Stop: no StartTransaction within 5 s of RemoteStartTransaction"
    )
    assert played.player.wake_at == 5.0


def test_waiting_for_the_start_is_no_lateness() -> None:
    assert started().player.stay_on_grid(4.9) == []


def test_a_rejected_start_is_told_and_its_stop_is_left_out_in_time() -> None:
    played = Played(SESSION)
    played.answer(played.take(), "Rejected")
    assert played.player.wake_at == 2.0
    assert played.take() is None
    assert played.notes[1:] == [
        "rejected RemoteStartTransaction: Rejected (cycle: Start)",
        "cycle: Stop: no transaction runs",
    ]


def test_a_start_that_came_before_the_answer_is_not_waited_for() -> None:
    played = Played(SESSION)
    request = played.take()
    played.running.started(4, 1)
    played.answer(request)
    played.running.ended(4)  # and stopped by itself
    assert played.player.wake_at == 2.0


def test_the_transaction_of_another_connector_is_left_alone() -> None:
    played = Played(Cycle((Step(0, "Stop"),), 0, False))
    played.running.started(4, 2)
    assert played.take() is None


def test_a_stop_that_is_rejected_says_that_this_transaction_does_not_run() -> None:
    played = started()
    played.running.started(4, 1)
    played.answer(played.take(), "Rejected")
    assert played.running.on(1) is None
