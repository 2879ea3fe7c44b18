"""The table of `rig send`: options in, the payload of OCPP 1.6 edition 2, clause 6, out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.csms.logic.requests import (
    OPTIONS,
    REQUESTS,
    example,
    example_of,
    is_accepted,
    number,
    payload_of,
    usage_of,
)
from rig.ocppj.schemas import violation

# What nobody can say in a few options, and goes as JSON.
JSON_ONLY = {
    "CertificateSigned",
    "DeleteCertificate",
    "GetInstalledCertificateIds",
    "GetLog",
    "InstallCertificate",
    "SendLocalList",
    "SignedUpdateFirmware",
}


def test_a_profile_takes_each_of_its_options_to_its_place() -> None:
    given = {"limit": 11.0, "unit": "W", "purpose": "TxProfile", "transaction": 4, "connector": 2}
    given |= {"profile": 9, "stack-level": 3}
    payload = payload_of("SetChargingProfile", given)
    profile = payload["csChargingProfiles"]
    assert payload["connectorId"] == 2
    assert profile["transactionId"] == 4
    assert (profile["chargingProfileId"], profile["stackLevel"]) == (9, 3)
    assert profile["chargingProfilePurpose"] == "TxProfile"
    assert profile["chargingSchedule"]["chargingRateUnit"] == "W"


def test_a_number_is_one_that_json_has() -> None:
    assert number("16") == 16.0
    for text in ("nan", "inf", "-inf", "16 A"):
        with pytest.raises(ValueError, match=text):
            number(text)


def test_one_payload_leaves_no_trace_in_the_next() -> None:
    payload_of("SetChargingProfile", {"limit": 1.0, "connector": 3})
    again = payload_of("SetChargingProfile", {"limit": 2.0})
    assert again["connectorId"] == 1
    schedule = again["csChargingProfiles"]["chargingSchedule"]
    assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 2.0}]


@pytest.mark.parametrize(
    ("action", "values", "payload"),
    [
        ("RemoteStartTransaction", {}, {"idTag": "RIG", "connectorId": 1}),
        (
            "GetCompositeSchedule",
            {"duration": 60, "unit": "W", "connector": 0},
            {"duration": 60, "chargingRateUnit": "W", "connectorId": 0},
        ),
        ("GetCompositeSchedule", {"duration": 60}, {"duration": 60, "connectorId": 1}),
        (
            "ReserveNow",
            {"reservation": 5, "expiry": "later", "id-tag": "TAG", "connector": 2},
            {"reservationId": 5, "expiryDate": "later", "idTag": "TAG", "connectorId": 2},
        ),
        (
            "ReserveNow",
            {"reservation": 5, "expiry": "later"},
            {"reservationId": 5, "expiryDate": "later", "idTag": "RIG", "connectorId": 1},
        ),
        (
            "ClearChargingProfile",
            {"profile": 7, "purpose": "TxProfile", "stack-level": 3, "connector": 2},
            {"id": 7, "chargingProfilePurpose": "TxProfile", "stackLevel": 3, "connectorId": 2},
        ),
        ("ChangeAvailability", {"type": "Inoperative"}, {"type": "Inoperative", "connectorId": 1}),
        (
            "RemoteStartTransaction",
            {"id-tag": "ABC", "connector": 2},
            {"idTag": "ABC", "connectorId": 2},
        ),
        ("UnlockConnector", {}, {"connectorId": 1}),
        ("ClearChargingProfile", {}, {}),
        ("DataTransfer", {"vendor": "v", "data": "d"}, {"vendorId": "v", "data": "d"}),
    ],
)
def test_options_become_the_payload(
    action: str, values: dict[str, Any], payload: dict[str, Any]
) -> None:
    assert payload_of(action, values) == payload


def test_an_option_of_another_action_is_refused_and_its_own_are_named() -> None:
    with pytest.raises(ValueError, match="Reset takes no --limit; it takes --type"):
        payload_of("Reset", {"limit": 16.0})


def test_an_action_that_takes_none_points_to_json() -> None:
    with pytest.raises(ValueError, match="GetLog takes no --type; it takes no option but --json"):
        payload_of("GetLog", {"type": "SecurityLog"})


def test_an_option_that_is_needed_is_named() -> None:
    with pytest.raises(ValueError, match="SetChargingProfile needs --limit"):
        payload_of("SetChargingProfile", {})


@pytest.mark.parametrize("action", sorted(REQUESTS.keys() - JSON_ONLY))
def test_every_example_is_valid_by_the_official_schema(action: str) -> None:
    assert violation(action, example_of(action)) is None


@given(st.data())
def test_whatever_options_are_given_the_payload_is_valid_by_the_official_schema(
    data: st.DataObject,
) -> None:
    action = data.draw(st.sampled_from(sorted(REQUESTS.keys() - JSON_ONLY)))
    request = REQUESTS[action]
    taken = data.draw(st.sets(st.sampled_from(sorted(request.takes)))) if request.takes else set()
    values = {name: example(action, name) for name in {*request.needs, *taken}}
    assert violation(action, payload_of(action, values)) is None


def test_every_option_is_taken_by_some_action() -> None:
    taken = {name for request in REQUESTS.values() for name in (*request.needs, *request.takes)}
    assert taken == set(OPTIONS)


def test_the_usage_tells_what_is_needed_from_what_may_be_left_out() -> None:
    assert usage_of("TriggerMessage") == "TriggerMessage --message MESSAGE [--connector N]"


@pytest.mark.parametrize(
    "response",
    [
        {"status": "Accepted"},
        {"status": "Scheduled"},  # ChangeAvailability, 7.3
        {"status": "RebootRequired"},  # ChangeConfiguration, 7.22
        {"status": "Unlocked"},  # UnlockConnector, 7.46
        {"status": "AcceptedCanceled", "filename": "log"},  # GetLog, security 5
        {"listVersion": 3},
        {},
    ],
)
def test_what_the_charge_point_will_do_is_accepted(response: dict[str, Any]) -> None:
    assert is_accepted(response)


@pytest.mark.parametrize(
    "status",
    ["Rejected", "NotSupported", "Unknown", "UnlockFailed", "VersionMismatch", "NotImplemented"],
)
def test_anything_else_is_not(status: str) -> None:
    assert not is_accepted({"status": status})
