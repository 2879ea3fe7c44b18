"""One connector: what reaches the bus, what is answered, what is told; a car that comes back."""

import pytest
from ocpp.v16.enums import ChargePointErrorCode, Reason

from rig.bus.logic.link import LinkUp
from rig.bus.logic.messages import SetLimit, Start, Stop
from tests.cp.logic.ordered import Carried, tells
from tests.cp.logic.rigged import (
    ACCEPTED,
    BLOCKED,
    Rigged,
    notes,
    recorded,
    statuses,
    the_stop,
)

GROUND = ChargePointErrorCode.ground_failure
WEAK = ChargePointErrorCode.weak_signal
NO_ERROR = ChargePointErrorCode.no_error


def test_a_bus_that_is_up_is_no_fault_though_a_stop_is_owed_from_the_life_before() -> None:
    rig = Rigged()
    rig.event(LinkUp())
    assert rig.flying == [Stop()]
    assert rig.status == "Preparing"


# the end of a transaction


def test_a_remote_stop_is_accepted_when_its_frame_was_seen_and_not_before() -> None:
    rig = Rigged().charging()
    assert rig.remote_stop() == []
    assert rig.flying == [Stop()]
    outcomes = rig.echo()
    assert statuses(outcomes) == ["Accepted"]
    assert the_stop(outcomes).reason == Reason.remote


def test_a_remote_stop_whose_frame_is_not_seen_is_rejected_and_tried_again() -> None:
    rig = Rigged().charging()
    rig.remote_stop()
    _, outcomes = rig.lose()
    assert statuses(outcomes) == ["Rejected"]
    assert notes(outcomes) == ["RemoteStopTransaction Rejected: no echo"]
    rig.wait(0.5)
    assert rig.flying == [Stop()]
    assert the_stop(rig.echo()).reason == Reason.remote


def test_a_transaction_ends_once_and_for_its_first_reason_however_often_a_stop_is_seen() -> None:
    rig = Rigged().charging()
    rig.took(rig.connector.stop(Reason.local, ended_by="RIG"))
    rig.unplug()
    assert rig.flying == [Stop(), Stop()]
    stop = the_stop(rig.echo())
    assert (stop.reason, stop.id_tag) == (Reason.local, "RIG")
    assert rig.connector.transaction is None


def test_the_reason_is_kept_until_the_stop_is_seen() -> None:
    """The process may die before."""
    rig = Rigged().charging()
    assert rig.disk["running"]["1"]["ending"] is None
    rig.remote_stop()
    assert rig.disk["running"]["1"]["ending"] == ["Remote", None]
    rig.echo()
    assert rig.disk["running"] == {}


def test_the_reason_of_one_transaction_is_not_that_of_the_next() -> None:
    rig = Rigged().charging()
    rig.remote_stop()
    rig.echo()
    rig.charging()
    rig.took(rig.connector.stop(Reason.local))
    assert the_stop(rig.echo()).reason == Reason.local


def test_a_stop_that_was_late_ends_the_transaction_too() -> None:
    rig = Rigged().charging()
    rig.remote_stop()
    key, _ = rig.lose()
    assert len(recorded(rig.late(key))) == 1
    assert not rig.connector.charger.stop_owed


def test_a_transaction_that_ended_is_finishing_until_the_car_goes() -> None:
    rig = Rigged().charging()
    rig.remote_stop()
    rig.echo()
    assert rig.status == "Finishing"
    assert not rig.connector.let_go()
    rig.unplug()
    assert rig.status == "Available"


def test_a_transaction_of_a_car_that_is_gone_is_finishing_only_until_that_is_told() -> None:
    """4.9: Finishing, EV side disconnected."""
    rig = Rigged().charging()
    rig.unplug()
    rig.echo()
    assert (rig.status, rig.words[1]) == ("Finishing", "EV side disconnected")
    assert rig.connector.let_go()
    assert rig.status == "Available"
    assert not rig.connector.let_go()


def test_a_link_that_comes_back_pays_the_stop_and_never_a_start() -> None:
    rig = Rigged().charging()
    rig.remote_stop()
    rig.down()
    assert rig.status == "Faulted"
    assert rig.wait(5.0) == []
    assert rig.flying == []
    rig.event(LinkUp())
    assert rig.flying == [Stop(), SetLimit(32)]


# a tag that the central system does not accept (errata 3.17)


@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid", "ConcurrentTx"])
def test_a_tag_that_is_not_accepted_stops_the_charger(status: str) -> None:
    rig = Rigged().up()
    rig.start()
    rig.echo()
    assert notes(rig.name(4, {"status": status})) == [
        f"the CSMS did not accept the id tag ({status})"
    ]
    assert rig.flying == [Stop()]
    assert the_stop(rig.echo()).reason == Reason.de_authorized


def test_a_current_is_told_live_with_the_transaction_it_belongs_to() -> None:
    rig = Rigged().up()
    assert rig.measured(20)[-1].transaction is None
    rig.start()
    rig.echo()
    assert rig.measured(20)[-1].transaction == 1


def test_each_current_meanwhile_brings_no_other_stop() -> None:
    """At 100 Hz on a bus that carries nothing they would be a flood."""
    rig = Rigged().charging()
    rig.name(4, BLOCKED)
    for _ in range(5):
        rig.measured(20)
    assert rig.flying == [Stop()]


def test_it_may_get_no_energy_instead_of_being_stopped_and_no_profile_changes_that() -> None:
    rig = Rigged(StopTransactionOnInvalidId="false").charging()
    rig.name(4, BLOCKED)
    assert rig.flying == [SetLimit(0)]
    rig.echo()
    assert rig.status == "SuspendedEVSE"
    rig.limited(16)
    assert rig.flying == []
    rig.took(rig.connector.order_limit(16, tells("profile")))
    assert rig.flying == [SetLimit(0)]
    assert rig.echo() == [Carried("profile")]
    rig.measured(0)
    assert rig.flying == []


def test_a_tag_that_got_no_energy_does_not_bind_the_next_one() -> None:
    rig = Rigged(StopTransactionOnInvalidId="false").charging()
    rig.name(4, BLOCKED)
    rig.echo()
    rig.remote_stop()
    rig.echo()
    rig.start()
    assert rig.flying == [SetLimit(32)]
    rig.echo()
    assert rig.status == "Charging"


# what the others know of it


def test_it_tells_what_runs_and_what_is_about_to() -> None:
    rig = Rigged().up()
    assert rig.running is None
    rig.now = 3.0
    rig.start()
    starting = rig.running
    assert starting is not None
    assert (starting.is_starting, starting.transaction_id) == (True, None)
    rig.echo()
    rig.name(4, ACCEPTED)
    running = rig.running
    assert running is not None
    assert (running.is_starting, running.transaction_id) == (False, 4)
    assert running.started == starting.started == 1769860803.0  # 12:00:03 UTC


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
    assert set(rig.flying) == {SetLimit(32)}  # it may have forgotten it
    rig.echo(2)
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
