"""What a log and a recording never get."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16 import call

from rig.role.logic.secrets import (
    HIDDEN,
    SECRET_KEYS,
    beginning,
    hide,
    hide_passwords,
    hide_reason,
    is_secret,
)

SECRET = "s3cret-0123456789"
CHANGE = f'[2,"a","ChangeConfiguration",{{"key":"AuthorizationKey","value":"{SECRET}"}}]'
PLAIN = '[2,"a","ChangeConfiguration",{"key":"HeartbeatInterval","value":"300"}]'


def test_the_authorization_key_is_a_secret_however_it_is_spelled() -> None:
    """CiString50Type: no case."""
    assert is_secret("AuthorizationKey")
    assert is_secret("AUTHORIZATIONKEY")
    assert not is_secret("HeartbeatInterval")
    assert not is_secret(None)


@pytest.mark.parametrize(
    "text",
    [
        CHANGE,
        CHANGE.replace("AuthorizationKey", "authorizationKEY"),
        CHANGE.replace("Auth", "\\u0041uth"),  # the same in JSON
        CHANGE.replace('"key"', '"value":"x","key"'),  # a name twice
        CHANGE.replace('"}]', '","key":"x"}]'),
        CHANGE[:-1],  # not JSON
        CHANGE.replace("}]", ',"n":NaN}]'),
        f'[3,"a",{{"configurationKey":[{{"key":"AuthorizationKey","value":"{SECRET}"}}]}}]',
        f'[2,"a","DataTransfer",{{"vendorId":"x","data":"AuthorizationKey={SECRET}"}}]',
        f'[4,"a","GenericError","AuthorizationKey {SECRET} is too short",{{}}]',
        f'[2,"a","GetDiagnostics",{{"location":"ftp://me:{SECRET}@host/"}}]',
        f'[2,"a","GetDiagnostics",{{"location":"ftp:\\/\\/me:{SECRET}@host\\/"}}]',
        f"ws://CP_1:{SECRET}@csms.lan/",
    ],
)
def test_no_text_keeps_its_secret(text: str) -> None:
    assert SECRET in text
    assert SECRET not in hide(text)


def test_all_but_the_secret_stays() -> None:
    assert json.loads(hide(CHANGE)) == [
        2,
        "a",
        "ChangeConfiguration",
        {"key": "AuthorizationKey", "value": HIDDEN},
    ]
    assert hide_passwords("ftp://me:pass@host/a@b") == "ftp://***@host/a@b"


@pytest.mark.parametrize(
    "text",
    [PLAIN, "", "nonsense", '["a@b.c"]', '[2,"a","GetConfiguration",{"key":["AuthorizationKey"]}]'],
)
def test_a_text_without_a_secret_is_what_it_was(text: str) -> None:
    assert hide(text) == text


def test_a_text_that_is_not_json_but_names_a_secret_is_left_out() -> None:
    assert hide(CHANGE[:-1]) == f"({len(CHANGE) - 1} characters that name a secret)"


def test_what_a_peer_says_of_a_request_with_a_secret_is_hidden() -> None:
    secret = call.ChangeConfiguration("AuthorizationKey", SECRET)
    plain = call.ChangeConfiguration("HeartbeatInterval", "x")
    assert hide_reason(f"{SECRET} is too short", secret) == HIDDEN
    assert hide_reason("x is no number", plain) == "x is no number"
    assert hide_reason("cannot reach ftp://me:pass@host", plain) == "cannot reach ftp://***@host"


values = st.recursive(
    st.none() | st.integers() | st.sampled_from(["AuthorizationKey", SECRET, "key", "x@y", "é"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["key", "value", "VALUE", "x"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(values)
def test_no_key_has_its_value_left(value: object) -> None:
    def check(part: object) -> None:
        if isinstance(part, dict):
            if "AuthorizationKey" in part.values():
                assert all(part.get(name, HIDDEN) == HIDDEN for name in ("value", "VALUE"))
            part = list(part.values())
        if isinstance(part, list):
            for item in part:
                check(item)

    check(json.loads(hide(json.dumps(value))))


@given(st.text() | st.builds(lambda text: text + "AuthorizationKey\\u", st.text()))
def test_no_text_raises(text: str) -> None:
    assert isinstance(hide(text), str)


def test_no_text_that_is_shorter_than_a_key_spells_it() -> None:
    """Folding makes two letters of some: `ß` is `ss`. None of them is in a key."""
    folded = {chr(code).casefold() for code in range(sys.maxunicode + 1)}
    several = {letters for letters in folded if len(letters) > 1}
    assert "ss" in several
    assert not [letters for letters in several for key in SECRET_KEYS if letters in key]


def test_a_text_of_too_many_values_to_look_at_is_left_out() -> None:
    text = '["AuthorizationKey",' + "0," * 65_536 + "0]"
    assert hide(text) == "(131094 characters, too many values for its length)"


@pytest.mark.parametrize("url", ["ftp://user:s3cret@host/x", r"ftp:\/\/user:s3cret@host\/x"])
@pytest.mark.parametrize("length", range(20, 50))
def test_a_password_that_is_cut_is_not_told_in_part(url: str, length: int) -> None:
    told = hide_passwords(beginning("x" * 20 + url, length))
    assert "use" not in told
    assert "s3" not in told
    assert told.startswith("x" * 20)


def test_a_text_that_is_not_cut_is_told_as_it_is() -> None:
    assert beginning("ftp://host", 10) == "ftp://host"
    assert beginning("ftp://host/x", 11) == "ftp://host/"
