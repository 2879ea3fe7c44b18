"""OCPP-J framing (OCPP-J 1.6 clause 4, with the errata 2025-04).

The table of what is no message, or one of the wrong shape, is `tests/test_bad_input.py`.
"""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.ocppj.logic.framing import Call, CallError, CallResult, Malformed, OcppMessage, dump, parse
from tests.conformance.strict import CODES

LONG = "x" * 300


@pytest.mark.parametrize(
    "text",
    [
        '[3,"a"]',
        '[3,"a",[]]',
        '[3,"a",{},{}]',
        '[4,"a","GenericError"]',
        '[4,"a",1,"text",{}]',
        '[4,"a","GenericError",null,{}]',
    ],
)
def test_an_answer_of_the_wrong_shape_is_malformed_and_not_one_to_nothing(text: str) -> None:
    found = parse(text)
    assert isinstance(found, Malformed)
    assert found.unique_id is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[2,"a","Heartbeat",{}]', Call("a", "Heartbeat", {})),
        ('[2,"a","Heartbeat",null]', Call("a", "Heartbeat", {})),  # OCPP-J 4.2.1 allows null
        (' [ 3 , "a" , { "x" : 1 } ] ', CallResult("a", {"x": 1})),
        ('[3,"a",null]', CallResult("a", {})),
        ('[4,"a","GenericError","",{}]', CallError("a", "GenericError", "")),
        ('[4,"a","GenericError","text"]', CallError("a", "GenericError", "text")),
        (f'[2,"{"x" * 36}","Heartbeat",{{}}]', Call("x" * 36, "Heartbeat", {})),
    ],
)
def test_a_well_formed_text_is_its_message(text: str, message: OcppMessage) -> None:
    assert parse(text) == message


@pytest.mark.parametrize(
    ("head", "unique_id"),
    [
        ('[2,"a","Reset",', "a"),
        (' [ 2 , "a b" , "Reset",', "a b"),
        ('[2,"\\u0061","Reset",', None),
        (f'[2,"{"x" * 37}","Reset",', None),
        ('[3,"a",', None),
    ],
)
def test_a_text_of_too_many_values_is_malformed_and_a_call_is_answered(
    head: str, unique_id: str | None
) -> None:
    text = head + '{"type":[' + "0," * 65_536 + "0]}]"
    assert parse(text) == Malformed("too many values for its length", unique_id)


def test_a_binary_frame_is_malformed_whatever_it_holds() -> None:
    assert parse(b'[2,"a","Heartbeat",{}]') == Malformed("a binary frame")


def test_a_message_is_dumped_as_the_standard_writes_it() -> None:
    assert dump(Call("a", "Heartbeat", {})) == '[2,"a","Heartbeat",{}]'
    assert dump(CallResult("a", {"x": 1})) == '[3,"a",{"x":1}]'
    assert dump(CallError("a", "GenericError", "text")) == '[4,"a","GenericError","text",{}]'


def test_a_description_is_cut_to_255_characters_in_both_directions() -> None:
    """OCPP-J 1.6 table 6."""
    assert dump(CallError("a", "GenericError", LONG)).count("x") == 255
    assert parse(f'[4,"a","GenericError","{LONG}",{{}}]') == CallError(
        "a", "GenericError", "x" * 255
    )


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 5000, "-" + "9" * 5000])
def test_a_number_that_python_does_not_convert_is_infinite_so_that_every_schema_refuses_it(
    number: str,
) -> None:
    found = parse(f'[2,"a","Heartbeat",{{"x":{number}}}]')
    assert isinstance(found, Call)
    assert math.isinf(found.payload["x"])


def test_the_largest_numbers_of_the_standard_are_exact() -> None:
    found = parse('[3,"a",{"x":[2147483647,-2147483648,21.4]}]')
    assert found == CallResult("a", {"x": [2147483647, -2147483648, 21.4]})


PLAIN = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in '"\\')
ids = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=36)
numbers = st.integers(-(10**17) + 1, 10**17) | st.floats(allow_nan=False, allow_infinity=False)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
payloads = st.dictionaries(st.text(), json_values, max_size=4)
messages: st.SearchStrategy[OcppMessage] = st.one_of(
    st.builds(Call, ids, st.text(), payloads),
    st.builds(CallResult, ids, payloads),
    st.builds(CallError, ids, st.text(max_size=255), st.text(PLAIN, max_size=255)),
)


@given(messages)
def test_what_is_dumped_is_parsed_as_the_same(message: OcppMessage) -> None:
    assert parse(dump(message)) == message


@given(ids, st.sampled_from(sorted(CODES)), st.text() | st.text('"\\\0ä\U0001f600', min_size=200))
def test_a_callerror_is_never_longer_than_512_bytes(
    unique_id: str, code: str, description: str
) -> None:
    text = dump(CallError(unique_id, code, description))
    assert len(text.encode()) <= 512
    assert text.isascii()
    assert parse(text) == CallError(unique_id, code, parse(text).description)  # type: ignore[union-attr]


@pytest.mark.parametrize("payload", [{"x": math.nan}, {"x": math.inf}, {"x": {1}}, {(1,): 1}])
def test_what_is_no_json_is_not_dumped(payload: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        dump(CallResult("a", payload))


@given(st.text() | st.binary())
def test_no_text_and_no_bytes_raise(text: str | bytes) -> None:
    assert isinstance(parse(text), Call | CallResult | CallError | Malformed)


@given(messages, st.data())
def test_no_damaged_message_raises(message: OcppMessage, data: st.DataObject) -> None:
    text = dump(message)
    at = data.draw(st.integers(0, len(text)))
    damaged = text[:at] + data.draw(st.text(max_size=3)) + text[at + 1 :]
    assert isinstance(parse(damaged), Call | CallResult | CallError | Malformed)


@given(st.lists(json_values, max_size=6))
def test_no_array_raises_and_only_a_good_id_is_ever_answered(parts: list[Any]) -> None:
    found = parse(json.dumps(parts))
    if isinstance(found, Malformed) and found.unique_id is not None:
        assert found.unique_id == parts[1]
        assert 1 <= len(found.unique_id) <= 36


@pytest.mark.parametrize("before", ["", " ", "\r\n\t "])
@pytest.mark.parametrize("after", ["", " ", "\r\n\t "])
@pytest.mark.parametrize("number", ["1", "9" * 5000])
def test_a_text_may_begin_and_end_with_space(before: str, after: str, number: str) -> None:
    found = parse(f'{before}[2,"a","Heartbeat",{{"x":{number}}}]{after}')
    assert found == Call("a", "Heartbeat", {"x": 1 if number == "1" else math.inf})


@pytest.mark.parametrize(
    "text",
    ["", " ", "x", '[2,"a",]', '[2,"a","b",{"x":}]', "[3] [3]", "[3]\0", "[3]\xa0", "[2,", '"'],
)
def test_what_is_no_json_is_said_to_be_none(text: str) -> None:
    assert parse(text) == Malformed("not JSON")
    assert parse(" " + text) == Malformed("not JSON")
