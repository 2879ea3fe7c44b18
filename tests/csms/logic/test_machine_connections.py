"""The central system's side of one charge point: boots and connections."""

import math

import pytest
from ocpp.v16 import call, call_result
from ocpp.v16.enums import RegistrationStatus

from rig.csms.logic.cycle import Cycle, Step
from rig.csms.logic.limits import TX_DEFAULT_PROFILE, TX_PROFILE, set_profile
from tests.csms.logic.machines import BOOT, Point, booted

# connections


def test_a_tick_that_is_not_due_does_nothing() -> None:
    point = Point().connect()
    point.tick()
    assert point.asked == []
    point = booted()
    point.tick()
    point.now = 2.0
    point.tick()  # the step before it is not answered
    point.answer()
    assert point.asked == ["SetChargingProfile"]


def test_an_unknown_charge_point_that_does_not_boot_is_asked_to_after_2_s() -> None:
    point = Point().connect()
    point.wait(1.9)
    assert point.outstanding is None
    point.wait(2.0)
    assert point.outstanding == call.TriggerMessage(requested_message="BootNotification")  # type: ignore[arg-type]
    assert point.notes == ["has not booted here: asking for it"]


def test_an_unknown_charge_point_that_says_something_else_is_asked_to_boot_at_once_and_once() -> (
    None
):
    point = Point().connect()
    point.say(call.Heartbeat())
    assert point.asked == ["TriggerMessage"]
    point.say(call.Heartbeat())
    point.answer()
    assert point.asked == ["TriggerMessage"]


@pytest.mark.parametrize("status", ["Rejected", "NotImplemented"])
def test_one_that_will_not_boot_again_gets_the_cycle_all_the_same(status: str) -> None:
    """Errata 3.35: after Accepted it is right to reject."""
    point = Point().connect()
    point.say(call.Heartbeat())
    point.answer(status)
    point.until(0.0)
    assert point.asked == ["TriggerMessage", "GetConfiguration", "SetChargingProfile"]


def test_one_that_may_not_talk_gets_no_cycle() -> None:
    point = Point(registration=RegistrationStatus.pending).connect()
    point.say(call.Heartbeat())
    point.answer("Rejected")
    assert point.asked == ["TriggerMessage"]


def test_one_that_boots_before_it_answers_the_trigger_gets_the_cycle_once() -> None:
    point = Point().connect()
    point.say(call.Heartbeat())
    point.say(BOOT)
    point.answer("Rejected")
    point.until(0.0)
    assert point.asked == ["TriggerMessage", "GetConfiguration", "SetChargingProfile"]


def test_the_transaction_of_one_that_will_not_boot_again_can_be_stopped() -> None:
    point = Point(Cycle((Step(0, "Stop"),), 0, False)).connect()
    meter = call.MeterValues(1, [], transaction_id=77)
    assert point.say(meter) == "SecurityError"
    point.answer("Rejected")
    assert point.say(meter) == call_result.MeterValues()
    point.answer()
    point.tick()
    assert point.outstanding == call.RemoteStopTransaction(transaction_id=77)


def test_one_that_accepts_to_boot_and_does_not_gets_the_cycle_after_10_s() -> None:
    point = Point().connect()
    point.say(call.Heartbeat())
    point.answer("Accepted")
    point.until(9.9)
    assert point.asked == ["TriggerMessage"]
    point.until(10.0)
    assert point.asked == ["TriggerMessage", "GetConfiguration", "SetChargingProfile"]
    assert "would not boot again (it accepted, but did not): taken as it is" in point.warnings
    assert point.machine.is_accepted


def test_one_that_does_not_answer_the_trigger_gets_the_cycle_all_the_same() -> None:
    point = Point().connect()
    point.say(call.Heartbeat())
    point.fail()
    assert point.asked == ["TriggerMessage", "GetConfiguration"]


def test_one_that_the_database_knows_may_talk_at_once_and_is_not_asked_to_boot() -> None:
    """OCPP-J 5.4 lets it reconnect without a boot, also to a central system that restarted."""
    point = Point(is_known=True).connect()
    assert isinstance(point.say(call.Heartbeat()), call_result.Heartbeat)
    assert point.asked == ["GetConfiguration"]


def test_one_that_the_database_knows_and_that_says_nothing_gets_the_cycle_after_2_s() -> None:
    point = Point(is_known=True).connect()
    point.until(2.0)
    assert [(time, type(ask).__name__) for time, ask in point.asks] == [
        (2.0, "GetConfiguration"),
        (2.0, "SetChargingProfile"),
    ]
    assert point.notes == ["cycle: SetLimit 0 A"]


def test_what_ran_before_a_restart_of_the_central_system_is_stopped_by_the_cycle() -> None:
    stop = Cycle((Step(0, "Stop"),), 0, False)
    point = Point(stop, is_known=True, running=[(77, 1), (78, 2)]).connect()
    point.until(2.0)
    assert point.asks[-1] == (2.0, call.RemoteStopTransaction(77))


def test_a_known_charge_point_that_reconnects_goes_on_with_the_cycle() -> None:
    point = booted()
    point.until(2.5)
    point.disconnect()
    assert point.machine.wake_at == math.inf
    point.now = 2.7
    point.connect()
    assert point.notes[-1] == "reconnected: the cycle goes on"
    point.until(3.0)
    assert point.asked == ["SetChargingProfile", "SetChargingProfile", "RemoteStartTransaction"]


def test_a_known_charge_point_that_was_gone_for_long_begins_the_next_round() -> None:
    point = booted()
    point.until(2.5)
    point.disconnect()
    point.now = 20.0
    point.connect()
    assert point.machine.wake_at == 24.0


def test_one_that_was_gone_when_its_stop_was_due_is_stopped_when_it_is_back() -> None:
    point = booted()
    point.until(3.5)
    point.disconnect()
    point.now = 20.0
    point.connect()
    assert point.outstanding == call.RemoteStopTransaction(transaction_id=4)
    point.until(20.5)
    assert point.machine.wake_at == 24.0


def test_what_was_outstanding_on_a_lost_connection_is_not_asked_again() -> None:
    point = booted()
    point.tick()
    point.disconnect()
    point.now = 1.0
    point.connect()
    assert point.outstanding is None
    assert point.machine.wake_at == 2.0


def test_a_charge_point_that_boots_again_gets_the_cycle_from_its_beginning() -> None:
    point = booted()
    point.until(3.5)
    point.asks.clear()
    point.say(BOOT)
    point.until(3.5)
    assert point.asked == ["GetConfiguration", "SetChargingProfile"]


@pytest.mark.parametrize("status", ["Accepted", "Rejected"])
def test_an_answer_that_a_boot_overtook_changes_nothing(status: str) -> None:
    point = booted()
    point.tick()
    point.say(BOOT)
    point.answer(status)
    assert point.asked == ["SetChargingProfile", "GetConfiguration"]


def test_abilities_that_a_boot_overtook_are_asked_for_again() -> None:
    point = Point().connect()
    point.say(BOOT)
    point.say(BOOT)
    point.answer()
    point.disconnect()  # before the second answer
    point.connect()
    assert point.asked == ["GetConfiguration"] * 3
    assert point.notes == []


def test_what_was_learned_of_it_is_forgotten_when_it_boots() -> None:
    point = booted()
    point.tick()
    point.answer("Rejected")
    point.until(2.0)
    assert point.asks[-1] == (2.0, set_profile(100, TX_DEFAULT_PROFILE))
    point.say(BOOT)
    point.until(2.0)
    assert point.asks[-1] == (2.0, set_profile(0, TX_PROFILE))
