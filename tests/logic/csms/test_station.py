"""The central system's side of one charge point: requests, commands, whole stories."""

import math
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from ocpp.v16 import call, call_result
from ocpp.v16.enums import (
    ChargePointErrorCode,
    ChargePointStatus,
    MessageTrigger,
    RegistrationStatus,
)

from rig.logic.csms.cycle import Cycle, Step
from rig.logic.csms.events import Consult, ConsultFailed
from rig.logic.csms.limits import TX_PROFILE, Supply, set_profile
from rig.logic.exchange import (
    Asked,
    Failed,
)
from tests.logic.csms.stations import BOOT, NONE, TIME, Point, booted

STATUS = call.StatusNotification(1, ChargePointErrorCode.no_error, ChargePointStatus.available)


# what a charge point asks


def test_a_boot_is_accepted_with_the_time_and_an_interval_and_kept() -> None:
    point = Point(NONE).connect()
    assert point.say(BOOT) == call_result.BootNotification(
        current_time="2026-01-31T12:00:00.000Z",
        interval=300,
        status="Accepted",  # type: ignore[arg-type]
    )
    assert point.recorded == [BOOT]


@pytest.mark.parametrize(
    "request_",
    [
        call.Heartbeat(),
        call.Authorize("x"),
        call.StartTransaction(1, "x", 0, TIME),
        call.StopTransaction(0, TIME, 4),
        call.MeterValues(1, []),
        call.DataTransfer("x"),
    ],
    ids=lambda request: type(request).__name__,
)
def test_before_the_boot_any_other_request_is_a_security_error(request_: Any) -> None:
    """Errata OCPP-J 3.10."""
    point = Point(NONE).connect()
    assert point.say(request_) == "SecurityError"
    point.say(BOOT)
    assert point.say(request_) not in (None, "SecurityError")


@pytest.mark.parametrize("status", [RegistrationStatus.pending, RegistrationStatus.rejected])
def test_one_that_is_not_accepted_may_not_talk_and_gets_no_cycle(
    status: RegistrationStatus,
) -> None:
    point = Point(registration=status).connect()
    answer = point.say(BOOT)
    assert (answer.status, answer.interval) == (status, 10)
    assert point.say(call.Heartbeat()) == "SecurityError"
    assert point.station.wake_at == math.inf
    assert point.asks == []
    assert point.recorded == []  # else the database would know it when it comes again


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


def test_what_was_not_stored_is_refused() -> None:
    point = booted(NONE)
    start = call.StartTransaction(1, "x", 0, TIME)
    assert point.station.receive(Asked("a", start), 0.0) == [Consult("a", start)]
    failed = ConsultFailed("a", start, "not stored: ask again")
    assert point.took(point.station.receive(failed, 0.0)) == "InternalError"


def test_a_request_of_a_central_system_is_not_supported() -> None:
    assert booted(NONE).say(call.ClearCache()) == "NotSupported"


def test_what_it_told_is_shown() -> None:
    point = booted(NONE)
    point.say(call.StartTransaction(1, "x", 0, TIME))
    table = point.station.table()
    assert (table["registered"], table["vendor"]) == (True, "v")
    assert table["transactions"] == [{"id": 4, "connector": 1}]


# abilities


def test_after_the_boot_the_abilities_are_asked_for_and_then_the_cycle_begins() -> None:
    point = Point().connect()
    point.say(BOOT)
    assert point.asked == ["GetConfiguration"]
    assert point.station.wake_at == math.inf
    point.now = 0.2
    point.answer()
    assert point.station.wake_at == 0.2


def test_one_that_does_not_know_get_configuration_gets_the_cycle_all_the_same() -> None:
    point = Point().connect()
    point.configuration = None
    point.say(BOOT)
    point.until(0.0)
    assert point.asked == ["GetConfiguration", "SetChargingProfile"]
    assert "GetConfiguration failed: CALLERROR NotImplemented: no" in point.notes


def test_one_that_boots_again_meanwhile_is_asked_again_and_the_cycle_begins_once() -> None:
    point = Point().connect()
    point.say(BOOT)
    point.say(BOOT)
    point.until(1.0)
    assert point.asked == ["GetConfiguration", "GetConfiguration", "SetChargingProfile"]


def test_one_that_boots_again_and_again_and_answers_nothing_piles_nothing_up() -> None:
    point = Point().connect()
    for _ in range(100):
        point.say(BOOT)
    point.command("key", call.ClearCache())
    assert point.done == {}  # it waits for its turn as ever
    point.until(0.0)
    assert point.asked == [
        "GetConfiguration",
        "GetConfiguration",
        "ClearCache",
        "SetChargingProfile",
    ]


def test_a_trigger_that_waits_is_not_sent_any_more_after_the_boot() -> None:
    """Errata 3.40: one that was accepted shall not be asked to boot."""
    point = Point(NONE).connect()
    point.command("key", call.ClearCache())
    point.say(call.Heartbeat())
    point.say(BOOT)
    point.answer()
    assert point.asked == ["ClearCache"]


def test_a_connection_lost_before_the_abilities_came_asks_for_them_on_the_next() -> None:
    point = Point().connect()
    point.say(BOOT)
    point.disconnect()
    point.connect()
    point.until(0.0)
    assert point.asked == ["GetConfiguration", "GetConfiguration", "SetChargingProfile"]


def test_limits_go_in_watts_to_one_that_takes_no_amps() -> None:
    supply = Supply(230.0, 3)
    point = Point(Cycle((Step(0, "SetLimit", 16),), 1, False), supply=supply).connect()
    point.configuration = {"ChargingScheduleAllowedChargingRateUnit": "Power"}
    point.say(BOOT)
    point.until(0.0)
    assert point.asks[-1] == (0.0, set_profile(16, TX_PROFILE, supply=supply))


# commands from outside


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
    assert point.notes == ["command ClearCache failed: CALLERROR NotSupported: no"]


def test_a_command_waits_for_the_step_that_is_outstanding_and_the_next_step_for_it() -> None:
    point = booted(Cycle((Step(0, "SetLimit", 16), Step(0, "Start")), 8, True))
    point.tick()
    point.command("key", call.ClearCache())
    point.answer()
    assert isinstance(point.outstanding, call.ClearCache)
    assert point.station.wake_at == math.inf
    point.answer()
    assert point.station.wake_at == 0.0


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


def test_a_lost_connection_fails_the_commands_at_once() -> None:
    point = booted(NONE)
    point.command("a", call.ClearCache())
    point.command("b", call.ClearCache())
    point.disconnect()
    assert [outcome.why for outcome in point.done.values()] == ["the connection is gone: gone"] * 2
    point.command("c", call.ClearCache())
    assert point.done["c"].why == "not connected"


class Stories(RuleBasedStateMachine):
    """Whatever a charge point does and whoever commands: one CALL outstanding, no answer owed."""

    def __init__(self) -> None:
        super().__init__()
        self.point = Point()
        self.is_open, self.commands = False, 0

    @precondition(lambda self: not self.is_open)
    @rule()
    def connect(self) -> None:
        self.is_open = True
        self.point.connect()

    @precondition(lambda self: self.is_open)
    @rule()
    def disconnect(self) -> None:
        self.is_open = False
        self.point.disconnect()
        assert len(self.point.done) == self.commands

    @precondition(lambda self: self.is_open)
    @rule(
        request=st.sampled_from(
            [
                BOOT,
                call.Heartbeat(),
                call.StartTransaction(1, "x", 0, TIME),
                call.MeterValues(1, [], transaction_id=3),
                call.StopTransaction(0, TIME, 4),
                call.StopTransaction(0, TIME, -1),
            ]
        )
    )
    def say(self, request: Any) -> None:
        before = self.point.station.is_accepted
        answer = self.point.say(request)
        assert answer is not None
        if not isinstance(request, call.BootNotification):
            assert (answer == "SecurityError") is not before

    @rule()
    def command(self) -> None:
        self.commands += 1
        self.point.command(self.commands, call.ClearCache())

    @precondition(lambda self: self.point.outstanding is not None)
    @rule(status=st.sampled_from(["Accepted", "Rejected"]))
    def answer(self, status: str) -> None:
        self.point.answer(status)

    @precondition(lambda self: self.point.outstanding is not None)
    @rule(code=st.sampled_from([None, "NotSupported"]))
    def fail(self, code: str | None) -> None:
        self.point.now += 0.0 if code else 30.0
        self.point.fail("why", code)

    @rule(seconds=st.sampled_from([0.0, 0.5, 3.0, 60.0]))
    def wait(self, seconds: float) -> None:
        end = self.point.now + seconds
        while self.point.station.wake_at <= end and self.point.outstanding is None:
            self.point.now = max(self.point.now, self.point.station.wake_at)
            self.point.tick()
        self.point.now = end

    @invariant()
    def nothing_is_due_while_it_is_away(self) -> None:
        if not self.is_open:
            assert self.point.station.wake_at == math.inf

    @invariant()
    def every_command_is_done_unless_one_is_outstanding(self) -> None:
        if self.point.outstanding is None:
            assert len(self.point.done) == self.commands


TestStories = Stories.TestCase
TestStories.settings = settings(stateful_step_count=40)
