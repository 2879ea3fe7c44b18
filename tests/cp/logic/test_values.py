"""What the value of a configuration key may be (OCPP 1.6 edition 2, 5.3, 7.19, 9.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.cp.logic.keys import Boolean, Fixed, Integer, Listed, PhaseRotation, Value

KINDS: list[Value] = [
    Integer(0, 86400),
    Boolean(),
    Listed(("Current.Import", "Voltage")),
    PhaseRotation(2),
]


@pytest.mark.parametrize(
    ("text", "kept"), [("0", "0"), ("1", "1"), ("007", "7"), ("86400", "86400")]
)
def test_a_number_in_its_range_is_kept(text: str, kept: str) -> None:
    assert Integer(0, 86400).read(text) == kept


@pytest.mark.parametrize(
    "text",
    ["", " ", "-1", "86401", "1.0", "1e2", "+1", "0x10", "abc", "1 ", "1\n", "٣", "1_0", "9" * 500],
)
def test_what_is_no_number_or_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="from 0 to 86400"):
        Integer(0, 86400).read(text)


@pytest.mark.parametrize(("text", "kept"), [("true", "true"), ("False", "false"), ("TRUE", "true")])
def test_upper_and_lower_case_are_the_same_in_a_boolean(text: str, kept: str) -> None:
    assert Boolean().read(text) == kept


@pytest.mark.parametrize("text", ["", "1", "yes", "true ", "on", "null"])
def test_what_is_neither_true_nor_false_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        Boolean().read(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", ""),
        ("Voltage", "Voltage"),
        ("Voltage,Current.Import", "Voltage,Current.Import"),
        (" voltage , CURRENT.import", "Voltage,Current.Import"),
    ],
)
def test_a_list_keeps_its_order_and_gets_the_spelling_of_the_standard(text: str, kept: str) -> None:
    assert Listed(("Current.Import", "Voltage")).read(text) == kept


@pytest.mark.parametrize(
    "text", ["SoC", "Voltage,SoC", "Voltage,,", ",", "Voltage,Voltage", "Voltage;Current.Import"]
)
def test_a_list_with_one_unknown_or_repeated_item_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="something else"):
        Listed(("Current.Import", "Voltage")).read(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("1.RST", "1.RST"),
        ("0.RST, 1.RST, 2.RTS", "0.RST,1.RST,2.RTS"),  # the example of 9.1.7
        ("1.notapplicable", "1.NotApplicable"),
    ],
)
def test_a_phase_rotation_names_connectors(text: str, kept: str) -> None:
    assert PhaseRotation(2).read(text) == kept


@pytest.mark.parametrize("text", ["", "RST", "3.RST", "1.RRR", "1.RST,1.RTS", "-1.RST", "1"])
def test_a_phase_rotation_of_no_connector_or_of_one_twice_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"connector|something else"):
        PhaseRotation(2).read(text)


def test_a_fixed_value_takes_nothing() -> None:
    with pytest.raises(ValueError, match="read only"):
        Fixed().read("1")


@given(st.sampled_from(KINDS), st.text())
def test_any_text_is_refused_or_kept_in_a_form_that_stays(kind: Value, text: str) -> None:
    try:
        kept = kind.read(text)
    except ValueError:
        return
    assert kind.read(kept) == kept
