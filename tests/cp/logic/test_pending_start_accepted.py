"""A transaction that was accepted before its Start is on the bus, and what may become of it.

Tags at the connector, AuthorizeRemoteTxRequests, cars that come later (OCPP 1.6 edition 2, 4.8,
5.11, 9.1.3, 9.1.6).
"""

import math

from ocpp.v16.enums import ChargePointErrorCode, Reason

from rig.bus.logic.messages import SetLimit, Start, Stop
from rig.cp.logic.transaction import StartOrder
from tests.cp.logic.rigged import LOCAL, REMOTE, Rigged, notes, recorded, statuses

GROUND = ChargePointErrorCode.ground_failure


def test_what_was_accepted_and_then_fails_is_faulted_and_told_with_its_end() -> None:
    rig = Rigged().up()
    rig.start(LOCAL)
    _, outcomes = rig.lose()
    assert notes(outcomes) == ["RemoteStartTransaction Rejected: no echo"]
    start, stop = recorded(outcomes)
    assert (start.id_tag, stop.reason) == ("RIG", Reason.other)
    assert (start.meter_start, start.timestamp) == (stop.meter_stop, stop.timestamp)
    condition = rig.connector.condition
    assert rig.status == "Faulted"
    assert condition.words(condition.status) == ("OtherError", "Start was not seen on the bus")
    assert rig.flying == [Stop()]
    assert recorded(rig.echo()) == []
    assert rig.status == "Preparing"


def test_the_fault_lasts_until_a_stop_is_carried_also_where_only_the_limit_failed() -> None:
    """Nothing else would owe a Stop, and the connector would stay faulted for ever."""
    rig = Rigged().up()
    rig.profiles.limit = 16
    rig.start(LOCAL)
    assert rig.flying == [SetLimit(16)]
    rig.lose()
    rig.profiles.limit = None
    assert rig.status == "Faulted"
    assert Stop() in rig.flying
    rig.echo()
    assert rig.status == "Preparing"


def test_a_stop_that_came_first_is_no_fault_and_gives_the_reason() -> None:
    rig = Rigged().up()
    rig.profiles.limit = 16
    rig.start(LOCAL)
    rig.unplug()
    outcomes = rig.see(SetLimit(16))
    assert [type(item).__name__ for item in recorded(outcomes)] == [
        "StartTransaction",
        "StopTransaction",
    ]
    assert recorded(outcomes)[1].reason == Reason.ev_disconnected
    assert rig.status == "Available"


def test_an_error_that_came_first_is_not_forgotten_when_the_start_fails() -> None:
    rig = Rigged().up()
    rig.profiles.limit = 16
    rig.start(LOCAL)
    rig.took(rig.connector.raise_error(GROUND, "water", rig.now))
    rig.echo()
    condition = rig.connector.condition
    assert condition.words(condition.status) == ("GroundFailure", "water")
    assert rig.status == "Faulted"


# the car comes later (ConnectionTimeOut)


def without_car(**configuration: str) -> Rigged:
    rig = Rigged(None, None, **configuration).up()
    rig.unplug()
    rig.echo()
    return rig


def test_without_a_car_a_remote_start_is_accepted_at_once_and_waits_for_it() -> None:
    rig = without_car()
    assert statuses(rig.start()) == ["Accepted"]
    assert rig.status == "Preparing"
    assert rig.flying == []
    assert rig.plug() == []
    assert rig.flying == [Start()]
    outcomes = rig.echo()
    assert statuses(outcomes) == []
    assert len(recorded(outcomes)) == 1


def test_a_car_that_does_not_come_in_time_is_not_waited_for() -> None:
    rig = without_car(ConnectionTimeOut="5")
    rig.start(LOCAL)
    assert rig.connector.pending is not None
    assert rig.connector.pending.deadline == 5.0
    assert notes(rig.wait(4.9)) == ["no Current for 2.5 periods: the charger is not there"]
    assert notes(rig.wait(0.1)) == ["no car was plugged in for RIG (ConnectionTimeOut)"]
    assert rig.connector.wake_at == math.inf
    assert rig.status == "Available"
    rig.plug()
    assert rig.flying == []


def test_only_one_car_is_waited_for() -> None:
    rig = without_car()
    rig.start(REMOTE)
    assert statuses(rig.start(StartOrder("TWO", unique_id="two"))) == ["Rejected"]


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
