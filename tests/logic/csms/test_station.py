"""The central system's side of one charge point."""

import math
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from ocpp.v16 import call, call_result
from ocpp.v16.enums import RegistrationStatus

from rig.logic.csms.cycle import Cycle, Step
from rig.logic.csms.events import Command, Consult, Consulted, ConsultFailed, Done, Record
from rig.logic.csms.limits import TX_DEFAULT_PROFILE, TX_PROFILE, Supply, set_profile
from rig.logic.csms.station import Station
from rig.logic.exchange import (
    Answer,
    Answered,
    Ask,
    Asked,
    Connected,
    Disconnected,
    Failed,
    Note,
    Refuse,
)

NOON = 1769860800.0  # 2026-01-31T12:00:00Z
SEED = Cycle(
    (Step(0, "SetLimit", 0), Step(2, "SetLimit", 100), Step(3, "Start"), Step(5, "Stop")), 8, True
)
NONE = Cycle((), 0, False)
BOOT = call.BootNotification(charge_point_model="m", charge_point_vendor="v")
TIME = "2026-01-31T12:00:00Z"
ACCEPTED: Any = {"status": "Accepted"}


class Point:
    """A station, the charge point that it talks to, and a database that knows nothing wrong."""

    def __init__(self, cycle: Cycle = SEED, **options: Any) -> None:
        self.station = Station(cycle, lambda now: NOON + now, **options)
        self.numbers = iter(range(4, 1000))
        self.now = 0.0
        self.outstanding: Any = None
        self.asks: list[tuple[float, Any]] = []  # of the central system, each with its time
        self.notes: list[str] = []
        self.recorded: list[Any] = []
        self.done: dict[object, Any] = {}
        self.configuration: dict[str, str] | None = {}  # None: GetConfiguration is not known

    def took(self, outputs: list[Any]) -> Any:
        """Take note of the outputs; returns the answer among them, if there is one."""
        answer = None
        for output in outputs:
            match output:
                case Ask(request):
                    assert self.outstanding is None, "two outstanding CALLs"
                    self.outstanding = request
                    self.asks.append((self.now, request))
                case Answer(_, response):
                    answer = response
                case Refuse(_, code, _):
                    answer = code
                case Note(text):
                    self.notes.append(text)
                case Record(request):
                    self.recorded.append(request)
                case Consult(unique_id, request):
                    event = Consulted(unique_id, request, self.database(request))
                    answer = self.took(self.station.receive(event, self.now))
                case Done(key, outcome):
                    self.done[key] = outcome
        return answer

    def database(self, request: Any) -> Any:
        match request:
            case call.Authorize():
                return call_result.Authorize(ACCEPTED)
            case call.StartTransaction():
                return call_result.StartTransaction(next(self.numbers), ACCEPTED)
            case call.StopTransaction():
                return call_result.StopTransaction(ACCEPTED)
        return call_result.MeterValues()

    def connect(self) -> "Point":
        self.took(self.station.receive(Connected(), self.now))
        return self

    def disconnect(self) -> None:
        self.outstanding = None
        self.took(self.station.receive(Disconnected("gone"), self.now))

    def say(self, request: Any) -> Any:
        """The charge point asks; the answer."""
        return self.took(self.station.receive(Asked("a", request), self.now))

    def answer(self, status: str = "Accepted") -> Any:
        """Answer what is outstanding, which is returned."""
        request, self.outstanding = self.outstanding, None
        if isinstance(request, call.GetConfiguration):
            return self._configure(request)
        response = getattr(call_result, type(request).__name__)(status=status)
        self.took(self.station.receive(Answered(request, response), self.now))
        return request

    def _configure(self, request: Any) -> Any:
        event: Any = Failed(request, "CALLERROR NotImplemented: no", "NotImplemented")
        if self.configuration is not None:
            items = [{"key": key, "value": value} for key, value in self.configuration.items()]
            event = Answered(request, call_result.GetConfiguration(configuration_key=items))
        self.took(self.station.receive(event, self.now))
        return request

    def fail(self, why: str = "no answer within 30 s", code: str | None = None) -> None:
        request, self.outstanding = self.outstanding, None
        failed = Failed(request, why, code, in_time=code is not None)
        self.took(self.station.receive(failed, self.now))

    def command(self, key: object, request: Any) -> None:
        self.took(self.station.receive(Command(key, request), self.now))

    def tick(self) -> None:
        self.took(self.station.tick(self.now))

    def until(self, end: float) -> None:
        """Time passes, and each request is accepted at once."""
        while self.outstanding is not None:
            self.obey(self.answer())
        while self.station.wake_at <= end:
            self.now = max(self.now, self.station.wake_at)
            self.tick()
            while self.outstanding is not None:
                self.obey(self.answer())
        self.now = end

    def obey(self, request: Any) -> None:
        """What a charge point says after it accepted a request."""
        if isinstance(request, call.RemoteStartTransaction):
            self.say(call.StartTransaction(1, request.id_tag, 0, TIME))
        if isinstance(request, call.RemoteStopTransaction):
            self.say(call.StopTransaction(0, TIME, request.transaction_id))

    @property
    def asked(self) -> list[str]:
        return [type(request).__name__ for _, request in self.asks]


def booted(cycle: Cycle = SEED, **options: Any) -> Point:
    """One that booted, and told its abilities."""
    point = Point(cycle, **options).connect()
    point.say(BOOT)
    if cycle.steps:
        assert isinstance(point.answer(), call.GetConfiguration)
        point.asks.clear()
    return point


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


def test_a_default_profile_that_is_rejected_too_is_not_sent_a_third_time() -> None:
    point = booted()
    point.tick()
    point.answer("Rejected")
    point.answer("Rejected")
    assert point.outstanding is None
    assert len(point.asks) == 2


def test_a_rejected_start_is_logged_and_its_stop_is_left_out() -> None:
    point = booted()
    point.until(2.9)
    point.now = 3.0
    point.tick()
    point.answer("Rejected")
    point.until(7.9)
    assert point.asked == ["SetChargingProfile", "SetChargingProfile", "RemoteStartTransaction"]
    assert "rejected RemoteStartTransaction: Rejected (cycle: Start)" in point.notes
    assert "cycle: Stop: no transaction runs" in point.notes


def test_a_step_waits_for_the_answer_to_the_one_before() -> None:
    point = booted()
    point.tick()
    assert point.station.wake_at == math.inf
    point.now = 1.0
    point.answer()
    assert point.station.wake_at == 2.0


def test_a_charge_point_that_was_slow_to_answer_gets_no_burst_of_late_steps() -> None:
    """30 s late: the next round begins on the grid of 8 s."""
    point = booted()
    point.tick()
    point.now = 30.0
    point.fail()
    point.answer()  # the TxDefaultProfile that follows
    assert point.station.wake_at == 32.0


def test_steps_at_the_same_moment_all_come() -> None:
    point = booted(Cycle((Step(0, "SetLimit", 16), Step(0, "Start"), Step(5, "Stop")), 8, True))
    point.tick()
    point.now = 0.05
    point.answer()
    assert point.station.wake_at == 0.0


def test_a_transaction_that_the_charge_point_told_of_can_be_stopped() -> None:
    """It began before this central system did: known from MeterValues alone."""
    point = booted(Cycle((Step(0, "Stop"),), 0, False))
    point.say(call.MeterValues(1, [], transaction_id=77))
    point.tick()
    assert point.outstanding == call.RemoteStopTransaction(transaction_id=77)


def test_late_meter_values_of_an_ended_transaction_do_not_revive_it() -> None:
    point = booted(Cycle((Step(0, "Stop"),), 0, False))
    point.say(call.StopTransaction(0, TIME, 77))
    point.say(call.MeterValues(1, [], transaction_id=77))
    point.tick()
    assert point.outstanding is None


# connections


def test_an_unknown_charge_point_that_does_not_boot_is_asked_to_after_2_s() -> None:
    point = Point().connect()
    assert point.station.wake_at == 2.0
    point.now = 2.0
    point.tick()
    assert point.outstanding == call.TriggerMessage(requested_message="BootNotification")  # type: ignore[arg-type]


def test_an_unknown_charge_point_that_says_something_else_is_asked_to_boot_at_once_and_once() -> (
    None
):
    point = Point().connect()
    point.say(call.Heartbeat())
    assert point.asked == ["TriggerMessage"]
    point.say(call.Heartbeat())
    point.answer()
    assert point.asked == ["TriggerMessage"]


def test_one_that_boots_by_itself_is_not_asked_to() -> None:
    point = booted(NONE)
    assert point.station.wake_at == math.inf
    point.say(call.Heartbeat())
    assert point.asked == []


@pytest.mark.parametrize("status", ["Rejected", "NotImplemented"])
def test_one_that_will_not_boot_again_gets_the_cycle_all_the_same(status: str) -> None:
    """Errata 3.35: after Accepted it is right to reject."""
    point = Point().connect()
    point.say(call.Heartbeat())
    point.answer(status)
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
    assert point.station.wake_at == 10.0
    point.now = 10.0
    point.tick()
    point.until(10.0)
    assert point.asked == ["TriggerMessage", "GetConfiguration", "SetChargingProfile"]


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


def test_what_ran_before_a_restart_of_the_central_system_is_stopped_by_the_cycle() -> None:
    stop = Cycle((Step(0, "Stop"),), 0, False)
    point = Point(stop, is_known=True, running=[(77, 1), (78, 2)]).connect()
    point.until(2.0)
    assert point.asks[-1] == (2.0, call.RemoteStopTransaction(77))


def test_a_known_charge_point_that_reconnects_goes_on_with_the_cycle() -> None:
    point = booted()
    point.until(2.5)
    point.disconnect()
    assert point.station.wake_at == math.inf
    point.now = 2.7
    point.connect()
    point.until(3.0)
    assert point.asked == ["SetChargingProfile", "SetChargingProfile", "RemoteStartTransaction"]


def test_a_known_charge_point_that_was_gone_for_long_begins_the_next_round() -> None:
    point = booted()
    point.until(2.5)
    point.disconnect()
    point.now = 20.0
    point.connect()
    assert point.station.wake_at == 24.0


def test_what_was_outstanding_on_a_lost_connection_is_not_asked_again() -> None:
    point = booted()
    point.tick()
    point.disconnect()
    point.now = 1.0
    point.connect()
    assert point.outstanding is None
    assert point.station.wake_at == 2.0


def test_a_charge_point_that_boots_again_gets_the_cycle_from_its_beginning() -> None:
    point = booted()
    point.until(3.5)
    point.asks.clear()
    point.say(BOOT)
    point.until(3.5)
    assert point.asked == ["GetConfiguration", "SetChargingProfile"]


def test_what_was_learned_of_it_is_forgotten_when_it_boots() -> None:
    point = booted()
    point.tick()
    point.answer("Rejected")
    point.until(2.0)
    assert point.asks[-1] == (2.0, set_profile(100, TX_DEFAULT_PROFILE))
    point.say(BOOT)
    point.until(2.0)
    assert point.asks[-1] == (2.0, set_profile(0, TX_PROFILE))


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
