"""Which texts are ids of charge points, and in which form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.role.logic.charge_point_id import normal_form, read_id


@pytest.mark.parametrize("name", ["CP_1", "CP 1/2", "\u00e9", "x" * 48, "e\u0301" * 48])
def test_an_id_is_read_in_its_normal_form(name: str) -> None:
    assert read_id(name) == name.replace("e\u0301", "\u00e9")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "it names none"),
        (".", "it names none"),
        ("..", "it names none"),
        (" CP_1", "it has a blank at an end"),
        ("CP_1 ", "it has a blank at an end"),
        ("CP\t1", "it has characters that cannot be printed"),
        ("CP\u20281", "it has characters that cannot be printed"),
        ("CP_1\xa0", "it has characters that cannot be printed"),
        ("x" * 49, "it has more than 48 characters"),
    ],
)
def test_what_is_no_id_is_refused_with_its_reason(name: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_id(name)


@given(st.text(max_size=60))
def test_whatever_is_read_is_read_again_as_the_same(name: str) -> None:
    try:
        once = read_id(name)
    except ValueError:
        return
    assert read_id(once) == once == normal_form(name)
