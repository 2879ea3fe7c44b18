"""How a transaction begins at one connector (OCPP 1.6 edition 2, 4.8, 5.11).

What is accepted before its frames are on the bus is in `test_pending_start_accepted.py`.
"""

from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import ChargePointErrorCode, Reason

from rig.bus.logic.link import LinkUp, Sent
from rig.bus.logic.messages import SetLimit, Start, Stop
from rig.cp.logic.profile import Kind, Profile, Purpose
from rig.cp.logic.transaction import StartOrder
from tests.cp.logic.rigged import LOCAL, Began, Rigged, notes, recorded, statuses

GROUND = ChargePointErrorCode.ground_failure
PROFILE = Profile(1, 7, 0, Purpose.tx_profile, Kind.relative, ((0.0, 20.0),))
WITH_PROFILE = StartOrder("RIG", unique_id="start", profile=PROFILE)


def test_a_remote_start_is_accepted_when_its_frame_was_seen_and_not_before() -> None:
    rig = Rigged().up()
    assert rig.start() == []
    assert rig.flying == [Start()]
    assert statuses(rig.echo()) == ["Accepted"]


def test_a_started_transaction_is_told_with_tag_and_time() -> None:
    rig = Rigged().up()
    rig.wait(0.5)
    rig.start()
    (request,) = recorded(rig.echo())
    assert request == call.StartTransaction(
        connector_id=1, id_tag="RIG", meter_start=0, timestamp="2026-01-31T12:00:00.500Z"
    )


def test_what_is_accepted_is_on_the_disk_before() -> None:
    """Else a crash in between would leave an accepted transaction that nobody is told of."""
    rig = Rigged().up()
    rig.start()
    began = rig.connector.bus(Sent(rig.in_flight.pop().key), rig.now)
    assert [type(item).__name__ for item in began] == ["Keep", "Keep", "Answer", "Record", "Began"]


def test_a_remote_start_whose_frame_is_not_seen_is_rejected_and_leaves_a_stop_owed() -> None:
    rig = Rigged().up()
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


def test_a_start_that_went_out_late_is_stopped_at_once() -> None:
    rig = Rigged().up()
    rig.start()
    key, _ = rig.lose()
    assert rig.late(key) == []
    assert rig.flying == [Stop()]


# what it is refused for


def test_a_start_is_rejected_while_the_link_is_down() -> None:
    rig = Rigged()
    outcomes = rig.start()
    assert statuses(outcomes) == ["Rejected"]
    assert notes(outcomes) == ["RemoteStartTransaction Rejected: the CAN link is down"]
    assert rig.flying == []


def test_a_start_is_rejected_while_a_stop_is_owed() -> None:
    rig = Rigged()
    rig.event(LinkUp())
    rig.lose()
    assert statuses(rig.start()) == ["Rejected"]
    assert rig.flying == []


def test_a_second_start_is_rejected_while_the_first_one_starts_or_runs() -> None:
    rig = Rigged().up()
    rig.start()
    assert statuses(rig.start()) == ["Rejected"]
    rig.echo()
    assert statuses(rig.start()) == ["Rejected"]
    assert rig.flying == []


def test_a_start_is_rejected_where_the_connector_is_faulted() -> None:
    rig = Rigged().up()
    rig.took(rig.connector.raise_error(GROUND, None, rig.now))
    rig.echo()
    assert statuses(rig.start()) == ["Rejected"]


def test_a_start_is_rejected_where_the_connector_is_out_of_service() -> None:
    rig = Rigged().up()
    rig.connector.operative = False
    assert statuses(rig.start()) == ["Rejected"]


def test_nothing_starts_at_the_end_of_a_charge_point() -> None:
    rig = Rigged().up()
    rig.shared.ends = "this charge point ends"
    assert statuses(rig.start()) == ["Rejected"]
    assert rig.start(LOCAL)  # a note, and nothing else
    assert rig.flying == []


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
        (lambda rig: rig.connector.unlock("unlock"), Reason.unlock_command),
        (lambda rig: rig.connector.stop(Reason.soft_reset), Reason.soft_reset),
        (lambda rig: rig.connector.raise_error(GROUND, None, rig.now), Reason.other),
    ],
    ids=["unplug", "unlock", "reset", "error"],
)
def test_a_stop_while_the_start_is_in_flight_ends_what_began_for_its_reason(
    stopped_by: Any, reason: Reason
) -> None:
    rig = Rigged().up()
    rig.start()
    rig.took(stopped_by(rig))
    assert rig.flying == [Start(), Stop()]
    start, stop = recorded(rig.echo())
    assert isinstance(start, call.StartTransaction)
    assert stop.reason == reason


# room under the cap: see `test_room.py`


def test_it_waits_until_the_others_left_it_room() -> None:
    rig = Rigged().up()
    rig.has_room = False
    assert rig.start() == []
    assert rig.flying == []
    assert rig.running is not None


def test_without_room_it_does_not_start() -> None:
    rig = Rigged().up()
    rig.has_room = False
    rig.start()
    assert statuses(rig.took(rig.connector.not_begun("connector 2 is down", 0.0))) == ["Rejected"]
    assert rig.flying == []
    assert rig.running is None


def test_a_stop_while_it_waits_for_room_prevents_the_start() -> None:
    rig = Rigged().up()
    rig.has_room = False
    rig.start()
    rig.unplug()
    rig.echo()
    assert statuses(rig.took(rig.connector.go(0.0))) == ["Rejected"]
    assert rig.flying == []
