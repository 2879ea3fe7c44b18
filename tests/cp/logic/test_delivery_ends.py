"""What is left of a request, and of the id of a transaction, when it is over for them."""

from rig.cp.logic.kept import Keep
from rig.cp.logic.saved import QUEUE
from tests.cp.logic.test_delivery import BOOT, HEARTBEAT, START, STATUS, STOP, Office, values


def named() -> Office:
    """Transaction 1 of ours is 77 at the central system."""
    office = Office()
    office.open()
    office.certain(START, 1)
    office.do(office.delivery.name(1, 77))
    assert office.answer() == []
    assert office.disk["names"] == {"1": 77}
    return office


def test_what_was_triggered_before_the_boot_was_accepted_outlasts_the_connection_once() -> None:
    office = Office()
    office.do(office.delivery.tell_first(BOOT))
    office.do(office.delivery.tell_first(STATUS))
    assert office.delivery.close() == [BOOT]
    assert office.open() == [STATUS]
    assert office.answer() == []
    assert len(office.delivery) == 0


def test_all_that_is_not_answered_is_counted_once() -> None:
    office = Office()
    office.certain(START, 1)
    office.do(office.delivery.tell(HEARTBEAT))
    office.do(office.delivery.tell_first(BOOT))  # on its way
    office.do(office.delivery.tell_first(STATUS))
    assert len(office.delivery) == 4
    office = Office()
    office.open()
    office.certain(START, 1)  # on its way, and kept
    assert len(office.delivery) == 1


def test_what_waits_goes_out_when_a_request_failed() -> None:
    office = Office()
    office.open()
    office.certain(START, 1)
    office.do(office.delivery.tell(HEARTBEAT))
    assert office.fail() == [HEARTBEAT]


def test_an_attempt_counts_in_the_next_life() -> None:
    office = Office()
    office.open()
    office.certain(START)
    office.fail(attempts=2)
    office.restart()
    assert office.open() == [START]
    office.fail(attempts=2)
    assert list(office.disk["discarded"]) == ["1"]


def test_what_is_not_outstanding_cannot_fail() -> None:
    assert Office().delivery.failed(START, "why", 0.0, attempts=1, interval=60.0) == []


def test_a_stop_that_is_discarded_takes_the_id_of_its_transaction_along() -> None:
    office = named()
    office.certain(STOP, 1)
    office.fail(attempts=1)
    assert office.disk["names"] == {}


def test_meter_values_that_are_discarded_leave_it() -> None:
    office = named()
    office.certain(values(), 1)
    office.fail(attempts=1)
    assert office.disk["names"] == {"1": 77}


def test_a_stop_whose_transaction_had_no_id_has_none_to_forget() -> None:
    office = Office()
    office.open()
    office.certain(STOP, 1)
    outputs = office.delivery.done(office.asked[-1].request)
    assert outputs == [Keep(QUEUE, 1, None)]


def test_only_the_outstanding_start_tells_which_transaction_began() -> None:
    office = Office()
    assert office.delivery.started(START) is None
    office.open()
    office.certain(START, 9)
    assert office.delivery.started(office.asked[-1].request) == 9
    assert office.delivery.started(HEARTBEAT) is None
