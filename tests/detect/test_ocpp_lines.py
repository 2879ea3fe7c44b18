"""What is read of the lines that tell of OCPP."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.detect.events import Connection, End, Event, Listening, Said
from rig.detect.ocpp_lines import BadLine, Told, read
from rig.ocppj.logic.framing import Call, CallResult, Malformed, dump, parse
from rig.ocppj.logic.told import Change, Lines
from rig.role.logic.secrets import hide

ENDS: list[End] = ["csms", "cp"]
CHANGES: list[Change] = ["connected", "closed", "refused"]
# Microseconds are what a line has: 2001 to 2033.
stamps = st.integers(10**15, 2 * 10**15).map(lambda number: number / 1e6)
ends = st.sampled_from(ENDS)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)  # fmt: skip
payloads = st.dictionaries(st.text(max_size=8), json_values, max_size=3)
calls = st.builds(Call, st.just("1"), st.text(min_size=1, max_size=8), payloads)
texts = calls.map(dump) | st.text() | json_values.map(json.dumps)


def line(**fields: Any) -> str:
    return json.dumps({"t": 1.5, "point": "cp", "cp_id": "CP_1"} | fields)


def only(told: list[Told] | BadLine) -> Event:
    assert isinstance(told, list)
    ((_, event),) = told
    return event


# what the rig writes


@given(ends, stamps, st.text(), texts, st.booleans())
def test_a_message_is_read_as_the_end_told_it(
    end: End, now: float, name: str, text: str, by_charge_point: bool
) -> None:
    told = Lines(end).message(now, name, text, by_charge_point=by_charge_point)
    assert read(told) == [(now, Said(end, name, by_charge_point, parse(hide(text))))]


@pytest.mark.parametrize("text", ['""', '"[2]"', '"Heartbeat"'])
def test_a_text_that_is_a_json_string_is_no_array_for_a_reader_either(text: str) -> None:
    told = Lines("cp").message(1.5e9, "CP_1", text, by_charge_point=True)
    message = Malformed("not an OCPP-J array")
    assert read(told) == [(1.5e9, Said("cp", "CP_1", True, message))]


@given(ends, stamps, st.text(), st.sampled_from(CHANGES), st.text())
def test_a_connection_is_read_as_the_end_told_it(
    end: End, now: float, name: str, change: Change, why: str
) -> None:
    told = Lines(end).connection(now, name, change, why)
    assert read(told) == [(now, Connection(end, name, change, hide(why)))]


@given(ends, stamps, st.text())
def test_an_end_tells_from_when_to_when_it_tells_all(end: End, now: float, why: str) -> None:
    lines = Lines(end)
    assert read(lines.offers(now)) == [(now, Listening(end))]
    assert read(lines.ended(now, why)) == [(now, Listening(end, hide(why)))]
    assert read(lines.gap_begins(now)) == [(now, Listening(end, "its disk is full"))]
    assert read(lines.gap_ends(now, 3)) == [(now, Listening(end))]


@given(ends, stamps, stamps)
def test_lost_lines_make_it_blind_from_the_first_of_them_on(
    end: End, one: float, other: float
) -> None:
    since, now = min(one, other), max(one, other)
    blind, sees = (since, Listening(end, "12 lines lost")), (now, Listening(end))
    assert read(Lines(end).lost(now, 12, since)) == [blind, sees]


# what others write


def test_a_line_without_a_point_is_the_central_systems() -> None:
    told = read('{"t": 1, "cp_id": "CP_1", "dir": "cp>cs", "message": [3, "a", {}]}')
    assert told == [(1.0, Said("csms", "CP_1", True, CallResult("a", {})))]


@pytest.mark.parametrize(
    "timestamp",
    ["1970-01-01T00:00:01.500Z", "1970-01-01T01:00:01.5+01:00", "1970-01-01T00:00:01.500000"],
)
@pytest.mark.parametrize("t", [None, "1.5", True, math.nan])
def test_a_line_without_t_counts_by_its_timestamp(timestamp: str, t: Any) -> None:
    assert read(line(t=t, timestamp=timestamp, offers=True)) == [(1.5, Listening("cp"))]


@pytest.mark.parametrize("message", [[2, "a", "Reset", {}], '[2,"a","Reset",{}]'])
def test_a_message_may_be_an_array_or_its_text(message: Any) -> None:
    said = only(read(line(dir="cs>cp", message=message)))
    assert said == Said("cp", "CP_1", False, Call("a", "Reset", {}))


@pytest.mark.parametrize(
    ("message", "why"),
    [({}, "not an OCPP-J array"), ([2], "not an OCPP-J array"), ("x", "not JSON"), (None, None)],
)
def test_what_is_no_message_is_said_all_the_same(message: Any, why: str | None) -> None:
    said = only(read(line(dir="cp>cs", message=message)))
    assert said == Said("cp", "CP_1", True, Malformed(why or "not an OCPP-J array"))


def test_a_loss_without_its_beginning_is_at_its_stamp() -> None:
    assert read(line(lost=2)) == [(1.5, Listening("cp", "2 lines lost")), (1.5, Listening("cp"))]


def test_an_end_that_gives_no_reason_tells_no_more() -> None:
    assert only(read(line(offers=False))) == Listening("cp", "it tells no more")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        (b"\xff", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"t": 1.5', "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "no text as timestamp"),
        (line(), "of no kind that is known"),
        (line(t=10**400, offers=True), "int too large to convert to float"),
        (line(t=None, timestamp="today", offers=True), "Invalid isoformat string: 'today'"),
        (line(point="plot", offers=True), "a point that is neither csms nor cp"),
        (line(point=1, offers=True), "no text as point"),
        (line(message=[]), "no text as dir"),
        (line(message=[], dir="up"), "a dir that is neither cp>cs nor cs>cp"),
        (line(message=[], dir="cp>cs", cp_id=1), "no text as cp_id"),
        (line(connection="lost"), "a connection that is neither connected, closed nor refused"),
        (line(gap="?"), "a gap that neither begins nor ends"),
    ],
)  # fmt: skip
def test_a_line_that_tells_nothing_says_why(text: str | bytes, why: str) -> None:
    assert read(text) == BadLine(why)


@given(st.text() | st.binary() | st.dictionaries(
    st.sampled_from(["t", "timestamp", "point", "cp_id", "dir", "message", "connection", "why",
                     "offers", "lost", "since", "gap"]), json_values).map(json.dumps))  # fmt: skip
def test_no_line_raises(text: str | bytes) -> None:
    assert isinstance(read(text), list | BadLine)
