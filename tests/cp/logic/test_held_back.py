"""A transaction that gets no energy: its charger was silent, or its bus is gone."""

from ocpp.v16.enums import Reason

from rig.bus.logic.link import LinkUp
from rig.bus.logic.messages import SetLimit, Start, Stop
from rig.role.logic.expect import Expect
from tests.cp.logic.rigged import Rigged, notes, the_stop


class Resuming(Rigged):
    expect = Expect(resume=True)


class Impatient(Rigged):
    expect = Expect(held=10)


def silent(kind: type[Rigged] = Rigged) -> Rigged:
    """A charger that charged at 16 A says nothing for 3 s."""
    rig = kind(MeterValuesEveryCurrent="false").limited(16).charging()
    rig.measured(16)
    rig.in_flight.clear()
    rig.wait(3)
    return rig


def speaks(rig: Rigged, current: float = 0) -> None:
    rig.measured(current)


def told(rig: Rigged) -> tuple[str, str, str | None]:
    status, code, info = rig.connector.condition.told()
    return str(status), str(code), info


def test_one_that_comes_back_may_have_been_reset_and_is_told_limit_and_stop() -> None:
    rig = silent()
    speaks(rig)
    assert rig.flying == [SetLimit(16), Stop()]
    rig.echo()
    assert told(rig) == ("SuspendedEVSE", "NoError", "the charger was silent")
    assert rig.flying == []


def test_a_remote_stop_ends_what_was_held_back() -> None:
    rig = silent()
    speaks(rig)
    rig.echo()
    rig.remote_stop()
    assert the_stop(rig.echo()).reason == Reason.remote


def test_as_the_bench_wants_it_it_is_started_again_after_its_stop() -> None:
    rig = silent(Resuming)
    speaks(rig)
    assert rig.flying == [SetLimit(16), Stop()]
    rig.echo(2)
    assert rig.flying == [Start()]
    rig.echo()
    assert told(rig) == ("Charging", "NoError", None)


def test_where_it_does_not_come_back_the_transaction_ends() -> None:
    rig = silent()
    assert told(rig) == ("Charging", "OtherError", "no Current from the charger")
    assert rig.wait(299) == []
    assert notes(rig.wait(1)) == ["no energy for too long: the transaction ends"]
    assert rig.flying == [Stop()]
    assert the_stop(rig.echo()).reason == Reason.other


def test_while_the_bus_is_gone_it_ends_though_no_bus_carries_the_stop() -> None:
    rig = Rigged().limited(16).charging()
    rig.down()
    rig.wait(299.5)
    outcomes = rig.wait(0.5)
    assert the_stop(outcomes).reason == Reason.other
    assert rig.connector.transaction is None
    rig.event(LinkUp())
    assert Stop() in rig.flying


def test_a_bus_that_is_back_in_time_ends_nothing() -> None:
    rig = Rigged(MeterValuesEveryCurrent="false").limited(16).charging()
    rig.down()
    rig.wait(299)
    rig.event(LinkUp())
    rig.echo()
    for _ in range(10):
        speaks(rig, 16)
        assert notes(rig.wait(1)) == []
    assert told(rig) == ("Charging", "NoError", None)


def test_nothing_begins_while_one_that_spoke_is_silent_and_one_that_never_spoke_is_no_reason() -> (
    None
):
    rig = Rigged().up()
    rig.wait(10)
    assert rig.connector.why_not() is None
    speaks(rig)
    rig.wait(10)
    assert rig.connector.why_not() == "the charger is silent"


def test_what_ends_meanwhile_is_not_held_back() -> None:
    rig = silent()
    rig.remote_stop()
    speaks(rig)
    assert the_stop(rig.echo()).reason == Reason.remote


def test_the_bench_says_how_long() -> None:
    rig = silent(Impatient)
    assert rig.wait(9) == []
    assert notes(rig.wait(1)) == ["no energy for too long: the transaction ends"]
