"""How a transaction begins at one connector (OCPP 1.6 edition 2, 4.8, 5.11, 9.1.3, 9.1.6)."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import ChargePointErrorCode, Reason

from rig.bus.logic.link import LinkUp, Sent
from rig.bus.logic.messages import SetLimit, Start, Stop
from rig.cp.logic.profile import Kind, Profile, Purpose
from rig.cp.logic.saved import Ending
from rig.cp.logic.transaction import StartOrder
from tests.cp.logic.rigged import LOCAL, REMOTE, Began, Rigged, notes, recorded, statuses

GROUND = ChargePointErrorCode.ground_failure
PROFILE = Profile(1, 7, 0, Purpose.tx_profile, Kind.relative, ((0.0, 20.0),))
WITH_PROFILE = StartOrder("RIG", unique_id="start", profile=PROFILE)


def test_a_remote_start_is_accepted_when_its_frame_was_seen_and_not_before() -> None:
    """And is on the disk before: a crash in between would leave one that nobody is told of."""
    rig = Rigged().up().told()
    assert rig.start() == []
    assert rig.flying == [Start()]
    began = rig.connector.bus(Sent(rig.in_flight.pop().key), rig.now)
    assert [type(item).__name__ for item in began] == ["Keep", "Keep", "Answer", "Record", "Began"]


def test_a_remote_start_whose_frame_is_not_seen_is_rejected_and_leaves_a_stop_owed() -> None:
    rig = Rigged().up().told()
    rig.start()
    _, outcomes = rig.lose()
    assert statuses(outcomes) == ["Rejected"]
    assert notes(outcomes) == ["RemoteStartTransaction Rejected: no echo"]
    assert recorded(outcomes) == []
    assert rig.status == "Preparing"
    rig.wait(0.5)
    assert rig.flying == [Stop()]


def test_a_car_that_stays_prepares_for_another_transaction_also_if_that_does_not_begin() -> None:
    rig = Rigged().charging()
    rig.remote_stop()
    rig.echo()
    assert rig.status == "Finishing"
    rig.start()
    assert rig.status == "Preparing"
    rig.lose()
    assert rig.status == "Preparing"


# what it is refused for


def stop_owed(rig: Rigged) -> None:
    rig.event(LinkUp())
    rig.lose()


def started(rig: Rigged) -> None:
    rig.up().start()
    rig.echo()


def out_of_service(rig: Rigged) -> None:
    rig.up().connector.operative = False


def ending(rig: Rigged) -> None:
    rig.up().shared.ends = "this charge point ends"


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (lambda rig: None, "the CAN link is down"),
        (stop_owed, "a Stop is still owed to the charger"),
        (lambda rig: rig.up().start(), "one is about to begin"),
        (started, "a transaction runs"),
        (lambda rig: rig.up().connector.raise_error(GROUND, None, 0.0), "the connector is faulted"),
        (out_of_service, "the connector is out of service"),
        (ending, "this charge point ends"),
    ],
)
@pytest.mark.parametrize("order", [REMOTE, LOCAL], ids=["remote", "local"])
def test_a_start_is_rejected_with_its_reason_and_tells_the_charger_nothing(
    happens: Callable[[Rigged], Any], why: str, order: StartOrder
) -> None:
    rig = Rigged()
    happens(rig)
    before = rig.flying
    outcomes = rig.start(order)
    assert statuses(outcomes) == (["Rejected"] if order is REMOTE else [])
    assert notes(outcomes) == [f"RemoteStartTransaction Rejected: {why}"]
    assert rig.flying == before


# the limit comes first


def test_a_profile_in_a_start_reaches_the_bus_before_the_start_even_if_it_was_told_already() -> (
    None
):
    rig = Rigged().up().limited(20)
    rig.echo()
    rig.start(WITH_PROFILE)
    assert rig.flying == [SetLimit(20)]
    assert rig.see(SetLimit(20)) == []
    assert rig.flying == [Start()]
    outcomes = rig.echo()
    assert statuses(outcomes) == ["Accepted"]
    assert Began(PROFILE) in outcomes


def test_a_limit_that_is_still_in_flight_is_told_again_before_the_start() -> None:
    rig = Rigged().up().limited(16)
    rig.start()
    assert rig.flying == [SetLimit(16), SetLimit(16)]
    rig.echo(2)
    assert rig.flying == [Start()]


def test_a_start_whose_limit_is_not_seen_does_not_start() -> None:
    rig = Rigged().up().limited(16)
    rig.echo()
    rig.limited(None)
    rig.start()
    assert rig.flying == [SetLimit(32)]  # 16 A do not bind this one
    assert statuses(rig.lose()[1]) == ["Rejected"]
    assert rig.running is None


def test_a_limit_of_a_start_that_failed_is_taken_back() -> None:
    rig = Rigged().up().limited(16)
    rig.echo()
    rig.profiles.limit = 32  # that of the profile which the start brings
    rig.start(WITH_PROFILE)
    rig.see(SetLimit(32))
    rig.profiles.limit = 16
    rig.lose()
    assert SetLimit(16) in rig.flying


def test_a_stop_between_the_limit_and_the_start_prevents_the_start() -> None:
    rig = Rigged().up()
    rig.profiles.limit = 20
    rig.start()
    rig.unplug()
    assert rig.flying == [SetLimit(20), Stop()]
    outcomes = rig.see(SetLimit(20))
    assert statuses(outcomes) == ["Rejected"]
    assert rig.flying == [Stop()]
    assert recorded(rig.echo()) == []


@pytest.mark.parametrize(
    ("stopped_by", "reason"),
    [
        (lambda rig: rig.connector.unplug(), Reason.ev_disconnected),
        (lambda rig: rig.connector.stop_for(Ending(Reason.unlock_command)), Reason.unlock_command),
        (lambda rig: rig.connector.stop(Reason.soft_reset), Reason.soft_reset),
        (lambda rig: rig.connector.raise_error(GROUND, None, rig.now), Reason.other),
    ],
    ids=["unplug", "unlock", "reset", "error"],
)
def test_a_stop_while_the_start_is_in_flight_ends_what_began_for_its_reason(
    stopped_by: Any, reason: Reason
) -> None:
    rig = Rigged().up().told()
    rig.start()
    rig.took(stopped_by(rig))
    assert rig.flying == [Start(), Stop()]
    start, stop = recorded(rig.echo())
    assert isinstance(start, call.StartTransaction)
    assert stop.reason == reason


# room under the cap (of a whole charge point in `test_room.py`)


def waiting() -> Rigged:
    """A start that waits until the others left it room."""
    rig = Rigged().up()
    rig.has_room = False
    assert rig.start() == []
    assert rig.running is not None
    return rig


def test_without_room_it_does_not_start() -> None:
    rig = waiting()
    assert rig.flying == []
    assert statuses(rig.took(rig.connector.not_begun("connector 2 is down", 0.0))) == ["Rejected"]
    assert rig.flying == []
    assert rig.running is None


def test_a_stop_while_it_waits_for_room_prevents_the_start() -> None:
    rig = waiting()
    rig.unplug()
    rig.echo()
    assert statuses(rig.took(rig.connector.go(0.0))) == ["Rejected"]
    assert rig.flying == []


# what is accepted before its frames are on the bus


def behind_its_limit() -> Rigged:
    """A start that was accepted, and waits for the bus to carry 16 A."""
    rig = Rigged().up()
    rig.profiles.limit = 16
    rig.start(LOCAL)
    assert rig.flying == [SetLimit(16)]
    return rig


def test_what_was_accepted_and_then_fails_is_faulted_and_told_with_its_end() -> None:
    rig = Rigged().up()
    rig.start(LOCAL)
    _, outcomes = rig.lose()
    assert notes(outcomes) == ["RemoteStartTransaction Rejected: no echo"]
    start, stop = recorded(outcomes)
    assert (start.id_tag, stop.reason) == ("RIG", Reason.other)
    assert (start.meter_start, start.timestamp) == (stop.meter_stop, stop.timestamp)
    assert rig.status == "Faulted"
    assert rig.words == ("OtherError", "Start was not seen on the bus")
    assert rig.flying == [Stop()]
    assert recorded(rig.echo()) == []
    assert rig.status == "Preparing"


def test_the_fault_lasts_until_a_stop_is_carried_also_where_only_the_limit_failed() -> None:
    """Nothing else would owe a Stop, and the connector would stay faulted for ever."""
    rig = behind_its_limit()
    rig.lose()
    rig.profiles.limit = None
    assert rig.status == "Faulted"
    assert Stop() in rig.flying
    rig.echo()
    assert rig.status == "Preparing"


def test_a_stop_that_came_first_is_no_fault_and_gives_the_reason() -> None:
    rig = behind_its_limit()
    rig.unplug()
    start, stop = recorded(rig.see(SetLimit(16)))
    assert isinstance(start, call.StartTransaction)
    assert stop.reason == Reason.ev_disconnected
    assert rig.status == "Available"


def test_an_error_that_came_first_is_not_forgotten_when_the_start_fails() -> None:
    rig = behind_its_limit()
    rig.took(rig.connector.raise_error(GROUND, "water", rig.now))
    rig.echo()
    assert rig.status == "Faulted"
    assert rig.words == ("GroundFailure", "water")


# the car comes later (ConnectionTimeOut)


def without_car(**configuration: str) -> Rigged:
    rig = Rigged(None, None, **configuration).up()
    rig.unplug()
    rig.echo()
    return rig


def test_a_car_that_does_not_come_in_time_is_not_waited_for() -> None:
    rig = without_car(ConnectionTimeOut="5")
    rig.start(LOCAL)
    assert notes(rig.wait(4.9)) == ["no Current for 2.5 periods: the charger is not there"]
    assert notes(rig.wait(0.1)) == ["no car was plugged in for RIG (ConnectionTimeOut)"]
    assert rig.connector.wake_at == math.inf
    assert rig.status == "Available"
    rig.plug()
    assert rig.flying == []


def test_a_stop_ends_the_waiting() -> None:
    rig = without_car()
    rig.start(LOCAL)
    rig.took(rig.connector.stop(Reason.other))
    rig.echo()
    rig.plug()
    assert rig.flying == []


def test_a_car_that_comes_when_the_connector_is_out_of_service_does_not_charge() -> None:
    rig = without_car()
    rig.start(LOCAL)
    rig.connector.operative = False
    assert notes(rig.plug()) == ["RemoteStartTransaction Rejected: the connector is out of service"]
    assert rig.flying == []
