"""The central system's side of one charge point: the cycle."""

import math

import pytest
from ocpp.v16 import call

from rig.csms.logic.cycle import Cycle, Step
from rig.csms.logic.limits import TX_DEFAULT_PROFILE, TX_PROFILE, set_profile
from tests.csms.logic.machines import BOOT, Point, booted

# the cycle


def test_the_cycle_of_the_seed_is_played_on_its_grid_from_the_boot_on() -> None:
    point = Point().connect()
    point.now = 1.5
    point.say(BOOT)
    point.until(1.5 + 8)
    assert point.asks[1:] == [
        (1.5, set_profile(0, TX_PROFILE)),
        (3.5, set_profile(100, TX_PROFILE)),
        (4.5, call.RemoteStartTransaction(id_tag="RIG", connector_id=1)),
        (6.5, call.RemoteStopTransaction(transaction_id=4)),
        (9.5, set_profile(0, TX_PROFILE)),
    ]


@pytest.mark.parametrize("status", ["Rejected", "NotSupported"])
def test_a_rejected_limit_is_sent_again_at_once_as_tx_default_profile(status: str) -> None:
    point = booted()
    point.tick()
    point.answer(status)
    assert point.outstanding == set_profile(0, TX_DEFAULT_PROFILE)
    assert [time for time, _ in point.asks] == [0.0, 0.0]
    assert f"rejected SetChargingProfile: {status} (cycle: SetLimit 0 A)" in point.notes


def test_a_limit_refused_with_a_callerror_is_sent_again_too() -> None:
    point = booted()
    point.tick()
    point.fail("CALLERROR PropertyConstraintViolation: no", "PropertyConstraintViolation")
    assert point.outstanding == set_profile(0, TX_DEFAULT_PROFILE)


def test_a_step_waits_for_the_answer_to_the_one_before() -> None:
    point = booted()
    point.tick()
    assert point.machine.wake_at == math.inf
    point.now = 1.0
    point.answer()
    assert point.machine.wake_at == 2.0


def test_a_charge_point_that_was_slow_to_answer_gets_no_burst_of_late_steps() -> None:
    """30 s late: the next round begins on the grid of 8 s."""
    point = booted()
    point.tick()
    point.now = 30.0
    point.fail()
    point.answer()  # the TxDefaultProfile that follows
    assert point.machine.wake_at == 32.0


def test_steps_at_the_same_moment_all_come() -> None:
    point = booted(Cycle((Step(0, "SetLimit", 16), Step(0, "Start"), Step(5, "Stop")), 8, True))
    point.tick()
    point.now = 0.05
    point.answer()
    assert point.machine.wake_at == 0.0
