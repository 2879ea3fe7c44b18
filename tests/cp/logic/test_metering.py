"""What is told of the current and the energy of one connector, and when."""

from typing import Any

from ocpp.v16 import call

from rig.bus.logic.messages import Current
from rig.cp.logic.kept import Keep
from rig.cp.logic.metering import KEEP_EVERY, Metering
from rig.cp.logic.saved import METER, Saved
from rig.role.logic.supply import Supply
from tests.cp.logic.rigged import SUPPLY, Live, charger, shared

QUIET = {"MeterValuesEveryCurrent": "false"}


class Metered:
    """A meter of connector 2 and its charger."""

    def __init__(self, supply: Supply | None = SUPPLY, **configuration: str) -> None:
        self.charger = charger(2, supply, Saved(registers={2: 1000.0}))
        self.metering = Metering(2, shared(supply, **configuration), self.charger, 0.0)

    def current(self, amperes: float, now: float, transaction: int | None = None) -> list[Any]:
        self.charger.measured(Current(amperes), now)
        return self.metering.measured(transaction, now)


def samples(request: call.MeterValues) -> dict[str, str]:
    """By measurand."""
    (value,) = request.meter_value
    return {str(item.measurand): item.value for item in value.sampled_value}


def test_each_current_becomes_meter_values_at_once() -> None:
    (live,) = Metered().current(20.55, 1.0, transaction=7)
    assert isinstance(live, Live)
    assert live.transaction == 7
    assert live.request.connector_id == 2
    assert samples(live.request) == {"Current.Import": "20.55"}
    assert live.request.meter_value[0].timestamp == "2026-01-31T12:00:01.000Z"


def test_in_the_mode_of_the_standard_it_does_not() -> None:
    assert Metered(SUPPLY, **QUIET).current(20, 1.0) == []


def test_the_register_is_kept_now_and_then_while_energy_flows() -> None:
    """A crash must not cost the energy of the hours since the start of the transaction."""
    metered = Metered(SUPPLY, **QUIET)
    assert metered.current(20, 1.0) == []
    assert metered.current(20, 1.0 + KEEP_EVERY) == [Keep(METER, 2, metered.charger.meter.energy)]
    assert metered.charger.meter.energy > 1000
    assert metered.current(20, 10.9 + KEEP_EVERY) == []
    assert len(metered.current(20, 11.0 + KEEP_EVERY)) == 1


def test_a_register_that_is_kept_does_not_keep_the_current_from_being_told() -> None:
    metered = Metered()
    metered.current(20, 1.0)
    kinds = [type(item) for item in metered.current(20, 1.0 + KEEP_EVERY)]
    assert kinds == [Keep, Live]


def test_a_register_that_stands_still_is_not_kept_again() -> None:
    metered = Metered(SUPPLY, **QUIET)
    metered.current(0, 1.0)
    assert metered.current(0, 100.0) == []
    metered.current(20, 101.0)
    metered.charger.measured(Current(0), 102.0)
    metered.metering.keep_register()
    assert metered.current(0, 200.0) == []


def test_what_is_offered_is_the_limit_that_the_charger_was_told() -> None:
    metered = Metered(MeterValuesSampledData="Current.Offered")
    told = metered.metering.triggered(0.0)
    assert told is not None
    assert samples(told) == {"Current.Offered": "32"}  # that of the bench: it was told none
    metered.charger.hold(16)
    told = metered.metering.triggered(0.0)
    assert told is not None
    assert samples(told) == {"Current.Offered": "16"}


def test_transaction_data_is_only_there_while_a_transaction_runs() -> None:
    metered = Metered(StopTxnSampledData="Current.Import")
    assert metered.metering.samples is None
    metered.current(20, 0.0)
    metered.metering.begin(0.0)
    taken = metered.metering.samples
    assert taken is not None
    assert taken.begin is not None
    assert taken.begin["sampled_value"][0]["value"] == "20"
    data = metered.metering.end(5.0)
    assert data is not None
    assert [item["sampled_value"][0]["context"] for item in data] == [
        "Transaction.Begin",
        "Transaction.End",
    ]
    assert metered.metering.samples is None
