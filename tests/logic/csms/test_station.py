"""The central system's side of one charge point."""

import math
from dataclasses import asdict
from typing import Any

import pytest
from ocpp.v16 import call, call_result
from ocpp.v16.enums import ChargingProfilePurposeType as Purpose

from rig.logic.csms.cycle import Cycle, Step
from rig.logic.csms.station import Station, set_profile
from rig.logic.exchange import (
    Answer,
    Answered,
    Ask,
    Asked,
    Connected,
    Disconnected,
    Failed,
    Note,
    Output,
    Refuse,
)

NOON = 1769860800.0  # 2026-01-31T12:00:00Z
SEED = Cycle(
    (Step(0, "SetLimit", 0), Step(2, "SetLimit", 100), Step(3, "Start"), Step(5, "Stop")), 8, True
)
NONE = Cycle((), 0, False)
BOOT = call.BootNotification(charge_point_model="m", charge_point_vendor="v")
TIME = "2026-01-31T12:00:00Z"


class Point:
    """A station, and the charge point that it talks to."""

    def __init__(self, cycle: Cycle = SEED) -> None:
        numbers = iter(range(4, 1000))
        self.station = Station(cycle, lambda: next(numbers), lambda now: NOON + now)
        self.now = 0.0
        self.outstanding: Any = None
        self.asks: list[tuple[float, Any]] = []  # of the central system, each with its time
        self.notes: list[str] = []

    def took(self, outputs: list[Output]) -> Any:
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
        return answer

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
        request, self.outstanding = self.outstanding, None
        response = getattr(call_result, type(request).__name__)(status=status)
        self.took(self.station.receive(Answered(request, response), self.now))
        return request

    def fail(self, why: str = "no answer within 30 s") -> None:
        request, self.outstanding = self.outstanding, None
        self.took(self.station.receive(Failed(request, why), self.now))

    def until(self, end: float) -> None:
        """Time passes, and each request is accepted at once."""
        while self.station.wake_at <= end:
            self.now = max(self.now, self.station.wake_at)
            self.took(self.station.tick(self.now))
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


def booted(cycle: Cycle = SEED) -> Point:
    point = Point(cycle).connect()
    point.say(BOOT)
    return point


# what a charge point asks


def test_a_boot_is_accepted_with_the_time_and_an_interval() -> None:
    assert booted().say(BOOT) == call_result.BootNotification(
        current_time="2026-01-31T12:00:00.000Z",
        interval=300,
        status="Accepted",  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (call.Heartbeat(), {"current_time": "2026-01-31T12:00:00.000Z"}),
        (call.Authorize(id_tag="x"), {"id_tag_info": {"status": "Accepted"}}),
        (call.StatusNotification(1, "NoError", "Available"), {}),  # type: ignore[arg-type]
        (
            call.StartTransaction(1, "x", 0, TIME),
            {"transaction_id": 4, "id_tag_info": {"status": "Accepted"}},
        ),
        (call.StopTransaction(0, TIME, -1), {"id_tag_info": {"status": "Accepted"}}),  # errata 3.18
        (call.MeterValues(1, []), {}),
        (call.DataTransfer(vendor_id="x"), {"status": "UnknownVendorId"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_request_has_its_answer(request_: Any, answer: dict[str, Any]) -> None:
    given = booted(NONE).say(request_)
    assert without_none(asdict(given)) == answer


def without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    return [without_none(item) for item in value] if isinstance(value, list) else value


def test_a_request_that_is_not_supported_says_so() -> None:
    request = call.DiagnosticsStatusNotification(status="Idle")  # type: ignore[arg-type]
    assert booted(NONE).say(request) == "NotSupported"


# the cycle


def test_the_cycle_of_the_seed_is_played_on_its_grid_from_the_boot_on() -> None:
    point = Point().connect()
    point.now = 1.5
    point.say(BOOT)
    point.until(1.5 + 8)
    assert point.asks == [
        (1.5, set_profile(0, Purpose.tx_profile)),
        (3.5, set_profile(100, Purpose.tx_profile)),
        (4.5, call.RemoteStartTransaction(id_tag="RIG", connector_id=1)),
        (6.5, call.RemoteStopTransaction(transaction_id=4)),
        (9.5, set_profile(0, Purpose.tx_profile)),
    ]


def test_the_profile_is_that_of_the_seed_with_the_kind_that_the_schema_demands() -> None:
    request = set_profile(100, Purpose.tx_profile)
    assert without_none(asdict(request)) == {
        "connector_id": 1,
        "cs_charging_profiles": {
            "charging_profile_id": 7,
            "stack_level": 0,
            "charging_profile_purpose": "TxProfile",
            "charging_profile_kind": "Relative",
            "charging_schedule": {
                "charging_rate_unit": "A",
                "charging_schedule_period": [{"start_period": 0, "limit": 100}],
            },
        },
    }


@pytest.mark.parametrize("status", ["Rejected", "NotSupported"])
def test_a_rejected_limit_is_sent_again_at_once_as_tx_default_profile(status: str) -> None:
    point = booted()
    point.took(point.station.tick(0.0))
    point.answer(status)
    assert point.outstanding == set_profile(0, Purpose.tx_default_profile)
    assert [time for time, _ in point.asks] == [0.0, 0.0]
    assert f"cycle: SetLimit 0 A: SetChargingProfile {status}" in point.notes


def test_a_limit_refused_with_a_callerror_is_sent_again_too() -> None:
    point = booted()
    point.took(point.station.tick(0.0))
    point.fail("CALLERROR PropertyConstraintViolation: no")
    assert point.outstanding == set_profile(0, Purpose.tx_default_profile)


def test_a_default_profile_that_is_rejected_too_is_not_sent_a_third_time() -> None:
    point = booted()
    point.took(point.station.tick(0.0))
    point.answer("Rejected")
    point.answer("Rejected")
    assert point.outstanding is None
    assert len(point.asks) == 2


def test_a_rejected_start_is_logged_and_its_stop_is_left_out() -> None:
    point = booted()
    point.until(2.9)
    point.now = 3.0
    point.took(point.station.tick(3.0))
    point.answer("Rejected")
    point.until(7.9)
    assert point.asked == ["SetChargingProfile", "SetChargingProfile", "RemoteStartTransaction"]
    assert "cycle: Start: RemoteStartTransaction Rejected" in point.notes
    assert "cycle: Stop: no transaction runs" in point.notes


def test_a_step_waits_for_the_answer_to_the_one_before() -> None:
    point = booted()
    point.took(point.station.tick(0.0))
    assert point.station.wake_at == math.inf
    point.now = 1.0
    point.answer()
    assert point.station.wake_at == 2.0


def test_a_charge_point_that_was_slow_to_answer_gets_no_burst_of_late_steps() -> None:
    """30 s late: the next round begins on the grid of 8 s."""
    point = booted()
    point.took(point.station.tick(0.0))
    point.now = 30.0
    point.fail()
    point.answer()  # the TxDefaultProfile that follows
    assert point.station.wake_at == 32.0


def test_steps_at_the_same_moment_all_come() -> None:
    point = booted(Cycle((Step(0, "SetLimit", 16), Step(0, "Start"), Step(5, "Stop")), 8, True))
    point.took(point.station.tick(0.0))
    point.now = 0.05
    point.answer()
    assert point.station.wake_at == 0.0


def test_a_transaction_that_the_charge_point_told_of_can_be_stopped() -> None:
    """It began before this central system did: known from MeterValues alone."""
    point = booted(Cycle((Step(0, "Stop"),), 0, False))
    point.say(call.MeterValues(1, [], transaction_id=77))
    point.took(point.station.tick(0.0))
    assert point.outstanding == call.RemoteStopTransaction(transaction_id=77)


def test_late_meter_values_of_an_ended_transaction_do_not_revive_it() -> None:
    point = booted(Cycle((Step(0, "Stop"),), 0, False))
    point.say(call.StopTransaction(0, TIME, 77))
    point.say(call.MeterValues(1, [], transaction_id=77))
    point.took(point.station.tick(0.0))
    assert point.outstanding is None


# connections


def test_an_unknown_charge_point_that_does_not_boot_is_asked_to_after_2_s() -> None:
    point = Point().connect()
    assert point.station.wake_at == 2.0
    point.now = 2.0
    point.took(point.station.tick(2.0))
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
    assert point.asked == ["TriggerMessage", "SetChargingProfile"]


def test_one_that_will_not_boot_again_keeps_the_transaction_that_it_told_of() -> None:
    point = Point(Cycle((Step(0, "Stop"),), 0, False)).connect()
    point.say(call.MeterValues(1, [], transaction_id=77))
    point.answer("Rejected")
    point.took(point.station.tick(0.0))
    assert point.outstanding == call.RemoteStopTransaction(transaction_id=77)


def test_one_that_accepts_to_boot_and_does_not_gets_the_cycle_after_10_s() -> None:
    point = Point().connect()
    point.say(call.Heartbeat())
    point.answer("Accepted")
    assert point.station.wake_at == 10.0
    point.now = 10.0
    point.took(point.station.tick(10.0))
    point.took(point.station.tick(10.0))
    assert point.asked == ["TriggerMessage", "SetChargingProfile"]


def test_one_that_does_not_answer_the_trigger_gets_the_cycle_all_the_same() -> None:
    point = Point().connect()
    point.say(call.Heartbeat())
    point.fail()
    assert point.station.wake_at == 0.0


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
    point.took(point.station.tick(0.0))
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
    assert point.asks == [(3.5, set_profile(0, Purpose.tx_profile))]
