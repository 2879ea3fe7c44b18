"""The central system's side of one charge point: requests, capabilities, whole stories."""

import math
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from ocpp.v16 import call, call_result
from ocpp.v16.enums import RegistrationStatus

from rig.csms.logic.cycle import Cycle, Step
from rig.csms.logic.events import Consult, Consulted
from rig.csms.logic.limits import TX_PROFILE, set_profile
from rig.ocppj.logic.exchange import Asked
from rig.role.logic.supply import Supply
from tests.csms.logic.machines import ACCEPTED, BOOT, NONE, TIME, Point, booted

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
    assert point.machine.wake_at == math.inf
    assert point.asks == []
    assert point.recorded == []  # else the database would know it when it comes again


def test_what_was_asked_on_a_lost_connection_is_answered_on_no_other() -> None:
    point = booted(NONE)
    start = call.StartTransaction(1, "x", 0, TIME)
    assert point.machine.receive(Asked("a", start), 0.0) == [Consult("a", start)]
    point.disconnect()
    point.connect()
    stored = Consulted("a", start, call_result.StartTransaction(4, ACCEPTED))
    assert point.machine.receive(stored, 0.0) == []
    assert point.machine.table()["transactions"] == [{"id": 4, "connector": 1}]


def test_a_boot_ends_what_ran() -> None:
    point = booted(NONE)
    point.say(call.StartTransaction(1, "x", 0, TIME))
    point.say(BOOT)
    assert point.machine.table()["transactions"] == []


def test_what_it_told_is_shown() -> None:
    point = booted(NONE)
    point.say(call.StartTransaction(1, "x", 0, TIME))
    table = point.machine.table()
    assert (table["registered"], table["vendor"]) == (True, "v")
    assert table["transactions"] == [{"id": 4, "connector": 1}]


# capabilities


def test_after_the_boot_the_abilities_are_asked_for_and_then_the_cycle_begins() -> None:
    point = Point().connect()
    point.say(BOOT)
    assert point.asked == ["GetConfiguration"]
    assert point.machine.wake_at == math.inf
    point.now = 0.2
    point.answer()
    assert point.machine.wake_at == 0.2


def test_one_that_does_not_know_get_configuration_gets_the_cycle_all_the_same() -> None:
    point = Point().connect()
    point.configuration = None
    point.say(BOOT)
    point.until(0.0)
    assert point.asked == ["GetConfiguration", "SetChargingProfile"]
    assert "GetConfiguration failed: CALLERROR NotImplemented: no" in point.warnings


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


def test_one_that_boots_again_and_is_gone_before_it_told_is_asked_when_it_is_back() -> None:
    point = booted()
    point.say(BOOT)
    point.disconnect()
    point.connect()
    assert isinstance(point.outstanding, call.GetConfiguration)


def test_a_tick_before_anything_is_due_does_nothing() -> None:
    point = booted()
    point.until(1.0)
    point.asks.clear()
    point.tick()
    assert point.asks == []


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
        before = self.point.machine.is_accepted
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
        while self.point.machine.wake_at <= end and self.point.outstanding is None:
            self.point.now = max(self.point.now, self.point.machine.wake_at)
            self.point.tick()
        self.point.now = end

    @invariant()
    def nothing_is_due_while_it_is_away(self) -> None:
        if not self.is_open:
            assert self.point.machine.wake_at == math.inf

    @invariant()
    def every_command_is_done_unless_one_is_outstanding(self) -> None:
        if self.point.outstanding is None:
            assert len(self.point.done) == self.commands


TestStories = Stories.TestCase
TestStories.settings = settings(stateful_step_count=40)
