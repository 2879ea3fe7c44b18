"""OCPP 1.6 payloads against the schemas, and to and from typed classes."""

import json
from dataclasses import fields
from importlib import resources
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.charge_point import camel_to_snake_case, snake_to_camel_case
from ocpp.v16 import call, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import AuthorizationStatus

from rig.ocppj.logic.framing import Call, parse
from rig.ocppj.schemas import (
    ACTIONS,
    first_error,
    payload_of,
    request_of,
    response_of,
    validator_of,
    violation,
)
from tests.memory import memory_within

TIME = "2026-01-31T12:00:00Z"
START = {"connectorId": 1, "idTag": "RIG", "meterStart": 0, "timestamp": TIME}
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
METER = {"connectorId": 1, "meterValue": [{"timestamp": TIME, "sampledValue": [{"value": "5"}]}]}


def profile(**schedule: Any) -> dict[str, Any]:
    periods = [{"startPeriod": 0, "limit": 16}]
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 7,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": periods}
            | schedule,
        },
    }


def limit(value: float) -> dict[str, Any]:
    return profile(chargingSchedulePeriod=[{"startPeriod": 0, "limit": value}])


LEAP_SECOND = START | {"timestamp": "2016-12-31T23:59:60Z"}
# OCPP-J 1.6 table 7, JE 5.1 and 5.2; most of the table is `tests/test_bad_input.py`.
CASES: list[tuple[str, dict[str, Any], str | None]] = [
    ("Heartbeat", {}, None),
    ("StartTransaction", START, None),
    ("MeterValues", METER, None),
    ("SetChargingProfile", profile(), None),
    ("SetChargingProfile", limit(0.3), None),  # one decimal, not exact in binary
    ("MeterValues", METER | {"meterValue": [{"timestamp": TIME}]}, "ProtocolError"),
    ("StartTransaction", START | {"connectorId": 0}, "PropertyConstraintViolation"),  # 6.45
    ("StartTransaction", START | {"connectorId": -1}, "PropertyConstraintViolation"),
    ("MeterValues", METER | {"connectorId": 0}, None),  # 6.31: the main meter
    ("MeterValues", METER | {"connectorId": -1}, "PropertyConstraintViolation"),
    ("StatusNotification", STATUS | {"connectorId": 0}, None),  # 6.47: the charge point itself
    ("StatusNotification", STATUS | {"connectorId": -1}, "PropertyConstraintViolation"),
    ("StartTransaction", LEAP_SECOND, None),
    ("StartTransaction", START | {"timestamp": "x:60Z"}, "PropertyConstraintViolation"),
]


@pytest.mark.parametrize(("action", "payload", "code"), CASES)
def test_a_payload_has_the_code_of_its_clause(
    action: str, payload: dict[str, Any], code: str | None
) -> None:
    assert violation(action, payload) == code


def test_the_literal_profile_of_the_seed_lacks_its_kind() -> None:
    payload = profile()
    del payload["csChargingProfiles"]["chargingProfileKind"]
    assert violation("SetChargingProfile", payload) == "ProtocolError"


@pytest.mark.parametrize("number", ["1e400", "1" + "0" * 400])
def test_a_number_out_of_range_breaks_the_schema(number: str) -> None:
    text = json.dumps(profile()).replace("16", number)
    message = parse(f'[2,"a","SetChargingProfile",{text}]')
    assert isinstance(message, Call)
    assert violation(message.action, message.payload) == "TypeConstraintViolation"


@pytest.mark.parametrize(("number", "is_good"), [(3.4028234e38, True), (1e39, False)])
def test_a_number_is_one_that_a_float_of_32_bits_holds(number: float, is_good: bool) -> None:
    code = None if is_good else "TypeConstraintViolation"
    assert violation("SetChargingProfile", limit(number)) == code


@pytest.mark.parametrize(
    ("number", "is_good"), [(2**63 - 1, True), (2**63, False), (10**30, False)]
)
def test_an_integer_is_one_that_64_bits_hold(number: int, is_good: bool) -> None:
    found = [
        violation("StartTransaction", START | {"meterStart": sign * number}) for sign in (1, -1)
    ]
    assert found[0] == (None if is_good else "TypeConstraintViolation")
    assert found[1] == (None if number <= 2**63 else "TypeConstraintViolation")


def test_a_deeply_nested_payload_is_a_violation_and_no_error() -> None:
    nested: Any = "x"
    for _ in range(900):
        nested = [nested]
    assert violation("StartTransaction", START | {"idTag": nested}) is not None


def paths(error: jsonschema_rs.ValidationError) -> tuple[list[Any], list[Any]]:
    """Which rule is broken, and where."""
    return error.schema_path, error.instance_path


BAD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 0.15, 10**30, "", "x" * 300, "ö\n", [], {}, [{}], {"x": 1}]
)
PAYLOADS = [case[:2] for case in CASES]


@st.composite
def damaged(draw: st.DrawFn, value: Any) -> Any:
    """A value of which parts are missing, too much, or replaced."""
    if draw(st.integers(0, 5)) == 0:
        return draw(BAD)
    if isinstance(value, list):
        return [draw(damaged(item)) for item in value] * draw(st.integers(1, 3))
    if not isinstance(value, dict):
        return value
    kept = {key: draw(damaged(item)) for key, item in value.items() if draw(st.integers(0, 9))}
    return kept | draw(st.dictionaries(st.sampled_from(["x", ""]), BAD, max_size=1))


@given(st.data(), st.sampled_from(PAYLOADS))
def test_the_first_error_is_one_of_all_and_there_is_one_where_there_are_any(
    data: st.DataObject, payload: tuple[str, dict[str, Any]]
) -> None:
    """And so its code is that of its clause. Of two, either may be the first."""
    validator, value = validator_of(payload[0]), data.draw(damaged(payload[1]))
    found = [paths(error) for error in validator.iter_errors(value)]
    assert validator.is_valid(value) == (not found)
    assert not found or paths(first_error(validator, value)) in found


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("MeterValues", METER | {"meterValue": [{}] * 20_000}),
        ("GetConfiguration", {"key": [0] * 20_000}),
        ("SendLocalList", {"listVersion": 1, "localAuthorizationList": [{}] * 20_000}),
    ],
)
def test_no_error_is_made_but_the_first(action: str, payload: dict[str, Any]) -> None:
    """All of them are more than 100 MB."""
    violation(action, {})
    with memory_within(20 << 20):
        assert violation(action, payload) is not None


def test_a_response_is_judged_by_the_schema_of_the_response() -> None:
    conf = {"currentTime": TIME}
    assert violation("Heartbeat", conf, response=True) is None
    assert violation("Heartbeat", {}, response=True) == "ProtocolError"
    assert violation("Heartbeat", conf) == "FormationViolation"


WITHOUT_FIELDS = [name for name in sorted(ACTIONS) if not fields(getattr(call_result, name))]


@pytest.mark.parametrize("name", WITHOUT_FIELDS)
def test_a_response_without_fields_needs_no_check(name: str) -> None:
    """rig/ocppj/peer.py makes none."""
    assert "MeterValues" in WITHOUT_FIELDS
    assert violation(name, {}, response=True) is None


def test_what_is_typed_and_what_is_a_dict_have_the_same_payload_without_what_is_none() -> None:
    typed = IdTagInfo(status=AuthorizationStatus.accepted, parent_id_tag="P")
    conf = {"idTagInfo": {"status": "Accepted", "parentIdTag": "P"}}
    assert payload_of(call_result.Authorize(id_tag_info=typed)) == conf
    plain: Any = {"status": "Accepted", "parent_id_tag": "P", "expiry_date": None}
    assert payload_of(call_result.Authorize(id_tag_info=plain)) == conf


@pytest.mark.parametrize("value", [None, {}, {"currentTime": TIME}, "text", [1]])
def test_what_is_no_request_and_no_response_has_no_payload(value: Any) -> None:
    with pytest.raises(TypeError, match="is no request and no response"):
        payload_of(value)


@pytest.mark.parametrize(
    "action_and_payload",
    [
        ("SecurityEventNotification", {"type": "X", "timestamp": TIME, "techInfo": "ö\n"}),
        (
            "InstallCertificate",
            {"certificateType": "ManufacturerRootCertificate", "certificate": "-\n"},
        ),
        ("DataTransfer", {"vendorId": "v", "data": "ö\n"}),
        ("CertificateSigned", {"certificateChain": "-----BEGIN CERTIFICATE-----\n"}),
        ("SignCertificate", {"csr": "-----BEGIN CERTIFICATE REQUEST-----\n"}),
        (
            "SignedUpdateFirmware",
            {
                "requestId": 1,
                "firmware": {
                    "location": "ftp://192.0.2.1/firmware",
                    "retrieveDateTime": TIME,
                    "signingCertificate": "-----BEGIN CERTIFICATE-----\nMIIB\n",
                    "signature": "TUlJ\nQg==\n",  # Base64 may come in lines
                },
            },
        ),
    ],
)
def test_what_is_no_cistring_may_hold_any_character(
    action_and_payload: tuple[str, dict[str, Any]],
) -> None:
    assert violation(*action_and_payload) is None


def test_a_list_of_cistrings_is_checked_item_by_item() -> None:
    assert violation("GetConfiguration", {"key": ["A", "B"]}) is None
    assert violation("GetConfiguration", {"key": ["A", "ö"]}) == "PropertyConstraintViolation"


@given(st.text())
def test_no_moment_raises(text: str) -> None:
    assert violation("Heartbeat", {"currentTime": text}, response=True) in (
        None,
        "PropertyConstraintViolation",
        "FormationViolation",
    )


def test_a_request_becomes_typed_and_back() -> None:
    typed = request_of("StartTransaction", START)
    assert typed == call.StartTransaction(
        connector_id=1, id_tag="RIG", meter_start=0, timestamp=TIME
    )
    assert payload_of(typed) == START


def test_a_response_becomes_typed_and_back() -> None:
    conf = {"transactionId": 4, "idTagInfo": {"status": "Accepted", "parentIdTag": "P"}}
    assert payload_of(response_of("StartTransaction", conf)) == conf


def test_there_are_the_28_actions_of_1_6_and_the_11_of_the_security_extension() -> None:
    assert len(ACTIONS) == 39


def names(schema: Any) -> set[str]:
    """Every property name in a schema, however deep."""
    found = set(schema.get("properties", {}))
    parts = [*schema.get("properties", {}).values(), *filter(None, [schema.get("items")])]
    for part in parts:
        found |= names(part)
    return found


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_no_name_of_a_schema_is_lost_on_the_way_to_the_class_and_back(action: str) -> None:
    for kind, of in ((action, request_of), (action + "Response", response_of)):
        file = resources.files("ocpp.v16").joinpath("schemas", f"{kind}.json")
        schema = json.loads(file.read_text("utf-8-sig"))
        whole: dict[str, Any] = dict.fromkeys(names(schema), 0)
        assert snake_to_camel_case(camel_to_snake_case(whole)) == whole
        top = dict.fromkeys(schema.get("properties", {}), 0)
        assert payload_of(of(action, top)) == top
        assert schema["additionalProperties"] is False  # else an unknown name would raise


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_whatever_the_standard_leaves_out_a_request_can_be_made_without(action: str) -> None:
    """techInfo and requestId of the security extension, which the package's classes demand; and
    localAuthorizationList, of which they make an empty one."""
    file = resources.files("ocpp.v16").joinpath("schemas", f"{action}.json")
    required = json.loads(file.read_text("utf-8-sig")).get("required", [])
    payload = dict.fromkeys(required, "x")
    made = payload_of(request_of(action, payload))
    assert made == payload
