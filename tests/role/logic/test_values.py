"""How much there is to read in a JSON text."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.role.logic.values import STRING, has_too_many, values, weight


def count(value: Any) -> int:
    """The values in a value, itself included."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(count, inside))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
        lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    )
)
def test_no_text_has_more_values_than_are_counted_before_it_is_read(value: Any) -> None:
    """One more, for the value that is all."""
    assert count(value) <= 1 + values(json.dumps(value))
    assert count(value) <= 1 + values(STRING.sub("", json.dumps(value)))


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("[" + "0," * 16_383 + "0]", False),
        ("[" + "0," * 16_384 + "0]", True),
        ("[" * 16_385, True),
        ('[{"":0' + "},{" * 9000 + "}]", True),
        ("[" + "12345678," * 60_000 + "0]", False),
        ("[" + "1234567," * 60_000 + "0]", True),
        ("[" + "12345678," * 65_535 + "0]", False),
        ("[" + "123456789," * 65_536 + "0]", True),
        ('["' + "," * 100_000 + '"]', False),
        (r'["\"' + "[" * 100_000 + '"]', False),
        ('["' + "," * 100_000, False),  # nothing ends it: no JSON, as is found out later
        ('["' + "," * 100_000 + "\\", False),
        ('["a",' + '"b",' * 16_384 + '""]', True),
        ("x" * 100_000, False),
    ],
)
def test_what_is_inside_a_string_is_no_value(text: str, is_so: bool) -> None:
    assert has_too_many(text) is is_so


def test_a_text_weighs_its_length_or_16_for_each_value() -> None:
    assert weight('[2,"a","Authorize",{"idTag":"RIG0123456789"}]') == 5 * 16
    assert weight("[0,0,0]") == 3 * 16
    assert weight("x" * 100) == 100
