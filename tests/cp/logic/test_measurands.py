"""SampledValues of a connector (OCPP 1.6 edition 2, 7.31 and 7.43)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16.enums import ReadingContext

from rig.cp.logic.measurands import Readings, decimal, sampled, supported
from rig.role.logic.supply import Supply

SUPPLY = Supply(voltage=230.0, phases=3)
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
