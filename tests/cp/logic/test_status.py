"""When a status is told, and which may follow which (OCPP 1.6 edition 2, 4.9)."""

import math
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from ocpp.v16 import call
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus

from rig.cp.logic.condition import FOLLOWERS, Condition
from rig.cp.logic.configuration import Configuration
from rig.cp.logic.status import Reporter

UP: Any = {"link_up": True}
WALL = 1_769_860_800.0  # 2026-01-31T12:00:00Z
GROUND = ChargePointErrorCode.ground_failure
WEAK = ChargePointErrorCode.weak_signal
EV = ChargePointErrorCode.ev_communication_error

FREE = Condition(**UP)
PLUGGED = Condition(**UP, plugged=True)
CHARGING = Condition(**UP, plugged=True, charging=True)
FINISHING = Condition(**UP, plugged=True, finishing=True)


def reporter(minimum: int = 0, connector: int = 1) -> Reporter:
    configuration = Configuration(connectors=1, supply=None)
    configuration.change("MinimumStatusDuration", str(minimum))
    return Reporter(connector, configuration, lambda now: WALL + now)


def booted(condition: Condition = FREE, minimum: int = 0) -> Reporter:
    fresh = reporter(minimum)
    fresh.receive(condition, 0.0)
    fresh.booted(0.0)
    return fresh


def statuses(told: list[call.StatusNotification]) -> list[str]:
    return [notification.status for notification in told]


def test_a_notification_says_which_connector_what_and_since_when() -> None:
    fresh = reporter(connector=2)
    fresh.receive(Condition(**UP, silent=True), 0.0)
    assert fresh.booted(3.0) == [
        call.StatusNotification(
            connector_id=2,
            error_code=ChargePointErrorCode.other_error,
            status=ChargePointStatus.available,
            timestamp="2026-01-31T12:00:03.000Z",
            info="no Current from the charger",
        )
    ]


def test_a_change_is_told_once() -> None:
    connector = booted()
    assert statuses(connector.receive(PLUGGED, 1.0)) == ["Preparing"]
    assert connector.receive(PLUGGED, 2.0) == []
    assert connector.wake_at == math.inf


def test_a_warning_that_comes_and_goes_is_told_with_the_same_status() -> None:
    connector = booted(CHARGING)
    silent = Condition(**UP, plugged=True, charging=True, silent=True)
    (warning,) = connector.receive(silent, 1.0)
    assert (warning.status, warning.error_code) == ("Charging", "OtherError")
    (well,) = connector.receive(CHARGING, 2.0)
    assert (well.status, well.error_code) == ("Charging", "NoError")


def test_a_fault_that_is_over_brings_back_the_status_before_it() -> None:
    for condition in (FREE, PLUGGED, CHARGING, FINISHING, Condition(**UP, operative=False)):
        connector = booted(condition)
        assert statuses(connector.receive(Condition(), 1.0)) == ["Faulted"]
        assert statuses(connector.receive(condition, 2.0)) == [condition.status]


def test_a_car_that_stays_for_another_transaction_prepares_before_it_charges() -> None:
    connector = booted(FINISHING)
    assert statuses(connector.receive(CHARGING, 1.0)) == ["Preparing", "Charging"]


def test_a_scheduled_change_of_availability_is_told_after_the_transaction() -> None:
    connector = booted(CHARGING)
    scheduled = Condition(**UP, plugged=True, charging=True, operative=False)
    assert connector.receive(scheduled, 1.0) == []
    over = Condition(**UP, plugged=True, finishing=True, operative=False)
    assert statuses(connector.receive(over, 2.0)) == ["Unavailable"]  # C8


def test_nothing_is_told_before_the_central_system_accepted() -> None:
    connector = reporter()
    assert connector.receive(FREE, 0.0) == []
    assert connector.receive(PLUGGED, 1.0) == []
    assert statuses(connector.booted(2.0)) == ["Preparing"]


def test_each_boot_tells_the_status_again() -> None:
    connector = booted()
    assert statuses(connector.booted(5.0)) == ["Available"]


def test_a_trigger_tells_the_status_again() -> None:
    connector = booted(PLUGGED)
    (told,) = connector.triggered(7.0)
    assert (told.status, told.timestamp) == ("Preparing", "2026-01-31T12:00:07.000Z")


def test_a_trigger_before_the_boot_is_answered_and_the_boot_tells_it_again() -> None:
    connector = reporter()
    connector.receive(FREE, 0.0)
    assert statuses(connector.triggered(1.0)) == ["Available"]
    assert connector.wake_at == math.inf
    assert statuses(connector.booted(2.0)) == ["Available"]


def test_after_a_reconnect_an_unchanged_status_is_not_told() -> None:
    connector = booted()
    connector.offline()
    assert connector.receive(PLUGGED, 1.0) == []
    assert connector.receive(FREE, 2.0) == []
    assert connector.online(3.0) == []


def test_after_a_reconnect_only_the_present_status_is_told_with_its_time() -> None:
    connector = booted(FINISHING)
    connector.offline()
    connector.receive(FREE, 1.0)
    connector.receive(PLUGGED, 2.0)
    connector.receive(CHARGING, 3.0)
    (told,) = connector.online(9.0)
    assert (told.status, told.timestamp) == ("Charging", "2026-01-31T12:00:03.000Z")


def test_a_status_that_does_not_last_is_not_told() -> None:
    connector = booted(minimum=5)
    assert connector.receive(PLUGGED, 1.0) == []
    assert connector.wake_at == 6.0
    assert connector.receive(FREE, 4.0) == []
    assert connector.wake_at == math.inf


def test_a_status_that_lasts_is_told_when_it_did() -> None:
    connector = booted(minimum=5)
    connector.receive(PLUGGED, 1.0)
    assert connector.tick(5.9) == []
    (told,) = connector.tick(6.0)
    assert (told.status, told.timestamp) == ("Preparing", "2026-01-31T12:00:01.000Z")


def test_a_boot_tells_the_status_of_now_and_nothing_on_the_way() -> None:
    connector = booted(FINISHING, minimum=5)
    connector.receive(CHARGING, 1.0)
    assert statuses(connector.booted(2.0)) == ["Charging"]


def test_what_was_over_before_it_lasted_does_not_excuse_a_later_jump() -> None:
    connector = booted(FINISHING, minimum=5)
    connector.offline()
    connector.receive(CHARGING, 1.0)
    assert connector.online(2.0) == []
    connector.receive(FINISHING, 3.0)
    connector.receive(CHARGING, 4.0)
    assert statuses(connector.tick(9.0)) == ["Preparing", "Charging"]


def test_connector_0_is_available_unavailable_or_faulted() -> None:
    fresh = reporter(connector=0)
    fresh.receive(FREE, 0.0)
    assert statuses(fresh.booted(0.0)) == ["Available"]
    assert statuses(fresh.receive(Condition(**UP, operative=False), 1.0)) == ["Unavailable"]
    assert statuses(fresh.receive(Condition(**UP, error=GROUND), 2.0)) == ["Faulted"]
    assert statuses(fresh.receive(FREE, 3.0)) == ["Available"]


conditions = st.builds(
    Condition,
    link_up=st.sampled_from([True, True, True, False]),
    silent=st.booleans(),
    error=st.sampled_from([ChargePointErrorCode.no_error, GROUND, WEAK, EV]),
    operative=st.booleans(),
    plugged=st.booleans(),
    tagged=st.booleans(),
    charging=st.booleans(),
    zero=st.booleans(),
    deauthorized=st.booleans(),
    finishing=st.booleans(),
)


class Reports(RuleBasedStateMachine):
    """Whatever happens to a connector, its central system sees what the table of 4.9 allows."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.minimum = 0
        self.configuration = Configuration(connectors=1, supply=None)
        self.reporter = Reporter(1, self.configuration, lambda now: WALL + now)
        self.condition = Condition()
        self.reporter.receive(self.condition, 0.0)
        self.shown: call.StatusNotification | None = None
        self.is_online = False
        self.since = 0.0  # the last change of the condition
        self.gap = False

    def see(self, told: list[call.StatusNotification]) -> None:
        for notification in told:
            if self.shown and not self.gap and self.shown.status != notification.status:
                assert notification.status in FOLLOWERS[ChargePointStatus(self.shown.status)]
            if notification.error_code == EV:
                assert notification.status in (
                    "Preparing",
                    "SuspendedEV",
                    "SuspendedEVSE",
                    "Finishing",
                )
            if notification.status == "Faulted":
                assert notification.error_code != "NoError"
            self.shown, self.gap = notification, False

    @rule(condition=conditions, later=st.floats(0, 20))
    def change(self, condition: Condition, later: float) -> None:
        self.wait(later)
        self.condition, self.since = condition, self.now
        told = self.reporter.receive(condition, self.now)
        assert self.is_online or told == []
        self.see(told)

    @rule(later=st.floats(0, 20))
    def wait(self, later: float) -> None:
        until = self.now + later
        while (due := self.reporter.wake_at) <= until:
            told = self.reporter.tick(due)
            assert told
            self.see(told)
        self.now = until

    @rule(minimum=st.sampled_from([0, 1, 10]))
    def change_the_minimum(self, minimum: int) -> None:
        self.minimum = minimum
        self.configuration.change("MinimumStatusDuration", str(minimum))
        self.wait(0.0)

    @rule()
    def boot(self) -> None:
        self.is_online, self.gap = True, True
        told = self.reporter.booted(self.now)
        assert len(told) == 1
        self.see(told)

    @rule()
    def go_offline(self) -> None:
        self.reporter.offline()
        self.is_online = False

    @rule()
    def come_back(self) -> None:
        if self.shown and not self.is_online:
            self.is_online = self.gap = True
            told = self.reporter.online(self.now)
            assert len(told) <= 1
            self.see(told)
            self.gap = self.reporter.wake_at < math.inf

    @rule()
    def trigger(self) -> None:
        if self.is_online:
            self.see(self.reporter.triggered(self.now))

    @invariant()
    def what_lasted_is_shown(self) -> None:
        if self.is_online and self.shown and self.now >= self.since + self.minimum:
            code, info = self.condition.words(self.condition.status)
            assert (self.shown.status, self.shown.error_code, self.shown.info) == (
                self.condition.status,
                code,
                info,
            )


TestReports = Reports.TestCase
