"""ChangeConfiguration and GetConfiguration (OCPP 1.6 edition 2, 5.3, 5.8 and 9)."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.cp.logic.configuration import Configuration
from rig.role.logic.supply import Supply

SUPPLY = Supply(voltage=230.0, phases=3)


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
