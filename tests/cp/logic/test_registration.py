"""BootNotification and Heartbeat (OCPP 1.6 edition 2, 4.2 and 4.6; OCPP-J 1.6, 5.4)."""

import math

import pytest
from ocpp.v16 import call, call_result
from ocpp.v16.enums import RegistrationStatus

from rig.cp.logic.registration import Registration
from rig.cp.logic.shared import Identity

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
        ("Accepted", 1, 1.0, call.Heartbeat()),
        ("Pending", 60, 60.0, BOOT),
        ("Rejected", 60, 60.0, BOOT),
        ("Rejected", 1, 1.0, BOOT),
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


def test_while_disconnected_nothing_is_due() -> None:
    accepted = registration()
    accepted.answered(conf("Accepted", 300), 0.0)
    accepted.disconnected()
    assert accepted.wake_at == math.inf


def test_reconnected_it_is_still_accepted_and_heartbeats_go_on() -> None:
    """OCPP-J 1.6, 5.4: no BootNotification."""
    accepted = registration()
    accepted.answered(conf("Accepted", 300), 0.0)
    accepted.disconnected()
    assert accepted.connected(1000.0) is None
    assert accepted.accepted
    assert accepted.wake_at == 1300.0


def test_a_first_connection_begins_with_a_boot() -> None:
    assert registration().connected(5.0) == BOOT


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_a_new_connection_does_not_shorten_the_interval_to_the_next_boot(status: str) -> None:
    """4.2: SHALL NOT send a BootNotification sooner."""
    waiting = registration()
    waiting.answered(conf(status, 60), 0.0)
    waiting.disconnected()
    assert waiting.connected(59.0) is None
    assert waiting.wake_at == 60.0
    waiting.disconnected()
    assert waiting.connected(60.0) == BOOT


def test_only_rejected_is_rejected() -> None:
    one = registration()
    assert not one.rejected
    one.answered(conf("Pending", 60), 0.0)
    assert not one.rejected
    one.answered(conf("Rejected", 60), 60.0)
    assert one.rejected


def test_a_changed_interval_of_heartbeats_counts_from_now() -> None:
    accepted = registration()
    accepted.answered(conf("Accepted", 300), 0.0)
    accepted.beat_every(10, 100.0)
    assert accepted.wake_at == 110.0
    accepted.tick(110.0)
    assert accepted.wake_at == 120.0
    accepted.beat_every(0, 115.0)
    assert accepted.wake_at == math.inf


def test_a_changed_interval_of_heartbeats_is_none_of_the_next_boot() -> None:
    pending = registration()
    pending.answered(conf("Pending", 60), 0.0)
    pending.beat_every(10, 5.0)
    assert pending.wake_at == 60.0


@pytest.mark.parametrize(("interval", "due"), [(-1, 10.0), (10**400, 2.0**31 - 1)])
def test_an_interval_that_is_none_breaks_nothing(interval: int, due: float) -> None:
    """A central system that is wrong must get neither a storm of boots nor a crash."""
    rejected = registration()
    rejected.answered(conf("Rejected", interval), 0.0)
    assert rejected.wake_at == due


def test_a_triggered_boot_that_fails_leaves_the_heartbeats_alone() -> None:
    accepted = registration()
    accepted.answered(conf("Accepted", 300), 0.0)
    accepted.failed(5.0)
    assert accepted.accepted
    assert accepted.wake_at == 300.0
