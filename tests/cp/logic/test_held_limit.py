"""Which limit a charger is held to, and when it is told."""

from rig.bus.logic.messages import Message, SetLimit, Start, Stop
from rig.cp.logic.saved import Saved
from tests.cp.logic.ordered import tells
from tests.cp.logic.rigged import BLOCKED, LOCAL, Rigged


def carried(rig: Rigged) -> list[Message]:
    """What is in flight and what follows from it, all of which the bus carries."""
    messages = []
    while rig.in_flight:
        messages.append(rig.in_flight[0].message)
        rig.echo(1)
    return messages


def in_force(rig: Rigged, limit: float | None) -> list[Message]:
    """What the charger is told where this is in force from now on."""
    rig.limited(limit)
    return carried(rig)


def started(rig: Rigged, limit: float | None) -> list[Message]:
    """What the charger is told for a transaction with this limit in force."""
    rig.profiles.limit = limit
    rig.start(LOCAL)
    return carried(rig)


def ended(rig: Rigged) -> Rigged:
    """Its transaction is over, and the car is back."""
    rig.unplug()
    assert carried(rig) == [Stop()]
    rig.connector.let_go()
    rig.plug()
    return rig


def test_a_limit_is_told_when_it_comes_into_force_and_once() -> None:
    rig = Rigged().up()
    assert in_force(rig, 16) == [SetLimit(16)]
    assert in_force(rig, 16) == []
    assert in_force(rig, 10.7) == [SetLimit(10)]
    assert in_force(rig, 10.2) == []
    assert in_force(rig, 0) == [SetLimit(0)]


def test_without_a_profile_that_of_the_bench_is_told_before_a_start() -> None:
    """The charger may have one of its own."""
    rig = Rigged().up()
    assert in_force(rig, None) == []
    assert started(rig, None) == [SetLimit(32), Start()]
    assert started(ended(rig), None) == [Start()]


def test_an_old_limit_may_stay_until_there_is_a_transaction() -> None:
    rig = Rigged().up()
    in_force(rig, 16)
    assert in_force(rig, None) == []
    assert started(rig, None) == [SetLimit(32), Start()]  # that of the bench
    assert started(ended(rig), None) == [Start()]


def test_what_is_told_for_certain_need_not_be_told_before_a_start() -> None:
    rig = Rigged().up()
    assert started(rig, 16.5) == [SetLimit(16), Start()]
    assert started(ended(rig), 16.5) == [Start()]
    assert started(ended(rig), 10) == [SetLimit(10), Start()]


def test_a_limit_that_goes_while_a_transaction_runs_gives_way_to_that_of_the_bench() -> None:
    rig = Rigged().up()
    started(rig, 16)
    assert in_force(rig, None) == [SetLimit(32)]


def test_what_another_life_told_is_told_again_before_a_start() -> None:
    told = Saved(limits={1: 32})
    assert started(Rigged(saved=told).up(), 32) == [SetLimit(32), Start()]
    assert started(Rigged(saved=told).up(), None) == [SetLimit(32), Start()]


def test_a_limit_that_may_have_been_told_binds_the_next_transaction_no_more_than_one_that_was() -> (
    None
):
    """Its frame was lost, or its echo was."""
    rig = Rigged().up()
    rig.took(rig.connector.order_limit(63, tells("rejected")))
    rig.lose()
    assert in_force(rig, None) == []
    assert started(rig, None) == [SetLimit(32), Start()]


def test_a_tag_that_is_not_accepted_gets_nothing_whatever_the_profiles_say() -> None:
    rig = Rigged(StopTransactionOnInvalidId="false").up()
    started(rig, 16)
    rig.name(4, BLOCKED)
    assert carried(rig) == [SetLimit(0)]
    assert in_force(rig, 32) == []
    assert in_force(rig, None) == []
    ended(rig)
    assert in_force(rig, 32) == [SetLimit(32)]
