"""Which transactions run, as far as the charge point told."""

from hypothesis import given
from hypothesis import strategies as st

from rig.csms.logic.running import CONNECTORS, RunningTransactions


def test_a_transaction_runs_from_its_start_to_its_stop() -> None:
    running = RunningTransactions()
    running.started(4, 1)
    running.started(5, 2)
    assert (running.on(1), running.on(2), running.on(3)) == (4, 5, None)
    running.ended(4)
    assert (running.on(1), running.all()) == (None, [(5, 2)])


def test_a_connector_runs_one_at_a_time() -> None:
    running = RunningTransactions([(4, 1), (5, 1)])  # the stop of 4 never came
    assert running.all() == [(5, 1)]


def test_meter_values_tell_of_one_that_began_before() -> None:
    running = RunningTransactions()
    running.seen(77, 1)
    running.seen(None, 2)
    running.seen(-1, 3)  # errata 3.18: an id that was never received
    assert running.all() == [(77, 1)]


def test_0_is_the_id_of_a_transaction_like_any_other() -> None:
    running = RunningTransactions()
    running.seen(0, 1)
    assert running.on(1) == 0


def test_meter_values_do_not_displace_what_was_started() -> None:
    running = RunningTransactions([(5, 1)])
    running.seen(4, 1)
    assert running.on(1) == 5


def test_late_meter_values_of_an_ended_transaction_do_not_revive_it() -> None:
    running = RunningTransactions([(4, 1)])
    running.ended(4)
    running.started(5, 1)
    running.ended(5)
    running.seen(4, 1)
    running.seen(5, 1)
    assert running.all() == []


def test_the_last_16_that_ended_are_remembered_and_no_more() -> None:
    running = RunningTransactions()
    for transaction in range(1, 18):
        running.ended(transaction)
    running.seen(2, 1)
    assert running.all() == []
    running.seen(1, 1)
    assert running.all() == [(1, 1)]


def test_beyond_100_connectors_only_those_that_are_known_run_anything() -> None:
    running = RunningTransactions((1000 + connector, connector) for connector in range(100))
    running.started(1, 100)
    running.started(2, 99)
    assert len(running.all()) == 100
    assert (running.on(99), running.on(100)) == (2, None)


def test_one_that_does_not_run_there_is_forgotten_until_it_is_seen_again() -> None:
    running = RunningTransactions([(4, 1)])
    running.forget(4)
    assert running.on(1) is None
    running.seen(4, 1)
    assert running.on(1) == 4


def test_after_a_boot_nothing_runs_until_it_is_seen_again() -> None:
    running = RunningTransactions([(4, 1)])
    running.forget_all()
    assert running.all() == []


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(0, 2))))
def test_whatever_a_charge_point_says_what_is_remembered_of_it_stays_bounded(
    story: list[tuple[int, int, int]],
) -> None:
    running = RunningTransactions()
    for transaction, connector, what in story:
        if what == 0:
            running.started(transaction, connector)
        elif what == 1:
            running.seen(transaction, connector)
        else:
            running.ended(transaction)
            assert transaction not in dict(running.all())
        assert len(running.all()) <= CONNECTORS
