"""In which order, how often and under which id the charge point tells things."""

import math
from typing import Any

import pytest
from ocpp.v16 import call

from rig.cp.logic.kept import Keep
from rig.cp.logic.saved import QUEUE
from rig.ocppj.logic.exchange import Ask
from tests.cp.logic.office import BOOT, HEARTBEAT, START, STATUS, STOP, Office, values
from tests.cp.logic.said import names


def opened() -> Office:
    office = Office()
    office.open()
    return office


def test_one_request_is_outstanding_and_the_next_one_waits_for_its_answer() -> None:
    office = opened()
    assert office.do(office.delivery.tell(STATUS)) == [STATUS]
    assert office.do(office.delivery.tell(HEARTBEAT)) == []
    assert office.answer() == [HEARTBEAT]


def test_nothing_is_asked_before_the_charge_point_is_accepted_but_its_boot() -> None:
    office = Office()
    assert office.do(office.delivery.tell(STATUS)) == []
    assert office.do(office.delivery.tell_first(BOOT)) == [BOOT]
    assert office.answer() == []
    assert office.open() == [STATUS]


def test_a_boot_goes_out_after_what_was_triggered_before_the_charge_point_was_accepted() -> None:
    office = Office()
    assert office.do(office.delivery.tell_first(HEARTBEAT)) == [HEARTBEAT]
    assert office.do(office.delivery.tell_first(BOOT)) == []
    assert office.answer() == [BOOT]


def test_what_belongs_to_a_transaction_is_kept_before_it_is_asked_and_forgotten_when_answered() -> (
    None
):
    office = opened()
    outputs = office.delivery.tell_for_certain(START, 1)
    assert [type(output) for output in outputs] == [Keep, Ask]
    office.do(outputs)
    assert list(office.disk["queue"]) == ["1"]
    office.answer()
    assert office.disk["queue"] == {}


def test_what_was_kept_is_told_in_its_order_whatever_order_the_disk_has() -> None:
    office = Office()
    office.certain(START)
    office.certain(STOP)
    office.disk["queue"] = dict(reversed(office.disk["queue"].items()))
    office.restart()
    assert office.open() == [START]


def test_requests_and_other_requests_go_in_the_order_in_which_they_were_told() -> None:
    office = Office()
    office.do(office.delivery.tell(STATUS))
    office.certain(START)
    office.do(office.delivery.tell(HEARTBEAT))
    assert office.open() == [STATUS]
    assert office.answer() == [START]
    assert office.answer() == [HEARTBEAT]


def test_the_id_of_a_transaction_is_filled_in_once_it_is_known() -> None:
    office = opened()
    assert office.certain(START, 5) == [START]
    assert office.certain(values(), 5) == []
    assert office.delivery.started(office.asked[-1].request) == 5
    office.do(office.delivery.name(5, 77))
    assert office.answer()[0].transaction_id == 77
    office.certain(STOP, 5)
    assert office.answer()[0].transaction_id == 77


def test_without_an_id_a_stop_says_minus_1_and_meter_values_say_nothing() -> None:
    """Errata 3.18."""
    office = opened()
    office.certain(START, 5)
    office.certain(values(), 5)
    office.certain(STOP, 5)
    assert office.fail(attempts=1)[0].transaction_id is None
    assert office.answer()[0].transaction_id == -1


def test_the_id_of_a_transaction_is_known_after_a_restart_until_its_stop_is_answered() -> None:
    office = opened()
    office.certain(START)
    office.do(office.delivery.name(0, 77))
    office.certain(STOP)
    office.restart()
    assert names(office.open()) == ["StartTransaction"]  # its answer was not seen to the end
    assert office.answer()[0].transaction_id == 77
    office.answer()
    assert office.disk["names"] == {}


def test_a_request_is_tried_again_after_the_interval_times_the_attempts_before() -> None:
    """3.7.1: with 3 attempts and 60 s, after 60 s and after 120 s, then it is discarded."""
    office = opened()
    office.certain(START)
    assert office.fail() == []
    assert office.delivery.wake_at == 60
    office.now = 60
    assert office.do(office.delivery.tick()) == [START]
    assert office.fail() == []
    assert office.delivery.wake_at == 180
    office.now = 180
    assert office.do(office.delivery.tick()) == [START]
    office.fail()
    assert office.delivery.wake_at == math.inf
    assert office.notes == ["StartTransaction discarded after 3 attempts (why); 1 so far"]
    assert len({ask.unique_id for ask in office.asked}) == 1


def test_a_lost_connection_does_not_shorten_the_wait_for_the_next_attempt() -> None:
    """Else a central system that refuses and hangs up would use up all attempts in seconds."""
    office = opened()
    office.certain(START)
    office.fail()
    office.delivery.close()
    assert office.open() == []
    assert office.delivery.wake_at == 60
    office.delivery.close()
    assert office.do(office.delivery.tick()) == []
    assert office.delivery.wake_at == math.inf
    assert office.open() == [START]


def test_other_requests_overtake_a_request_that_waits_to_be_tried_again() -> None:
    office = opened()
    office.certain(START)
    office.certain(STOP)
    office.fail()
    assert office.do(office.delivery.tell(HEARTBEAT)) == [HEARTBEAT]
    assert office.answer() == []  # the stop never overtakes its start


def test_a_lost_connection_is_no_attempt_and_the_request_keeps_its_id() -> None:
    office = opened()
    office.certain(START)
    for _ in range(10):
        assert office.delivery.close() == []
        assert office.open() == [START]
    assert {ask.unique_id for ask in office.asked} == {"b-1"}
    assert office.notes == []


def test_the_newest_live_value_of_a_connector_replaces_the_one_that_waits() -> None:
    office = opened()
    office.do(office.delivery.tell(HEARTBEAT))
    for amperes in ("1", "2", "3"):
        office.do(office.delivery.tell_live(values(amperes), None))
    office.do(office.delivery.tell_live(values("9", connector=2), None))
    assert office.answer() == [values("3")]
    assert office.answer() == [values("9", connector=2)]
    assert office.delivery.left_out == 2


def test_a_live_value_never_replaces_one_that_is_kept() -> None:
    office = opened()
    office.do(office.delivery.tell(HEARTBEAT))
    office.certain(values("1"))
    office.do(office.delivery.tell_live(values("2"), 1))
    assert office.answer() == [values("1")]
    assert office.answer() == [values("2")]


def test_a_live_value_that_was_told_before_its_transaction_had_an_id_gets_it() -> None:
    office = opened()
    office.certain(START, 5)
    office.do(office.delivery.tell_live(values(), 5))
    office.do(office.delivery.name(5, 77))
    assert office.answer()[0].transaction_id == 77


def test_after_a_lost_connection_a_status_is_told_again_and_what_was_for_its_moment_is_not() -> (
    None
):
    office = opened()
    authorize = call.Authorize("RIG")
    office.do(office.delivery.tell(STATUS))
    office.do(office.delivery.tell(authorize))
    office.do(office.delivery.tell(HEARTBEAT))
    office.do(office.delivery.tell_live(values(), None))
    assert office.delivery.close() == [authorize, HEARTBEAT, values()]
    assert office.open() == [STATUS]
    assert office.answer() == []
    assert office.delivery.left_out == 1


def test_what_is_not_outstanding_can_neither_be_answered_nor_fail() -> None:
    office = opened()
    office.certain(START)
    assert office.do(office.delivery.done(STOP)) == []
    assert office.delivery.failed(STOP, "why", 0.0, attempts=1, interval=60.0) == []
    assert list(office.disk["queue"]) == ["1"]


def test_it_is_idle_only_when_a_request_would_go_out_at_once() -> None:
    office = Office()
    assert not office.delivery.is_idle
    office.open()
    assert office.delivery.is_idle
    office.certain(START)
    assert not office.delivery.is_idle
    office.fail()
    assert office.delivery.is_idle  # the request waits to be tried again: others may overtake it
    office.do(office.delivery.tick())
    assert not office.delivery.is_idle
    office.answer()
    assert office.delivery.is_idle


def named() -> Office:
    """Transaction 1 of ours is 77 at the central system."""
    office = opened()
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
    office = opened()
    office.certain(START, 1)  # on its way, and kept
    assert len(office.delivery) == 1


def test_what_waits_goes_out_when_a_request_failed() -> None:
    office = opened()
    office.certain(START, 1)
    office.do(office.delivery.tell(HEARTBEAT))
    assert office.fail() == [HEARTBEAT]


def test_an_attempt_counts_in_the_next_life() -> None:
    office = opened()
    office.certain(START)
    office.fail(attempts=2)
    office.restart()
    assert office.open() == [START]
    office.fail(attempts=2)
    assert list(office.disk["discarded"]) == ["1"]


@pytest.mark.parametrize(("request_", "names"), [(STOP, {}), (values(), {"1": 77})])
def test_a_stop_that_is_discarded_takes_the_id_of_its_transaction_along_and_values_do_not(
    request_: Any, names: dict[str, int]
) -> None:
    office = named()
    office.certain(request_, 1)
    office.fail(attempts=1)
    assert office.disk["names"] == names


def test_a_stop_whose_transaction_had_no_id_has_none_to_forget() -> None:
    office = opened()
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
