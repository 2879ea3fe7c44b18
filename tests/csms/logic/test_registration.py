"""Whether a charge point may talk, and how it gets there."""

import math

import pytest
from ocpp.v16.enums import RegistrationStatus

from rig.csms.logic.registration import Due, Registration

ACCEPTED = RegistrationStatus.accepted


def unknown(policy: RegistrationStatus = ACCEPTED) -> Registration:
    registration = Registration(policy, is_known=False)
    registration.connected(0.0)
    return registration


def known() -> Registration:
    registration = Registration(ACCEPTED, is_known=True)
    registration.connected(0.0)
    return registration


def due(registration: Registration, until: float) -> list[Due]:
    """What is due until then (s)."""
    found = []
    while registration.wake_at <= until:
        found.append(registration.tick(registration.wake_at))
    return [each for each in found if each is not Due.WAIT]


def may_say(registration: Registration, action: str) -> bool:
    """Whether this is answered."""
    return registration.spoke(action)[0]


def test_one_that_boots_may_talk() -> None:
    registration = unknown()
    assert not registration.is_accepted
    assert registration.booted() == ACCEPTED
    assert registration.is_accepted
    assert registration.wake_at == math.inf


@pytest.mark.parametrize("policy", RegistrationStatus)
def test_one_has_booted_that_did_so_or_that_the_database_knows(policy: RegistrationStatus) -> None:
    registration = unknown(policy)
    registration.take_as_it_is()
    assert not registration.has_booted
    registration.booted()
    assert registration.has_booted
    assert Registration(policy, is_known=True).has_booted


def test_one_that_says_nothing_for_2_s_is_asked_to_boot() -> None:
    registration = unknown()
    assert due(registration, 1.9) == []
    assert due(registration, 2.0) == [Due.TRIGGER]
    assert registration.wake_at == math.inf


def test_a_stop_of_this_process_is_no_silence_of_a_charge_point() -> None:
    """Its boot may be there, and is read next."""
    registration = unknown()
    assert registration.tick(60.0) == Due.WAIT
    assert registration.booted() == ACCEPTED
    assert registration.wake_at == math.inf


def test_one_that_says_something_else_is_asked_at_once_and_once() -> None:
    registration = unknown()
    assert registration.spoke("Heartbeat")[1] == Due.TRIGGER
    assert registration.spoke("Heartbeat")[1] == Due.WAIT
    assert registration.wake_at == math.inf


def test_one_that_accepts_to_boot_has_10_s_and_is_then_taken_as_it_is() -> None:
    registration = unknown()
    registration.spoke("Heartbeat")
    registration.will_boot(1.0)
    assert registration.spoke("Heartbeat")[1] == Due.WAIT
    assert due(registration, 10.9) == []
    assert due(registration, 11.0) == [Due.BEGIN]
    assert not registration.is_accepted
    assert registration.take_as_it_is()
    assert registration.is_accepted


def test_a_boot_that_was_faster_than_the_answer_to_the_trigger_is_not_waited_for() -> None:
    registration = unknown()
    registration.spoke("Heartbeat")
    registration.booted()
    registration.will_boot(1.0)
    assert registration.wake_at == math.inf


def test_a_known_one_may_talk_at_once_and_is_not_asked_to_boot() -> None:
    """OCPP-J 5.4: it need not. Errata 3.40: it shall not be asked."""
    registration = known()
    assert registration.is_accepted
    assert registration.spoke("Heartbeat")[1] == Due.BEGIN
    assert due(known(), 2.0) == [Due.BEGIN]


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_one_that_is_not_to_be_accepted_may_not_talk_however_it_comes(status: str) -> None:
    registration = unknown(RegistrationStatus(status))
    assert registration.booted() == status
    assert not registration.is_accepted
    assert not registration.take_as_it_is()
    assert not registration.is_accepted


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_one_that_is_known_is_not_accepted_where_nobody_is(status: str) -> None:
    """Else it would only have to come again, or the central system to restart."""
    registration = Registration(RegistrationStatus(status), is_known=True)
    assert not registration.is_accepted


def test_what_it_was_asked_to_trigger_it_may_say_until_it_boots_or_is_gone() -> None:
    registration = unknown(RegistrationStatus.pending)
    registration.triggered("Heartbeat")
    assert may_say(registration, "Heartbeat")
    assert not may_say(registration, "MeterValues")
    registration.booted()
    assert not may_say(registration, "Heartbeat")
    registration.triggered("Heartbeat")
    registration.triggered("MeterValues")
    assert may_say(registration, "Heartbeat")
    registration.disconnected()
    assert not may_say(registration, "MeterValues")


def test_one_that_is_accepted_may_say_anything() -> None:
    assert may_say(known(), "Heartbeat")


def test_one_that_is_gone_is_not_waited_for() -> None:
    registration = unknown()
    registration.disconnected()
    assert registration.wake_at == math.inf
