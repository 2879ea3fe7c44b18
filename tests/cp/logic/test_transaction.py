"""What the disk keeps and the central system is told of the transactions of one connector."""

from collections.abc import Sequence
from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import Reason, RemoteStartStopStatus

from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import Current
from rig.cp.logic.kept import Keep
from rig.cp.logic.metering import Metering
from rig.cp.logic.saved import Ending, read
from rig.cp.logic.transaction import (
    Data,
    Session,
    StartOrder,
    answer_to,
    left_running,
    stop_request,
)
from rig.ocppj.logic.exchange import Note
from tests.cp.logic.on_disk import Disk, kept_on
from tests.cp.logic.rigged import (
    ACCEPTED,
    BLOCKED,
    LOCAL,
    REMOTE,
    SUPPLY,
    Began,
    Ended,
    Record,
    Recorder,
    charger,
    shared,
)
from tests.cp.logic.world import NOON, codec

SAMPLED = {
    "MeterValueSampleInterval": "60",
    "StopTxnSampledData": "Energy.Active.Import.Register",
    "MeterValuesEveryCurrent": "false",
}


class Meter:
    """A session whose charger delivers 13.8 kW: 230 Wh a minute."""

    def __init__(self, **configuration: str) -> None:
        self.charger = charger(1, SUPPLY)
        of_all = shared(SUPPLY, **configuration)
        self.metering = Metering(1, of_all, self.charger, 0.0)
        self.session = Session(1, of_all, self.charger, self.metering)
        self.disk: Disk = {}
        self.charger.measured(Current(20), 0.0)

    def do(self, outcomes: Sequence[Any]) -> list[Any]:
        return kept_on(self.disk, outcomes)

    def flow(self, until: float) -> None:
        self.charger.measured(Current(20), until)

    def begin(self, order: StartOrder = LOCAL, now: float = 0.0) -> list[Any]:
        self.session.prepare(None, now)
        return self.do(self.session.begin(order, now))


def aftermath(meter: Meter) -> str:
    return meter.session.aftermath


def kinds(outcomes: list[Any]) -> list[str]:
    return [type(item.request if isinstance(item, Record) else item).__name__ for item in outcomes]


def test_a_beginning_is_kept_answered_and_told_in_this_order() -> None:
    meter = Meter()
    meter.flow(60)
    meter.session.prepare(None, 60.0)
    begun = meter.session.begin(REMOTE, 60.0)
    assert kinds([*begun]) == ["Keep", "Keep", "Answer", "StartTransaction", "Began"]
    left = meter.do(begun)
    assert left == [
        *answer_to(REMOTE, RemoteStartStopStatus.accepted),
        Record(call.StartTransaction(1, "RIG", 230, "2026-01-31T12:01:00.000Z"), 1),
        Began(None),
    ]
    assert meter.disk["meter"] == {"1": pytest.approx(230)}
    assert meter.disk["running"]["1"]["transaction"]["number"] == 1


def test_an_end_is_told_with_the_meter_and_the_first_reason() -> None:
    meter = Meter()
    meter.begin()
    assert meter.do(meter.session.end_for(Ending(Reason.local, "TWO"))) == []
    assert meter.session.end_for(Ending(Reason.remote)) == []
    meter.flow(60)
    stop, ended = meter.do(meter.session.end(60.0))
    assert stop == Record(
        call.StopTransaction(230, "2026-01-31T12:01:00.000Z", 0, reason=Reason.local, id_tag="TWO"),
        1,
    )
    assert ended == Ended()
    assert meter.disk["running"] == {}
    assert meter.disk["meter"] == {"1": pytest.approx(230)}
    assert meter.session.transaction is None


def test_an_end_that_nobody_asked_for_is_of_another_reason() -> None:
    meter = Meter()
    meter.begin()
    stop, _ = meter.do(meter.session.end(1.0))
    assert stop.request.reason == Reason.other


def test_what_comes_to_nothing_is_told_with_its_end() -> None:
    meter = Meter()
    meter.session.prepare(None, 0.0)
    start, stop = meter.do(meter.session.come_to_nothing(LOCAL, 1.0))
    assert kinds([start, stop]) == ["StartTransaction", "StopTransaction"]
    assert start.transaction == stop.transaction == 1
    assert stop.request.reason == Reason.other
    assert meter.session.transaction is None


def test_the_central_system_names_it_and_its_group() -> None:
    meter = Meter()
    meter.begin()
    assert meter.session.named(4, ACCEPTED | {"parent_id_tag": "FAMILY"}) == []
    transaction = meter.session.transaction
    assert transaction is not None
    assert (transaction.transaction_id, transaction.parent) == (4, "FAMILY")
    meter.session.named(4, ACCEPTED)
    assert transaction.parent == "FAMILY"
    assert not transaction.is_refused


def test_the_aftermath_of_a_tag_that_is_not_accepted_depends_on_the_energy() -> None:
    """MaxEnergyOnInvalidId is 100 Wh; 115 Wh flow in half a minute."""
    meter = Meter(MaxEnergyOnInvalidId="100")
    meter.flow(600)
    assert aftermath(meter) == "go on"
    meter.begin(now=600.0)
    assert aftermath(meter) == "go on"
    meter.session.named(4, BLOCKED)
    assert aftermath(meter) == "go on"
    meter.flow(630)
    assert aftermath(meter) == "stop"


# samples


def test_the_samples_of_a_transaction_are_told_for_certain_and_kept_for_its_end() -> None:
    meter = Meter(**SAMPLED)
    meter.begin()
    assert meter.metering.wake_at == 60.0
    meter.flow(60)
    (sample,) = meter.do(meter.session.tick(60.0))
    assert (type(sample.request), sample.transaction) == (call.MeterValues, 1)
    assert len(meter.disk["running"]["1"]["data"]["between"]) == 1
    stop, _ = meter.do(meter.session.end(61.0))
    contexts = [value["sampled_value"][0]["context"] for value in stop.request.transaction_data]
    assert contexts == ["Transaction.Begin", "Sample.Periodic", "Transaction.End"]


def test_samples_of_the_clock_are_told_for_certain_without_a_transaction_too() -> None:
    """3.7: clock-aligned values are queued."""
    meter = Meter(ClockAlignedDataInterval="60")
    (sample,) = meter.do(meter.session.tick(60.0))
    assert (type(sample.request), sample.transaction) == (call.MeterValues, None)
    assert "running" not in meter.disk


def test_triggered_values_carry_the_id_of_the_transaction() -> None:
    meter = Meter()
    idle = meter.session.triggered_values(0.0)
    meter.begin()
    meter.session.named(4, ACCEPTED)
    running = meter.session.triggered_values(0.0)
    assert idle is not None
    assert running is not None
    assert (idle.transaction_id, running.transaction_id) == (None, 4)


def test_where_the_current_is_not_known_nothing_is_triggered() -> None:
    meter = Meter(MeterValuesSampledData="Current.Import")
    meter.charger.receive(LinkDown("down"), 1.0)
    assert meter.session.triggered_values(1.0) is None
    meter.begin()
    assert meter.session.triggered_values(1.0) is None


# what a crash leaves


def after_a_crash(meter: Meter) -> tuple[list[Any], dict[int, Any]]:
    """What the next life tells at noon and an hour, and what it forgets."""
    delivery: Any = Recorder()
    outcomes = left_running(read(meter.disk, codec()), delivery, NOON + 3600)
    forgotten = {item.key: item.value for item in outcomes if isinstance(item, Keep)}
    return [item for item in outcomes if not isinstance(item, Keep)], forgotten


def test_a_transaction_that_ran_at_a_crash_ended_with_it() -> None:
    """7.36: PowerLoss. The register was kept last at the sample."""
    meter = Meter(**SAMPLED)
    meter.begin()
    meter.flow(60)
    meter.do(meter.session.tick(60.0))
    (note, stop), forgotten = after_a_crash(meter)
    assert note == Note("a transaction of RIG ran when this charge point ended", is_warning=True)
    assert (stop.transaction, stop.request.reason) == (1, Reason.power_loss)
    assert stop.request.meter_stop == 230
    assert stop.request.timestamp == "2026-01-31T13:00:00.000Z"
    assert len(stop.request.transaction_data) == 2  # its begin and the sample
    assert forgotten == {1: None}


def test_one_that_was_about_to_end_keeps_its_reason_over_a_crash() -> None:
    """5.14: a hard reset that could not wait for the Stop."""
    meter = Meter()
    meter.begin()
    meter.do(meter.session.end_for(Ending(Reason.hard_reset)))
    (_, stop), _ = after_a_crash(meter)
    assert stop.request.reason == Reason.hard_reset


def test_what_ended_before_a_crash_is_not_told_again() -> None:
    meter = Meter()
    meter.begin()
    meter.do(meter.session.end(1.0))
    assert after_a_crash(meter) == ([], {})


def test_an_end_without_data_and_tag_has_none() -> None:
    nothing: list[Data] = [None, []]
    requests = [stop_request(Ending(Reason.remote), 0, NOON, data) for data in nothing]
    assert [(one.id_tag, one.transaction_data) for one in requests] == [(None, None)] * 2
