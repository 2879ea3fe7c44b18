"""BootNotification and Heartbeat (OCPP 1.6 edition 2, 4.2 and 4.6; OCPP-J 1.6, 5.4)."""

import math

import pytest
from ocpp.v16 import call, call_result
from ocpp.v16.enums import RegistrationStatus

from rig.logic.cp.registration import Identity, Registration

BOOT = call.BootNotification(
    charge_point_model="m", charge_point_vendor="v", firmware_version="1.0"
)


def registration() -> Registration:
    return Registration(Identity(vendor="v", model="m", firmware="1.0"))


def conf(status: str, interval: int) -> call_result.BootNotification:
    return call_result.BootNotification(
        "2026-01-31T12:00:00Z", interval, RegistrationStatus(status)
    )


def test_it_tells_who_it_is() -> None:
    assert registration().boot == BOOT


def test_at_first_it_is_not_accepted_and_waits_for_nothing() -> None:
    fresh = registration()
    assert not fresh.accepted
    assert fresh.wake_at == math.inf


@pytest.mark.parametrize(
    ("status", "interval", "due", "what"),
    [
        ("Accepted", 300, 300.0, call.Heartbeat()),
        ("Pending", 60, 60.0, BOOT),
        ("Rejected", 60, 60.0, BOOT),
        ("Rejected", 0, 10.0, BOOT),  # 4.2: the charge point's own interval
        ("Pending", 0, 10.0, BOOT),
    ],
)
def test_what_follows_an_answer_and_when(
    status: str, interval: int, due: float, what: call.Heartbeat | call.BootNotification
) -> None:
    answered = registration()
    answered.answered(conf(status, interval), 1000.0)
    assert answered.wake_at == 1000.0 + due
    assert answered.tick(1000.0 + due) == what


def test_heartbeats_go_on_each_interval() -> None:
    accepted = registration()
    accepted.answered(conf("Accepted", 300), 0.0)
    accepted.tick(300.0)
    assert accepted.wake_at == 600.0


def test_accepted_with_interval_0_means_no_heartbeats() -> None:
    accepted = registration()
    accepted.answered(conf("Accepted", 0), 0.0)
    assert accepted.wake_at == math.inf


def test_a_boot_in_flight_is_not_repeated_until_it_is_answered() -> None:
    rejected = registration()
    rejected.answered(conf("Rejected", 60), 0.0)
    rejected.tick(60.0)
    assert rejected.wake_at == math.inf


def test_a_failed_boot_is_tried_again_after_10_s() -> None:
    failed = registration()
    failed.failed(5.0)
    assert failed.wake_at == 15.0


def test_while_disconnected_nothing_is_due() -> None:
    accepted = registration()
    accepted.answered(conf("Accepted", 300), 0.0)
    accepted.disconnected()
    assert accepted.wake_at == math.inf


def test_reconnected_it_is_still_accepted_and_heartbeats_go_on() -> None:
    accepted = registration()
    accepted.answered(conf("Accepted", 300), 0.0)
    accepted.disconnected()
    accepted.resumed(1000.0)
    assert accepted.accepted
    assert accepted.wake_at == 1300.0


def test_a_second_boot_that_is_rejected_ends_the_registration() -> None:
    accepted = registration()
    accepted.answered(conf("Accepted", 300), 0.0)
    accepted.answered(conf("Rejected", 60), 10.0)
    assert not accepted.accepted
