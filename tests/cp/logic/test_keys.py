"""The table of configuration keys (OCPP 1.6 edition 2, 9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.cp.logic.keys import Fixed, Integer, Key, table
from rig.role.logic.supply import Supply

SUPPLY = Supply(voltage=230.0, phases=3)

# By hand from 9.1 and 9.4: the keys that a charge point with these profiles has to have.
READ_ONLY = {
    "ConnectorPhaseRotationMaxLength",
    "GetConfigurationMaxKeys",
    "MeterValuesAlignedDataMaxLength",
    "MeterValuesSampledDataMaxLength",
    "NumberOfConnectors",
    "StopTransactionMaxMeterValues",
    "StopTxnAlignedDataMaxLength",
    "StopTxnSampledDataMaxLength",
    "SupportedFeatureProfiles",
    "ChargeProfileMaxStackLevel",
    "ChargingScheduleAllowedChargingRateUnit",
    "ChargingScheduleMaxPeriods",
    "MaxChargingProfilesInstalled",
}


def keys(connectors: int = 2, supply: Supply | None = SUPPLY) -> dict[str, Key]:
    return {key.name: key for key in table(connectors, supply, ["Current.Import", "Voltage"])}


def test_the_keys_that_the_standard_calls_read_only_are() -> None:
    assert {name for name, key in keys().items() if key.readonly} == READ_ONLY


def test_each_key_is_there_once_whatever_its_case() -> None:
    names = [key.name.lower() for key in table(2, SUPPLY, ["Voltage"])]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "name",
    # Not done here, so not to be present (9); AuthorizationKey is never shown (OCPP-J 6.2.2).
    ["BlinkRepeat", "LocalAuthListEnabled", "ReserveConnectorZeroSupported", "AuthorizationKey"],
)
def test_keys_of_what_this_charge_point_does_not_do_are_absent(name: str) -> None:
    assert name not in keys()


def test_what_depends_on_the_bench_is_told() -> None:
    assert keys(3)["NumberOfConnectors"].default == "3"
    assert keys(2)["ConnectorPhaseRotation"].default == "1.Unknown,2.Unknown"
    assert keys()["ChargingScheduleAllowedChargingRateUnit"].default == "Current,Power"
    assert keys(supply=None)["ChargingScheduleAllowedChargingRateUnit"].default == "Current"
    assert keys()["MaxEnergyOnInvalidId"].kind == Integer(0, 1_000_000)
    assert keys(supply=None)["MaxEnergyOnInvalidId"].kind == Integer(0, 0)  # energy is not known


@given(st.integers(1, 64), st.sampled_from([None, SUPPLY]))
def test_each_default_is_a_value_that_the_key_takes(connectors: int, supply: Supply | None) -> None:
    measurands = ["Energy.Active.Import.Register", "Current.Import"]
    for key in table(connectors, supply, measurands):
        assert len(key.name) <= 50
        assert len(key.default) <= 500
        assert isinstance(key.kind, Fixed) or key.kind.read(key.default) == key.default


@pytest.mark.parametrize("connectors", [0, 65])
def test_a_number_of_connectors_that_does_not_fit_is_refused(connectors: int) -> None:
    with pytest.raises(ValueError, match="1 to 64"):
        table(connectors, None, [])
