"""The central system's side of one charge point: commands from outside."""

import math

from ocpp.v16 import call, call_result
from ocpp.v16.enums import (
    ChargePointErrorCode,
    ChargePointStatus,
    MessageTrigger,
    RegistrationStatus,
)

from rig.csms.logic.cycle import Cycle, Step
from rig.csms.logic.limits import TX_PROFILE, set_profile
from rig.ocppj.logic.exchange import Failed
from tests.csms.logic.machines import BOOT, NONE, Point, booted

STATUS = call.StatusNotification(1, ChargePointErrorCode.no_error, ChargePointStatus.available)


def test_a_command_is_sent_and_its_response_comes_back() -> None:
    point = booted(NONE)
    point.command("key", call.ClearCache())
    point.answer("Rejected")
    assert point.done == {"key": call_result.ClearCache("Rejected")}  # type: ignore[arg-type]


def test_a_command_that_fails_says_how() -> None:
    point = booted(NONE)
    request = call.ClearCache()
    point.command("key", request)
    point.fail("CALLERROR NotSupported: no", "NotSupported")
    failed = Failed(request, "CALLERROR NotSupported: no", "NotSupported")
    assert point.done == {"key": failed}
    assert point.warnings == ["command ClearCache failed: CALLERROR NotSupported: no"]


def test_a_command_waits_for_the_step_that_is_outstanding_and_the_next_step_for_it() -> None:
    point = booted(Cycle((Step(0, "SetLimit", 16), Step(0, "Start")), 8, True))
    point.tick()
    point.command("key", call.ClearCache())
    point.answer()
    assert isinstance(point.outstanding, call.ClearCache)
    assert point.machine.wake_at == math.inf
    point.answer()
    assert point.machine.wake_at == 0.0


def test_a_command_like_a_step_teaches_the_cycle_nothing() -> None:
    point = booted(Cycle((Step(5, "SetLimit", 16),), 8, True))
    point.command("key", set_profile(6, TX_PROFILE))
    point.answer("Rejected")
    point.until(5.0)
    assert point.asks[-1] == (5.0, set_profile(16, TX_PROFILE))


def test_a_command_before_the_boot_is_sent_all_the_same() -> None:
    """4.2: of one that is Pending, a central system may ask and change things."""
    point = Point(registration=RegistrationStatus.pending).connect()
    point.say(BOOT)
    point.command("key", call.ClearCache())
    assert point.asked == ["ClearCache"]


def test_what_nobody_waits_for_any_more_is_not_sent() -> None:
    point = booted(NONE)
    point.command("a", call.ClearCache())
    point.command("b", call.RemoteStartTransaction("RIG"))
    point.command("c", call.ClearCache())
    point.withdraw("b")
    point.answer()
    point.answer()
    assert point.asked == ["ClearCache", "ClearCache"]
    assert set(point.done) == {"a", "c"}
    assert point.warnings == [
        "command RemoteStartTransaction not sent: nobody waits for it any more"
    ]


def test_what_was_sent_cannot_be_withdrawn() -> None:
    point = booted(NONE)
    point.command("a", call.ClearCache())
    point.withdraw("a")
    point.answer()
    assert point.asked == ["ClearCache"]
    assert set(point.done) == {"a"}
    assert point.warnings == []


def test_a_command_whose_turn_does_not_come_is_given_up_and_never_sent() -> None:
    point = booted(NONE)
    point.command("a", call.ClearCache())
    point.now = 5.0
    point.command("b", call.RemoteStartTransaction("RIG"))
    assert point.machine.wake_at == 65.0
    point.now = 65.0
    point.tick()
    assert point.done["b"].why == "not sent: its turn did not come within 60 s"
    point.answer()
    assert point.asked == ["ClearCache"]
    assert point.machine.wake_at == math.inf


def test_a_command_that_is_overdue_is_not_sent_though_no_timer_ran_before_its_turn() -> None:
    """As after a stop of this process, where the answer before it is looked at first."""
    point = booted(NONE)
    point.command("a", call.ClearCache())
    point.command("b", call.RemoteStartTransaction("RIG"))
    point.now = 60.0
    point.answer()
    assert point.asked == ["ClearCache"]
    assert not point.done["b"].in_time


def test_one_that_was_sent_and_got_no_answer_says_that_it_was_sent() -> None:
    point = booted(NONE)
    point.command("a", call.RemoteStartTransaction("RIG"))
    point.fail("no answer within 30 s")
    assert point.done["a"].why == "sent, no answer within 30 s"
    assert point.warnings == ["command RemoteStartTransaction failed: sent, no answer within 30 s"]


# one that is Pending (4.2)


def test_one_that_is_pending_may_say_what_it_was_asked_to_trigger() -> None:
    """4.2: nothing else; and no longer than this connection."""
    point = Point(registration=RegistrationStatus.pending).connect()
    point.say(BOOT)
    point.command("a", call.TriggerMessage(MessageTrigger.heartbeat))
    point.answer("Rejected")
    assert point.say(call.Heartbeat()) == "SecurityError"
    point.command("b", call.TriggerMessage(MessageTrigger.status_notification, connector_id=1))
    point.answer("Accepted")
    assert point.say(STATUS) == call_result.StatusNotification()
    assert point.say(call.Heartbeat()) == "SecurityError"
    point.disconnect()
    point.connect()
    assert point.say(STATUS) == "SecurityError"


def test_a_boot_ends_what_was_triggered_before() -> None:
    point = Point(registration=RegistrationStatus.pending).connect()
    point.say(BOOT)
    point.command("a", call.TriggerMessage(MessageTrigger.status_notification))
    point.answer("Accepted")
    point.say(BOOT)
    assert point.say(STATUS) == "SecurityError"


def test_a_trigger_that_got_no_answer_allows_nothing() -> None:
    point = Point(registration=RegistrationStatus.pending).connect()
    point.say(BOOT)
    point.command("a", call.TriggerMessage(MessageTrigger.status_notification))
    point.fail()
    assert point.say(STATUS) == "SecurityError"
