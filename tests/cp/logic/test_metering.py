"""The current and the energy of a connector: its meter, what is sampled of it, what is told."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16 import call
from ocpp.v16.enums import ReadingContext

from rig.bus.logic.messages import Current
from rig.cp.logic.charger import Meter
from rig.cp.logic.kept import Keep
from rig.cp.logic.measurands import Readings, decimal, sampled, supported
from rig.cp.logic.metering import KEEP_EVERY, Metering
from rig.cp.logic.saved import METER, Saved
from rig.role.logic.supply import Supply
from tests.cp.logic.rigged import SUPPLY, Live, charger, shared

KNOWN = Readings(current=20.0, offered=32.0, energy=6900, interval=115, supply=SUPPLY)
PERIODIC = ReadingContext.sample_periodic


def told(measurand: str, readings: Readings) -> list[tuple[str, str | None]]:
    return [(item.value, item.unit) for item in sampled([measurand], readings, PERIODIC)]


@pytest.mark.parametrize(
    ("measurand", "value", "unit"),
    [
        ("Current.Import", "20", "A"),
        ("Current.Offered", "32", "A"),
        ("Energy.Active.Import.Register", "6900", "Wh"),
        ("Energy.Active.Import.Interval", "115", "Wh"),
        ("Power.Active.Import", "13800", "W"),  # By hand: 20 A * 230 V * 3
        ("Power.Offered", "22080", "W"),  # By hand: 32 A * 230 V * 3
        ("Voltage", "230", "V"),
    ],
)
def test_each_measurand_has_its_value_and_unit(measurand: str, value: str, unit: str) -> None:
    assert told(measurand, KNOWN) == [(value, unit)]


def test_a_sample_says_what_it_is() -> None:
    (sample,) = sampled(["Current.Import"], KNOWN, ReadingContext.transaction_end)
    assert sample.measurand == "Current.Import"
    assert sample.context == "Transaction.End"
    assert sample.location == "Outlet"
    assert sample.format == "Raw"
    assert sample.phase is None


def test_all_that_is_supported_can_be_given() -> None:
    assert len(sampled(supported(SUPPLY), KNOWN, PERIODIC)) == 7
    assert supported(None) == ("Current.Import", "Current.Offered")


def test_what_a_silent_charger_does_not_tell_is_left_out() -> None:
    silent = Readings(current=None, offered=32.0, energy=6900, interval=0, supply=SUPPLY)
    measurands = ["Current.Import", "Power.Active.Import", "Energy.Active.Import.Register"]
    assert [item.measurand for item in sampled(measurands, silent, PERIODIC)] == [
        "Energy.Active.Import.Register"
    ]


def test_a_current_of_0_is_a_value() -> None:
    assert told("Current.Import", Readings(current=0.0)) == [("0", "A")]
    assert told("Power.Offered", Readings(offered=0.0, supply=SUPPLY)) == [("0", "W")]


@pytest.mark.parametrize("measurand", sorted(set(supported(SUPPLY)) - set(supported(None))))
def test_without_a_supply_nothing_that_needs_one_is_told(measurand: str) -> None:
    assert told(measurand, Readings(current=20.0, offered=32.0, energy=0, interval=0)) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (20, "20"), (16.5, "16.5"), (12345678, "12345678"), (45219150.0, "45219150")],
)
def test_numbers_have_no_exponent_and_no_idle_zeros(value: float, text: str) -> None:
    assert decimal(value) == text


@given(st.floats(0, 1e9))
def test_a_number_is_right_to_a_hundredth(value: float) -> None:
    assert abs(Decimal(decimal(value)) - Decimal(value)) <= Decimal("0.005")
    assert "e" not in decimal(value)


def test_energy_is_current_times_voltage_times_phases_times_time() -> None:
    meter = Meter(SUPPLY)
    meter.measured(10.0, now=0.0)
    meter.measured(10.0, now=3600.0)
    assert int(meter.energy) == 6900  # By hand: 10 A * 230 V * 3 * 1 h


def test_the_current_before_flowed_until_now() -> None:
    meter = Meter(SUPPLY)
    meter.measured(0.0, now=0.0)
    meter.measured(100.0, now=3600.0)
    assert int(meter.energy) == 0
    meter.measured(0.0, now=3636.0)
    assert int(meter.energy) == 690  # By hand: 100 A * 230 V * 3 * 0.01 h


def test_what_flows_while_nothing_is_known_is_not_counted() -> None:
    meter = Meter(SUPPLY)
    meter.measured(10.0, now=0.0)
    meter.lost()
    meter.measured(10.0, now=3600.0)
    assert int(meter.energy) == 0
    meter.measured(10.0, now=7200.0)
    assert int(meter.energy) == 6900


def test_whole_watt_hours_are_read_and_parts_are_kept() -> None:
    meter = Meter(Supply(voltage=100.0, phases=1))
    for second in range(91):  # By hand: 20 A * 100 V * 90 s = 50 Wh, 0.56 Wh each second
        meter.measured(20.0, now=float(second))
        assert int(meter.energy) == pytest.approx(second * 20 / 36, abs=1)
    assert int(meter.energy) in (49, 50)


def test_the_register_goes_on_from_its_initial_reading() -> None:
    before = Meter(SUPPLY)
    before.measured(10.0, now=0.0)
    before.measured(10.0, now=1.0)
    after = Meter(SUPPLY, before.energy)
    assert after.energy == pytest.approx(1.9167, abs=1e-4)  # By hand: 10 A * 230 V * 3 * 1 s
    after.measured(10.0, now=50.0)  # what flowed meanwhile is not known
    assert int(after.energy) == 1
    after.measured(10.0, now=51.0)
    assert int(after.energy) == 3


def test_without_voltage_and_phases_it_stays_0() -> None:
    meter = Meter(None)
    meter.measured(10.0, now=0.0)
    meter.measured(10.0, now=3600.0)
    assert int(meter.energy) == 0


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 100)), max_size=20))
def test_it_never_runs_backwards(reports: list[tuple[float, float]]) -> None:
    meter, now, before = Meter(SUPPLY), 0.0, 0
    for current, step in reports:
        now += step
        meter.measured(current, now)
        assert int(meter.energy) >= before
        before = int(meter.energy)


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
