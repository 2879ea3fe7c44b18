"""Configuration keys, their values, and how they change (OCPP 1.6 edition 2, 5.3, 5.8, 9)."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.cp.logic.configuration import (
    Boolean,
    Configuration,
    Fixed,
    Integer,
    Key,
    Listed,
    PhaseRotation,
    Value,
    table,
)
from rig.role.logic.supply import Supply

SUPPLY = Supply(voltage=230.0, phases=3)

# By hand from 9: the keys that nobody may change.
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
    assert keys().keys() == keys(supply=None).keys()
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


NINES = "9" * 500
NUMBER, TRUTH, ROTATION = Integer(0, 86400), Boolean(), PhaseRotation(2)
LIST = Listed(("Current.Import", "Voltage"))
KINDS: list[Value] = [NUMBER, TRUTH, LIST, ROTATION]


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        (NUMBER, "0", "0"),
        (NUMBER, "1", "1"),
        (NUMBER, "007", "7"),
        (NUMBER, "86400", "86400"),
        (TRUTH, "true", "true"),
        (TRUTH, "False", "false"),
        (TRUTH, "TRUE", "true"),
        (LIST, "", ""),
        (LIST, "Voltage", "Voltage"),
        (LIST, "Voltage,Current.Import", "Voltage,Current.Import"),  # in their order
        (LIST, " voltage , CURRENT.import", "Voltage,Current.Import"),
        (ROTATION, "1.RST", "1.RST"),
        (ROTATION, "0.RST, 1.RST, 2.RTS", "0.RST,1.RST,2.RTS"),  # the example of 9.1.7
        (ROTATION, "1.notapplicable", "1.NotApplicable"),
    ],
)
def test_a_value_is_kept_in_the_spelling_of_the_standard(kind: Value, text: str, kept: str) -> None:
    assert kind.read(text) == kept


@pytest.mark.parametrize(
    ("kind", "why", "texts"),
    [
        (
            NUMBER,
            "from 0 to 86400",
            [
                "",
                " ",
                "-1",
                "86401",
                "1.0",
                "1e2",
                "+1",
                "0x10",
                "abc",
                "1 ",
                "1\n",
                "٣",
                "1_0",
                NINES,
            ],
        ),
        (TRUTH, "neither", ["", "1", "yes", "true ", "on", "null"]),
        (
            LIST,
            "something else",
            ["SoC", "Voltage,SoC", "Voltage,,", ",", "Voltage,Voltage", "Voltage;Current.Import"],
        ),
        (
            ROTATION,
            "connector|something else",
            ["", "RST", "3.RST", "1.RRR", "1.RST,1.RTS", "-1.RST", "1"],
        ),
        (Fixed(), "read only", ["1"]),
    ],
    ids=["number", "boolean", "list", "phase rotation", "read only"],
)
def test_a_value_of_another_form_or_range_is_refused(
    kind: Value, why: str, texts: list[str]
) -> None:
    for text in texts:
        with pytest.raises(ValueError, match=why):
            kind.read(text)


@given(st.sampled_from(KINDS), st.text())
def test_any_text_is_refused_or_kept_in_a_form_that_stays(kind: Value, text: str) -> None:
    try:
        kept = kind.read(text)
    except ValueError:
        return
    assert kind.read(kept) == kept


def configuration(
    supply: Supply | None = SUPPLY, saved: Mapping[str, str] | None = None
) -> Configuration:
    return Configuration(connectors=2, supply=supply, saved=saved)


def shown(of: Configuration, *names: str) -> dict[str, tuple[str | None, bool]]:
    keys: Any = of.get(names).configuration_key or []
    return {key.key: (key.value, key.readonly) for key in keys}


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("HeartbeatInterval", "60", "Accepted"),
        ("heartbeatinterval", "60", "Accepted"),  # 7.17: CiString50Type
        ("AuthorizeRemoteTxRequests", "true", "Accepted"),
        ("MeterValuesSampledData", "Current.Import,Voltage", "Accepted"),
        ("StopTxnSampledData", "", "Accepted"),  # 3.16.5
        ("WebSocketPingInterval", "0", "RebootRequired"),
        ("WebSocketPingInterval", "-1", "Rejected"),  # OCPP-J 7
        ("HeartbeatInterval", "-1", "Rejected"),
        ("HeartbeatInterval", "soon", "Rejected"),
        ("MeterValueSampleInterval", "1000000000", "Rejected"),
        ("AuthorizeRemoteTxRequests", "1", "Rejected"),
        ("NumberOfConnectors", "3", "Rejected"),  # read only
        ("SupportedFeatureProfiles", "Core", "Rejected"),
        ("MeterValuesSampledData", "Current.Import,SoC", "Rejected"),  # 3.16.4
        ("MeterValuesSampledData", "Voltage.L1", "Rejected"),  # no value is of one phase
        ("Colour", "green", "NotSupported"),
        ("LocalAuthListEnabled", "true", "NotSupported"),
        ("AuthorizationKey", "0123456789abcdef", "NotSupported"),
        ("", "", "NotSupported"),
    ],
)
def test_a_change_is_answered_by_the_clause(key: str, value: str, status: str) -> None:
    assert configuration().change(key, value) == status


def test_a_change_that_needs_a_reboot_is_in_force_after_it() -> None:
    changed = configuration()
    changed.change("WebSocketPingInterval", "7")
    assert changed.integer("WebSocketPingInterval") == 20
    assert shown(changed, "WebSocketPingInterval") == {"WebSocketPingInterval": ("7", False)}
    changed = configuration(saved=changed.changed)
    assert changed.integer("WebSocketPingInterval") == 7


def test_energy_can_be_asked_for_only_where_it_is_known() -> None:
    energy = "Energy.Active.Import.Register"
    assert configuration(SUPPLY).change("MeterValuesSampledData", energy) == "Accepted"
    assert configuration(None).change("MeterValuesSampledData", energy) == "Rejected"
    assert configuration(None).choices("MeterValuesSampledData") == ("Current.Import",)


def test_who_changes_the_sample_interval_takes_charge_of_sampling() -> None:
    changed = configuration()
    assert changed.boolean("MeterValuesEveryCurrent")
    changed.change("MeterValueSampleInterval", "soon")
    assert changed.boolean("MeterValuesEveryCurrent")
    changed.change("MeterValueSampleInterval", "10")
    assert not changed.boolean("MeterValuesEveryCurrent")
    changed.change("MeterValuesEveryCurrent", "true")
    assert changed.boolean("MeterValuesEveryCurrent")


def test_what_was_changed_is_kept_over_a_restart() -> None:
    before = configuration()
    before.change("heartbeatinterval", "060")
    before.change("WebSocketPingInterval", "7")
    assert before.changed == {"HeartbeatInterval": "60", "WebSocketPingInterval": "7"}
    after = configuration(saved=before.changed)
    assert after.integer("HeartbeatInterval") == 60
    assert after.integer("WebSocketPingInterval") == 7
    assert after.changed == before.changed


def test_what_was_kept_but_is_not_possible_any_more_is_left_out() -> None:
    after = Configuration(
        connectors=1,
        supply=None,
        saved={
            "Colour": "green",
            "NumberOfConnectors": "7",
            "ConnectorPhaseRotation": "2.RST",
            "StopTxnSampledData": "Voltage",
            "HeartbeatInterval": "60",
        },
    )
    assert after.changed == {"HeartbeatInterval": "60"}
    assert after.integer("NumberOfConnectors") == 1


def test_only_unknown_keys_leave_no_list_of_known_ones() -> None:
    answer = configuration().get(["Colour"])
    assert (answer.configuration_key, answer.unknown_key) == (None, ["Colour"])


@pytest.mark.parametrize("names", [None, []])
def test_no_key_asked_for_is_all_of_them(names: list[str] | None) -> None:
    answer = configuration().get(names)
    told: Any = answer.configuration_key
    assert {"HeartbeatInterval", "NumberOfConnectors"} <= {key.key for key in told}
    assert answer.unknown_key is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "HeartbeatInterval",
                    "StopTxnSampledData",
                    "Colour",
                    "NumberOfConnectors",
                    "ConnectorPhaseRotation",
                    "MeterValuesEveryCurrent",
                ]
            ),
            st.one_of(st.text(max_size=20), st.sampled_from(["5", "true", "Voltage", "1.RST", ""])),
        )
    )
)
def test_after_any_changes_a_restart_brings_back_the_same(changes: list[tuple[str, str]]) -> None:
    before = configuration()
    for key, value in changes:
        was = shown(before, key)
        if before.change(key, value) not in ("Accepted", "RebootRequired"):
            assert shown(before, key) == was
    assert configuration(saved=before.changed).get(None) == before.get(None)
