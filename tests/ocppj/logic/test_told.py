"""The lines that one end tells of OCPP."""

import json
from typing import Any

import pytest

from rig.ocppj.logic.told import Lines

NOW = 1.5  # s since 1970
STAMP = {"timestamp": "1970-01-01T00:00:01.500000+00:00", "t": 1.5}
CSMS = Lines("csms")


def refuse(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def fields(line: bytes) -> dict[str, Any]:
    """By a reader that takes nothing but JSON, a whole line each."""
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    read: dict[str, Any] = json.loads(line, parse_constant=refuse)
    return read


def message(text: str) -> Any:
    return fields(CSMS.message(NOW, "CP_1", text, by_charge_point=True))["message"]


def test_a_message_says_when_where_who_which_way_and_what() -> None:
    line = fields(CSMS.message(NOW, "CP_1", '[2,"a","Heartbeat",{}]', by_charge_point=False))
    assert list(line) == ["timestamp", "t", "point", "cp_id", "dir", "message"]
    what = {"point": "csms", "cp_id": "CP_1", "dir": "cs>cp"}
    assert line == STAMP | what | {"message": [2, "a", "Heartbeat", {}]}


def test_the_direction_is_that_of_the_message_whoever_tells_it() -> None:
    lines = [Lines(point).message(NOW, "CP_1", "[]", by_charge_point=True) for point in "ab"]
    assert [fields(line)["dir"] for line in lines] == ["cp>cs", "cp>cs"]


@pytest.mark.parametrize(
    "text",
    [
        *("nonsense", "", "[" * 10_000, '[2,"a","x",{"x":NaN}]', '[2,"a","x",{"x":1e400}]'),
        *("\x1b\n", '[2,"a","x",{"x":1,"x":2}]'),
    ],
    ids=lambda text: text[:24],
)
def test_what_is_not_json_is_told_as_a_string(text: str) -> None:
    assert message(text) == text


def test_no_text_breaks_a_line_in_two() -> None:
    assert message('["a\\nb\\u2028"]') == ["a\nb\u2028"]
    assert message("a\nb") == "a\nb"


def test_no_secret_is_told() -> None:
    secret = "00112233445566778899"
    change = [2, "a", "ChangeConfiguration", {"key": "AuthorizationKey", "value": secret}]
    text = json.dumps(change)
    assert message(text) == [*change[:3], {"key": "AuthorizationKey", "value": "***"}]
    assert secret not in message(text[:-1])


def test_the_reason_of_a_connection_has_no_password_and_no_secret() -> None:
    told = fields(CSMS.connection(NOW, "CP_1", "refused", "no ws://CP_1:hush@csms.lan/ today"))
    assert told["why"] == "no ws://***@csms.lan/ today"
    told = fields(CSMS.connection(NOW, "CP_1", "closed", "AuthorizationKey was 0011"))
    assert told["why"] == "(25 characters that name a secret)"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (
            CSMS.connection(NOW, "CP_1", "connected"),
            {"cp_id": "CP_1", "connection": "connected", "why": ""},
        ),
        (CSMS.offers(NOW), {"offers": True}),
        (CSMS.ended(NOW, "it ended"), {"offers": False, "why": "it ended"}),
        (CSMS.lost(NOW, 12, 0.5), {"lost": 12, "since": 0.5}),
        (CSMS.gap_begins(NOW), {"gap": "begins"}),
        (CSMS.gap_ends(NOW, 2), {"gap": "ends", "messages": 2}),
    ],
    ids=["connection", "offers", "ended", "lost", "gap begins", "gap ends"],
)
def test_all_else_says_when_where_and_what(line: bytes, what: dict[str, Any]) -> None:
    assert fields(line) == STAMP | {"point": "csms"} | what
