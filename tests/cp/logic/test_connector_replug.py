"""A car that may come back to its transaction, as StopTransactionOnEVSideDisconnect is false.

Source: OCPP 1.6 edition 2, 4.9 and 9.1.25.
"""

from ocpp.v16.enums import Reason

from rig.bus.logic.link import LinkUp
from rig.bus.logic.messages import SetLimit, Start, Stop
from tests.cp.logic.rigged import Rigged, notes, recorded, statuses, the_stop

STAYS = {"StopTransactionOnEVSideDisconnect": "false"}


def gone() -> Rigged:
    """The car of transaction 4 is gone, and its Stop is in flight."""
    rig = Rigged(None, None, **STAYS).charging()
    rig.unplug()
    assert rig.flying == [Stop()]
    return rig


def test_a_car_that_is_gone_may_come_back_to_its_transaction() -> None:
    rig = gone()
    assert recorded(rig.echo()) == []
    assert rig.status == "SuspendedEV"
    rig.plug()
    assert rig.flying == [Start()]
    assert recorded(rig.echo()) == []
    assert rig.status == "Charging"
    rig.unplug()
    rig.echo()
    rig.remote_stop()
    assert the_stop(rig.echo()).reason == Reason.remote


def test_a_car_that_comes_back_at_once_waits_for_the_stop() -> None:
    rig = gone()
    rig.plug()
    assert rig.flying == [Stop()]
    assert recorded(rig.see(Stop())) == []
    assert rig.flying == [Start()]
    rig.echo()
    assert not rig.connector.charger.stop_owed
    assert rig.status == "Charging"


def test_a_car_without_a_transaction_leaves_nothing_behind() -> None:
    rig = Rigged(None, None, **STAYS).up()
    rig.unplug()
    assert rig.flying == [Stop()]
    rig.echo()
    assert rig.status == "Available"
    rig.plug()
    assert rig.flying == []


def test_a_car_that_goes_while_its_transaction_ends_does_not_keep_it() -> None:
    rig = Rigged(None, None, **STAYS).charging()
    rig.remote_stop()
    rig.unplug()
    assert the_stop(rig.echo()).reason == Reason.remote
    rig.plug()
    assert rig.flying == []


def test_a_car_that_is_gone_can_be_stopped_for_good() -> None:
    rig = gone()
    rig.echo()
    rig.remote_stop()
    rig.plug()
    assert rig.flying == [Stop()]
    outcomes = rig.echo()
    assert statuses(outcomes) == ["Accepted"]
    assert the_stop(outcomes).reason == Reason.remote
    assert rig.flying == []


def test_a_car_that_comes_back_gets_the_limit_of_now() -> None:
    rig = gone()
    rig.echo()
    rig.limited(10)
    rig.lose()
    rig.plug()
    assert rig.flying == [SetLimit(10)]
    rig.see(SetLimit(10))
    assert rig.flying == [Start()]


def test_a_car_that_comes_back_on_a_link_that_is_down_waits_for_it() -> None:
    rig = gone()
    rig.echo()
    rig.down()
    rig.plug()
    assert rig.flying == []
    rig.event(LinkUp())
    assert rig.flying == [Start()]


def test_a_car_whose_start_is_not_seen_again_ends_its_transaction() -> None:
    rig = gone()
    rig.echo()
    rig.plug()
    _, outcomes = rig.lose()
    assert notes(outcomes) == ["the transaction does not go on: no echo"]
    rig.wait(0.5)
    assert rig.flying == [Stop()]
    assert the_stop(rig.echo()).reason == Reason.other
