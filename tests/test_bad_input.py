"""Bad input, in both directions: to the central system's end and to the charge point's.

One table, a row a text: what it is, the text, and what becomes of it. Sources: OCPP-J 1.6 clause 4
and table 7 with the errata 2025-04 (5.1, 5.2); OCPP 1.6 edition 2 with its errata (3.24, 3.38);
RFC 6455, 7.4.1 for the close codes. Whatever comes, the answer is short and the next CALL works.
"""

import asyncio
import json
import logging
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.ocppj.peer import MAX_SIZE
from tests.ocpp_ends import ENDS, TIME, Broken, both_ends, joined

IGNORED = "ignored"  # no reply; a fault of the sender, or of nobody (unknown message types)
ASKED = "asked"  # valid: handed over
FORMATION, PROTOCOL = "FormationViolation", "ProtocolError"
TYPE, PROPERTY = "TypeConstraintViolation", "PropertyConstraintViolation"
OCCURENCE = "OccurenceConstraintViolation"  # the standard's spelling

LONGEST_REPLY = 512  # bytes


def a_call(action: str, payload: Any) -> str:
    return json.dumps([2, "a", action, payload])


def authorize(id_tag: Any) -> str:
    return a_call("Authorize", {"idTag": id_tag})


def heartbeat(unique_id: Any) -> str:
    return json.dumps([2, unique_id, "Heartbeat", {}])


def start(**fields: Any) -> str:
    valid = {"connectorId": 1, "idTag": "RIG", "meterStart": 0, "timestamp": TIME}
    return a_call("StartTransaction", valid | fields)


def status(**fields: Any) -> str:
    valid = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    return a_call("StatusNotification", valid | fields)


def profile(limit: str = "16", unit: str = "A", periods: str | None = None) -> str:
    periods = periods or f'[{{"startPeriod":0,"limit":{limit}}}]'
    return (
        '[2,"a","SetChargingProfile",{"connectorId":1,"csChargingProfiles":{"chargingProfileId":7,'
        '"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Relative",'
        f'"chargingSchedule":{{"chargingRateUnit":"{unit}","chargingSchedulePeriod":{periods}}}}}}}]'
    )


def tags(count: int) -> str:
    info = {"status": "Accepted", "expiryDate": TIME, "parentIdTag": "P"}
    known = [{"idTag": f"RIG{number}", "idTagInfo": info} for number in range(count)]
    payload = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": known}
    return json.dumps([2, "a", "SendLocalList", payload], separators=(",", ":"))


def samples(count: int) -> str:
    """The end of a transaction that kept 5 samples at a time."""
    sampled = {"value": "16.5", "measurand": "Current.Import", "unit": "A", "phase": "L1"}
    value = {"timestamp": TIME, "sampledValue": [sampled] * 5}
    payload = {"transactionId": 1, "meterStop": 0, "timestamp": TIME}
    data = {"transactionData": [value] * (count // 5)}
    return json.dumps([2, "a", "StopTransaction", payload | data], separators=(",", ":"))


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


Row = tuple[str, str | bytes | type[Broken], str]
TABLE: list[Row] = [
    # 1 the action
    ("action unknown", a_call("Nonsense", {}), "NotImplemented"),
    ("action in the wrong case", a_call("heartbeat", {}), "NotImplemented"),
    ("action empty", a_call("", {}), "NotImplemented"),
    ("action of 100 kB", a_call("x" * 100_000, {}), "NotImplemented"),
    ("action of OCPP 2.0.1", a_call("TransactionEvent", {}), "NotImplemented"),
    # 2 no message
    ("text empty", "", IGNORED),
    ("no JSON", "nonsense", IGNORED),
    ("JSON truncated", '[2,"a","Heartbeat",{}', IGNORED),
    ("JSON and more", '[2,"a","Heartbeat",{}]]', IGNORED),
    ("two messages", heartbeat("a") * 2, IGNORED),
    ("a number", "42", IGNORED),
    ("a text", '"text"', IGNORED),
    ("null", "null", IGNORED),
    ("an object", "{}", IGNORED),
    ("an empty array", "[]", IGNORED),
    ("a type alone", "[2]", IGNORED),
    # 3 the shape
    ("2 elements", '[2,"a"]', FORMATION),
    ("3 elements", '[2,"a","Heartbeat"]', FORMATION),
    ("5 elements", '[2,"a","Heartbeat",{},{}]', FORMATION),
    ("action a number", '[2,"a",1,{}]', FORMATION),
    ("action null", '[2,"a",null,{}]', FORMATION),
    ("action a list", '[2,"a",["Heartbeat"],{}]', FORMATION),
    ("action an object", '[2,"a",{},{}]', FORMATION),
    # 4 the id: nothing to answer to
    ("id a number", heartbeat(1), IGNORED),
    ("id null", heartbeat(None), IGNORED),
    ("id an object", heartbeat({}), IGNORED),
    ("id a list", heartbeat(["a"]), IGNORED),
    ("id empty", heartbeat(""), IGNORED),
    ("id of 36 characters", heartbeat("x" * 36), ASKED),
    ("id of 37 characters", heartbeat("x" * 37), IGNORED),
    ("id of 100 kB", heartbeat("x" * 100_000), IGNORED),
    ("id with a control character", heartbeat("a\x1b[2J"), IGNORED),
    ("id with a line break", heartbeat("a\nb"), IGNORED),
    ("id with NUL", heartbeat("\0"), IGNORED),
    ("id with half a surrogate pair", '[2,"\\ud800","Heartbeat",{}]', IGNORED),
    ("id not ASCII", heartbeat("ä"), IGNORED),
    # 5 the message type, the payload
    ("type 5", '[5,"a","Heartbeat",{}]', IGNORED),
    ("type 1", '[1,"a","Heartbeat",{}]', IGNORED),
    ("type a text", '["2","a","Heartbeat",{}]', IGNORED),
    ("type true", '[true,"a","Heartbeat",{}]', IGNORED),
    ("type 2.0", '[2.0,"a","Heartbeat",{}]', IGNORED),
    ("type -2", '[-2,"a","Heartbeat",{}]', IGNORED),
    ("type null", '[null,"a","Heartbeat",{}]', IGNORED),
    ("payload null is an empty one", '[2,"a","Heartbeat",null]', ASKED),
    ("payload a list", a_call("Heartbeat", []), FORMATION),
    ("payload a text", a_call("Heartbeat", "x"), FORMATION),
    ("payload a number", a_call("Heartbeat", 0), FORMATION),
    ("payload false", a_call("Heartbeat", False), FORMATION),
    # 6 the fields
    ("field missing", a_call("Authorize", {}), PROTOCOL),
    ("payload null where a field must be", a_call("Authorize", None), PROTOCOL),
    ("field missing deep inside", profile(periods='[{"startPeriod":0}]'), PROTOCOL),
    ("field too much", a_call("Heartbeat", {"x": 1}), FORMATION),
    ("field in the wrong case", a_call("Authorize", {"idtag": "RIG"}), FORMATION),
    (
        "field too much deep inside",
        profile(periods='[{"startPeriod":0,"limit":1,"x":1}]'),
        FORMATION,
    ),
    ("field null", start(idTag=None), TYPE),
    ("text for a number", start(connectorId="1"), TYPE),
    ("true for a number", start(connectorId=True), TYPE),
    ("fraction for an integer", start(connectorId=1.5), TYPE),
    ("number for a text", authorize(1), TYPE),
    ("object for a list", a_call("MeterValues", {"connectorId": 1, "meterValue": {}}), TYPE),
    ("list empty", a_call("MeterValues", {"connectorId": 1, "meterValue": []}), OCCURENCE),
    ("enumeration unknown", status(status="Bored"), PROPERTY),
    ("enumeration in the wrong case", status(status="available"), PROPERTY),
    ("unit unknown", profile(unit="V"), PROPERTY),  # errata 3.38
    ("text of 20 characters", authorize("x" * 20), ASKED),
    ("text of 21 characters", authorize("x" * 21), PROPERTY),
    ("text of 100 kB", authorize("x" * 100_000), PROPERTY),
    ("text empty where it may be", authorize(""), ASKED),
    ("moment with a zone", start(timestamp="2026-01-31T13:00:00.5+01:00"), ASKED),
    ("moment without a zone", start(timestamp="2026-01-31T12:00:00"), ASKED),  # as many write it
    ("moment that is none", start(timestamp="yesterday"), PROPERTY),
    ("moment of a day that is none", start(timestamp="2026-02-30T12:00:00Z"), PROPERTY),
    ("moment without a time", start(timestamp="2026-01-31"), PROPERTY),
    ("moment empty", start(timestamp=""), PROPERTY),
    ("limit with one decimal", profile("21.4"), ASKED),
    ("limit with two decimals", profile("6.15"), PROPERTY),
    # S 2.2: a CiString holds printable ASCII only
    ("identifier with NUL", authorize("RIG\0"), PROPERTY),
    ("identifier with a line break", authorize("a\nb"), PROPERTY),
    ("identifier with an escape sequence", authorize("\x1b[2J"), PROPERTY),
    ("identifier not ASCII", authorize("größer"), PROPERTY),
    ("identifier that turns the text round", authorize("\u202eGIR"), PROPERTY),
    (
        "text without a length not ASCII",
        a_call("DataTransfer", {"vendorId": "v", "data": "ö\n"}),
        ASKED,
    ),
    # 7 JSON at its edges
    ("NaN", profile("NaN"), IGNORED),
    ("Infinity", profile("Infinity"), IGNORED),
    ("-Infinity", profile("-Infinity"), IGNORED),
    ("number out of range", profile("1e400"), TYPE),
    ("integer of 5000 digits", profile("9" * 5000), TYPE),
    ("integer of 5000 digits as type", f'[{"2" * 5000},"a","Heartbeat",{{}}]', IGNORED),
    ("nested 900 deep", f'[2,"a","Authorize",{{"idTag":{nested(900)}}}]', FORMATION),
    ("nested 15 000 deep", f'[2,"a","Authorize",{{"idTag":{nested(15_000)}}}]', IGNORED),
    ("100 000 opening brackets", "[" * 100_000, IGNORED),
    ("100 000 opening braces", '{"a":' * 100_000, IGNORED),
    ("key twice", '[2,"a","Authorize",{"idTag":"a","idTag":"b"}]', IGNORED),
    ("half a surrogate pair", '[2,"a","Authorize",{"idTag":"\\ud800"}]', FORMATION),
    ("half a surrogate pair as name", '[2,"a","Authorize",{"\\udc00":"x"}]', FORMATION),
    ("half a surrogate pair as action", '[2,"a","\\ud800",{}]', "NotImplemented"),
    ("byte order mark", "\ufeff" + heartbeat("a"), IGNORED),
    ("binary frame", heartbeat("a").encode(), IGNORED),
    ("binary frame that is no UTF-8", b"\xff\x00", IGNORED),
    ("white space around", f" \n{heartbeat('a')}\t", ASKED),
    ("text frame that is no UTF-8", Broken, "1007"),
    # 8 the size
    ("17 000 values", a_call("GetConfiguration", {"key": ["a"] * 17_000}), FORMATION),
    (
        "70 000 commas in a text",
        a_call("DataTransfer", {"vendorId": "v", "data": "," * 70_000}),
        ASKED,
    ),
    ("17 000 values in an answer to nothing", f'[3,"x",[{"0," * 17_000}0]]', IGNORED),
    ("9 000 tags", tags(9000), ASKED),
    ("8 000 samples", samples(8000), ASKED),
    ("text of 1 MiB", " " * (MAX_SIZE - 30) + heartbeat("a"), ASKED),
    ("text of more than 1 MiB", " " * MAX_SIZE + heartbeat("a"), "1009"),
    # 9 answers to nothing
    ("CALLRESULT to nothing", '[3,"x",{}]', IGNORED),
    ("CALLRESULT of 2 elements", '[3,"x"]', IGNORED),
    ("CALLRESULT of 4 elements", '[3,"x",{},{}]', IGNORED),
    ("CALLRESULT with a list", '[3,"x",[]]', IGNORED),
    ("CALLERROR to nothing", '[4,"x","GenericError","",{}]', IGNORED),
    ("CALLERROR of 3 elements", '[4,"x","GenericError"]', IGNORED),
    ("CALLERROR with a number", '[4,"x",1,"",{}]', IGNORED),
    ("CALLERROR of 100 kB", json.dumps([4, "x", "GenericError", "x" * 100_000, {}]), IGNORED),
]


@both_ends
@pytest.mark.parametrize(("text", "outcome"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE])
async def test_a_bad_input(
    end: str, text: str | bytes | type[Broken], outcome: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "rig"):
        async with joined(end) as other:
            await other.says(text)
            if outcome.isdigit():
                await other.ended()
                assert other.socket.close_code == int(outcome)
                return
            replies = await other.settled()
            assert [reply[:3] for reply in replies] == answers(outcome)
            assert len(other.asked) == (outcome == ASKED)
            assert len(json.dumps(replies)) <= LONGEST_REPLY
            await other.still_works()
    assert len(caplog.records) <= 5
    assert all(len(record.getMessage()) <= 300 for record in caplog.records)


def answers(outcome: str) -> list[list[Any]]:
    """The start of what the peer says."""
    return [] if outcome in (IGNORED, ASKED) else [[4, "a", outcome]]


def test_every_name_in_the_table_is_there_once() -> None:
    names = [name for name, _, _ in TABLE]
    assert sorted(set(names)) == sorted(names)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=2000),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
ids = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=36)
actions = st.sampled_from(["Heartbeat", "Authorize", "MeterValues", "SetChargingProfile", "x"])
near_misses = st.tuples(st.sampled_from([2, 2, 2, 3, 4, 5]), ids, actions | st.text(), json_values)
bad_texts = st.one_of(
    near_misses.map(json.dumps),
    st.lists(json_values, max_size=6).map(json.dumps),
    st.text(st.characters(exclude_categories=["Cs"])),
)


@given(st.sampled_from(ENDS), bad_texts)
def test_no_text_gets_a_long_reply_or_ends_the_session(end: str, text: str) -> None:
    async def exchange() -> None:
        async with joined(end) as other:
            await other.says(text)
            replies = await other.settled()
            assert sum(len(json.dumps(reply)) for reply in replies) <= LONGEST_REPLY
            await other.still_works()

    asyncio.run(exchange())


def test_the_recursion_limit_is_the_usual_one() -> None:
    """The depths in the table mean something only with it."""
    assert sys.getrecursionlimit() <= 3000
