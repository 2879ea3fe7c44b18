"""The cycle on one charge point, adapted to what it takes."""

import math
from typing import Any

import pytest
from ocpp.v16 import call, call_result

from rig.csms.logic.capabilities import Capabilities
from rig.csms.logic.cycle import Cycle, Step
from rig.csms.logic.cycle_player import CyclePlayer
from rig.csms.logic.limits import TX_DEFAULT_PROFILE, TX_PROFILE, set_profile
from rig.csms.logic.running import RunningTransactions
from rig.ocppj.logic.exchange import Failed, Note
from rig.role.logic.supply import Supply

SEED = Cycle(
    (Step(0, "SetLimit", 0), Step(2, "SetLimit", 100), Step(3, "Start"), Step(5, "Stop")), 8, True
)
START = call.RemoteStartTransaction(id_tag="RIG", connector_id=1)
STOP_4 = call.RemoteStopTransaction(4)
SESSION = Cycle((Step(0, "Start"), Step(2, "Stop"), Step(5, "SetLimit", 6)), 8, True)


class Played:
    """A cycle from time 0 on, what it asks and what it says."""

    def __init__(
        self,
        cycle: Cycle = SEED,
        capabilities: Capabilities | None = None,
        supply: Supply | None = None,
    ) -> None:
        self.running = RunningTransactions()
        self.player = CyclePlayer(cycle, 0.0, capabilities or Capabilities(), self.running, supply)
        self.notes: list[str] = []
        self.warnings: list[str] = []

    def requests(self, outputs: list[Any]) -> list[Any]:
        notes = [output for output in outputs if isinstance(output, Note)]
        self.notes += [note.text for note in notes]
        self.warnings += [note.text for note in notes if note.is_warning]
        return [output for output in outputs if not isinstance(output, Note)]

    def take(self) -> Any:
        """The next step's request; None if it makes none."""
        requests = self.requests(self.player.take())
        return requests[0] if requests else None

    def answer(self, request: Any, status: str = "Accepted", now: float = 0.0) -> Any:
        """What follows on this answer."""
        response = getattr(call_result, type(request).__name__)(status=status)
        requests = self.requests(self.player.answered(request, response, now))
        return requests[0] if requests else None

    def fail(self, request: Any, why: str, code: str | None = None) -> Any:
        requests = self.requests(self.player.failed(Failed(request, why, code, code is not None)))
        return requests[0] if requests else None


def started(at: float = 0.1) -> Played:
    """RemoteStartTransaction was accepted at `at` s, and no StartTransaction came yet."""
    played = Played(SESSION)
    played.answer(played.take(), now=at)
    return played


def limit(amps: float, *, transaction: int | None = None) -> call.SetChargingProfile:
    return set_profile(amps, TX_PROFILE, transaction)


def default_limit(amps: float) -> call.SetChargingProfile:
    return set_profile(amps, TX_DEFAULT_PROFILE)


# limits


def test_the_seeds_profile_goes_to_one_that_never_rejected_it() -> None:
    played = Played()
    assert played.take() == limit(0)
    assert played.answer(limit(0)) is None
    assert played.take() == limit(100)
    assert played.notes == ["cycle: SetLimit 0 A", "cycle: SetLimit 100 A"]


def test_after_a_rejection_it_is_sent_again_as_tx_default_profile_and_never_tried_again() -> None:
    played = Played()
    assert played.answer(played.take(), "Rejected") == default_limit(0)
    assert played.notes[1:] == [
        "rejected SetChargingProfile: Rejected (cycle: SetLimit 0 A)",
        "cycle: SetLimit 0 A again, as TxDefaultProfile",
    ]
    assert played.take() == default_limit(100)


def test_a_callerror_teaches_the_same() -> None:
    played = Played()
    rejected = "CALLERROR PropertyConstraintViolation: no"
    again = played.fail(played.take(), rejected, "PropertyConstraintViolation")
    assert again == default_limit(0)
    assert f"rejected SetChargingProfile: {rejected} (cycle: SetLimit 0 A)" in played.notes
    assert played.take() == default_limit(100)


def test_no_answer_at_all_teaches_nothing() -> None:
    played = Played()
    assert played.fail(played.take(), "no answer within 30 s") == default_limit(0)
    assert "SetChargingProfile failed: no answer within 30 s (cycle: SetLimit 0 A)" in played.notes
    assert played.take() == limit(100)


def test_a_rejected_default_profile_says_nothing_of_tx_profiles() -> None:
    played = Played()
    assert played.fail(played.take(), "no answer within 30 s") == default_limit(0)
    assert played.answer(default_limit(0), "Rejected") is None
    assert played.take() == limit(100)


def test_in_a_transaction_a_strict_one_gets_a_tx_profile_with_the_id() -> None:
    played = Played(Cycle((Step(0, "SetLimit", 6), Step(1, "SetLimit", 7)), 2, True))
    played.answer(played.take(), "Rejected")
    played.running.started(4, 1)
    assert played.take() == limit(7, transaction=4)
    played.running.ended(4)
    assert played.take() == default_limit(6)


def test_in_a_transaction_a_rejected_profile_is_sent_again_with_the_id_and_then_as_default() -> (
    None
):
    played = Played()
    played.running.started(4, 1)
    assert played.take() == limit(0)
    assert played.answer(limit(0), "Rejected") == limit(0, transaction=4)
    assert played.answer(limit(0, transaction=4), "Rejected") == default_limit(0)
    assert played.answer(default_limit(0), "Rejected") is None


def test_one_that_takes_watts_only_gets_watts() -> None:
    supply = Supply(230.0, 3)
    played = Played(capabilities=Capabilities(takes_amps=False), supply=supply)
    played.take()
    assert played.take() == set_profile(100, TX_PROFILE, supply=supply)


def test_one_that_takes_amps_gets_amps_though_watts_were_possible() -> None:
    assert Played(supply=Supply(230.0, 3)).take() == limit(0)


@pytest.mark.parametrize(
    ("capabilities", "why"),
    [
        (Capabilities(takes_amps=False), "it takes limits in W only: put voltage and phases"),
        (Capabilities(smart_charging=False), "it has no SmartCharging: no SetChargingProfile"),
    ],
)
def test_a_limit_that_cannot_be_sent_is_told_once_a_round(
    capabilities: Capabilities, why: str
) -> None:
    played = Played(capabilities=capabilities)
    assert [played.take(), played.take(), played.take()] == [None, None, START]
    assert len([note for note in played.notes if why in note]) == 1
    played.running.started(4, 1)
    assert [played.take(), played.take(), played.take()] == [STOP_4, None, None]
    assert len([note for note in played.notes if why in note]) == 2


def test_what_goes_wrong_is_a_warning_and_what_is_played_is_none() -> None:
    played = Played()
    played.answer(played.take(), "Rejected")
    assert (len(played.notes), len(played.warnings)) == (3, 1)
    played.fail(default_limit(0), "no answer within 30 s")
    unable = Played(capabilities=Capabilities(smart_charging=False))
    unable.take()
    no_start = started()
    no_start.take()
    idle = Played(Cycle((Step(0, "Stop"),), 8, True))
    idle.take()
    slow = Played()
    slow.requests(slow.player.stay_on_grid(30.0))
    seen = [len(each.warnings) for each in (played, unable, no_start, idle, slow)]
    assert seen == [2, 1, 1, 1, 1]


# the grid


def test_late_by_no_more_than_a_second_every_step_comes() -> None:
    played = Played()
    assert played.player.stay_on_grid(1.0) == []
    assert played.player.wake_at == 0.0
    assert played.player.stay_on_grid(1.1) != []
    assert played.player.wake_at == 8.0


def test_late_by_more_the_next_round_begins_on_the_grid() -> None:
    played = Played()
    (note,) = played.player.stay_on_grid(30.0)
    assert isinstance(note, Note)
    assert "slow to answer" in note.text
    assert played.player.wake_at == 32.0


def test_a_stop_that_is_late_comes_all_the_same_if_a_transaction_runs() -> None:
    played = started()
    played.running.started(4, 1)
    assert played.requests(played.player.stay_on_grid(9.0)) == [STOP_4]
    assert played.notes[-2:] == [
        "cycle: it was slow to answer; what was due meanwhile is not caught up",
        "cycle: Stop",
    ]
    assert played.player.wake_at == 16.0


def test_after_an_interruption_a_stop_that_was_due_comes_at_once() -> None:
    played = started()
    played.running.started(4, 1)
    assert played.requests(played.player.resume(3.0)) == [STOP_4]
    assert played.player.wake_at == 8.0


def test_after_an_interruption_there_is_nothing_to_stop_where_nothing_runs() -> None:
    played = started()
    assert played.player.resume(3.0) == []


def test_a_stop_that_came_in_time_does_not_come_again_after_an_interruption() -> None:
    played = started()
    played.running.started(4, 1)
    played.take()
    assert played.player.resume(6.0) == []  # only the limit, due at 5, is left out


def test_resumed_it_waits_for_no_start_of_before() -> None:
    played = started()
    played.player.resume(1.0)
    assert played.player.wake_at == 2.0


def test_a_cycle_that_is_over_is_never_late() -> None:
    played = Played(Cycle((), 0, False))
    assert played.player.wake_at == math.inf
    assert played.player.stay_on_grid(30.0) == []
