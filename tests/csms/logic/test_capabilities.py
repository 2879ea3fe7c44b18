"""What a charge point says that it can do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16 import call_result

from rig.csms.logic.capabilities import Capabilities, ask_capabilities, read_capabilities

PROFILES, UNITS = "SupportedFeatureProfiles", "ChargingScheduleAllowedChargingRateUnit"


def capabilities(**values: str | None) -> Capabilities:
    items = [{"key": key, "readonly": True, "value": value} for key, value in values.items()]
    return read_capabilities(call_result.GetConfiguration(configuration_key=items))


def test_two_keys_are_asked_for() -> None:
    assert ask_capabilities().key == [PROFILES, UNITS]


def test_one_that_says_all_is_known() -> None:
    values = {PROFILES: "Core,SmartCharging", UNITS: "Current,Power"}
    told = Capabilities(smart_charging=True, takes_amps=True, takes_watts=True)
    assert capabilities(**values) == told


@pytest.mark.parametrize(
    ("units", "amps", "watts"),
    [
        ("Current", True, False),
        ("Power", False, True),
        ("Power,Current", True, True),
        ("current , power", True, True),
        ("A", True, False),  # not by 9.4.2, but what some say
        ("W", False, True),
        ("", True, True),
        (None, True, True),
        ("Volt", True, True),  # no sense in it: as if it had not said
    ],
)
def test_units(units: str | None, amps: bool, watts: bool) -> None:
    found = capabilities(**{UNITS: units})
    assert (found.takes_amps, found.takes_watts) == (amps, watts)


@pytest.mark.parametrize(
    ("profiles", "smart"),
    [("Core", False), ("Core, Smartcharging", True), ("", True), (None, True)],
)
def test_smart_charging(profiles: str | None, smart: bool) -> None:
    assert capabilities(**{PROFILES: profiles}).smart_charging is smart


def test_one_that_says_nothing_is_assumed_to_be_able() -> None:
    assert read_capabilities(call_result.GetConfiguration()) == Capabilities()
    assert read_capabilities(call_result.GetConfiguration(unknown_key=[PROFILES])) == Capabilities()


@given(st.dictionaries(st.sampled_from([PROFILES, UNITS, "Unasked"]), st.text()))
def test_nothing_that_it_says_raises(values: dict[str, str]) -> None:
    found = capabilities(**values)
    assert found.takes_amps or found.takes_watts
