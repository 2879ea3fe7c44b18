"""What is left of a request, and of the id of a transaction, when it is over for them."""

from rig.logic.cp.kept import Keep
from tests.logic.cp.test_delivery import BOOT, HEARTBEAT, START, STATUS, STOP, Office, values


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
    assert outputs == [Keep("queue", "1", None)]


def test_only_the_outstanding_start_tells_which_transaction_began() -> None:
    office = Office()
    assert office.delivery.started(START) is None
    office.open()
    office.certain(START, 9)
    assert office.delivery.started(office.asked[-1].request) == 9
    assert office.delivery.started(HEARTBEAT) is None
