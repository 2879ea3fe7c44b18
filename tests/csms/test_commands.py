"""What can be sent from outside, and what is said about what cannot."""

from typing import Any

import pytest
from ocpp.v16 import call

from rig.csms.commands import InvalidRequest, typed_request
from rig.csms.logic.requests import REQUESTS
from rig.ocppj.schemas import payload_of

CERTIFICATE = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "00",
    "issuerKeyHash": "01",
    "serialNumber": "02",
}
PERIOD = {"startPeriod": 0, "limit": 16.5, "numberPhases": 3}
SCHEDULE = {"chargingRateUnit": "A", "chargingSchedulePeriod": [PERIOD], "minChargingRate": 6}
PROFILE = {
    "chargingProfileId": 7,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": SCHEDULE,
}
LOG = {"remoteLocation": "ftp://host/", "oldestTimestamp": "2026-01-31T12:00:00Z"}
FIRMWARE = {
    "location": "https://host/f",
    "retrieveDateTime": "2026-01-31T12:00:00Z",
    "signingCertificate": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "signature": "s",
}

# By hand, from the field tables of OCPP 1.6 edition 2, clause 6, and of the security extension.
PAYLOADS: dict[str, dict[str, Any]] = {
    "CancelReservation": {"reservationId": 1},
    "ChangeAvailability": {"connectorId": 0, "type": "Inoperative"},
    "ChangeConfiguration": {"key": "HeartbeatInterval", "value": "60"},
    "ClearCache": {},
    "ClearChargingProfile": {"id": 7, "chargingProfilePurpose": "TxProfile"},
    "DataTransfer": {"vendorId": "v", "messageId": "m", "data": "d"},
    "GetCompositeSchedule": {"connectorId": 1, "duration": 60, "chargingRateUnit": "W"},
    "GetConfiguration": {"key": ["HeartbeatInterval"]},
    "GetDiagnostics": {
        "location": "ftp://host/",
        "retries": 1,
        "startTime": "2026-01-31T12:00:00Z",
    },
    "GetLocalListVersion": {},
    "RemoteStartTransaction": {"idTag": "RIG", "connectorId": 1, "chargingProfile": PROFILE},
    "RemoteStopTransaction": {"transactionId": 4},
    "ReserveNow": {
        "connectorId": 1,
        "expiryDate": "2026-01-31T12:00:00Z",
        "idTag": "RIG",
        "reservationId": 1,
    },
    "Reset": {"type": "Soft"},
    "SendLocalList": {
        "listVersion": 1,
        "updateType": "Full",
        "localAuthorizationList": [{"idTag": "RIG", "idTagInfo": {"status": "Accepted"}}],
    },
    "SetChargingProfile": {"connectorId": 1, "csChargingProfiles": PROFILE},
    "TriggerMessage": {"requestedMessage": "MeterValues", "connectorId": 1},
    "UnlockConnector": {"connectorId": 1},
    "UpdateFirmware": {"location": "https://host/f", "retrieveDate": "2026-01-31T12:00:00Z"},
    "CertificateSigned": {"certificateChain": "c"},
    "DeleteCertificate": {"certificateHashData": CERTIFICATE},
    "ExtendedTriggerMessage": {"requestedMessage": "LogStatusNotification"},
    "GetInstalledCertificateIds": {"certificateType": "CentralSystemRootCertificate"},
    "GetLog": {"log": LOG, "logType": "SecurityLog", "requestId": 1},
    "InstallCertificate": {"certificateType": "ManufacturerRootCertificate", "certificate": "c"},
    "SignedUpdateFirmware": {"requestId": 1, "firmware": FIRMWARE},
}


def test_there_are_19_commands_and_7_of_the_security_extension() -> None:
    """28 actions less 10 that only a charge point sends; 11 less 4."""
    assert set(PAYLOADS) == set(REQUESTS)
    assert len(REQUESTS) == 19 + 7


@pytest.mark.parametrize("action", sorted(PAYLOADS))
def test_each_command_is_sent_as_it_was_given(action: str) -> None:
    request = typed_request(action, PAYLOADS[action])
    assert isinstance(request, getattr(call, action))
    assert payload_of(request) == PAYLOADS[action]


def test_a_list_that_was_not_given_is_not_sent() -> None:
    payload = {"listVersion": 1, "updateType": "Differential"}
    assert payload_of(typed_request("SendLocalList", payload)) == payload


def profile(**fields: Any) -> dict[str, Any]:
    return {"connectorId": 1, "csChargingProfiles": PROFILE | fields}


@pytest.mark.parametrize(
    ("action", "payload", "why"),
    [
        ("Heartbeat", {}, "'Heartbeat' is what a charge point sends; send one of CancelRes"),
        ("Fly", {}, "'Fly' is not in OCPP 1.6; send one of CancelReservation, "),
        ("reset", {"type": "Soft"}, "'reset' is not in OCPP 1.6"),
        ("Reset", {}, "Reset: type is missing"),
        ("Reset", {"type": "Warm"}, "Reset: type must be one of Hard, Soft"),
        ("Reset", {"type": "Soft", "x": 1}, "Reset: the payload has no field 'x'"),
        ("UnlockConnector", {"connectorId": "1"}, "connectorId must be of the type integer"),
        ("ChangeConfiguration", {"key": "x" * 51, "value": ""}, "key must have at most 50 char"),
        ("GetDiagnostics", {"location": "nowhere"}, "location must be a uri"),
        (
            "SetChargingProfile",
            profile(
                chargingSchedule=SCHEDULE
                | {"chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.15}]}
            ),
            "SetChargingProfile: csChargingProfiles.chargingSchedule.chargingSchedulePeriod.0"
            ".limit must be a multiple of 0.1",
        ),
        (
            "SetChargingProfile",
            {"connectorId": 1, "csChargingProfiles": {}},
            "csChargingProfiles.chargingProfileId is missing; "
            "csChargingProfiles.stackLevel is missing; "
            "csChargingProfiles.chargingProfilePurpose is missing ...",
        ),
    ],
)
def test_a_wrong_command_says_what_is_wrong(action: str, payload: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        typed_request(action, payload)
    assert why in str(raised.value)


def test_of_a_long_payload_the_first_fault_is_told_and_no_other_is_looked_for() -> None:
    """The validator takes 40 µs and 8 kB for each: 1 s and 200 MB."""
    with pytest.raises(InvalidRequest) as raised:
        typed_request("GetConfiguration", {"key": [0] * 25_000})
    assert str(raised.value) == "GetConfiguration: key.0 must be of the type string"


def test_a_payload_that_is_nested_too_deep_says_so() -> None:
    deep: dict[str, Any] = {}
    for _ in range(900):
        deep = {"x": deep}
    with pytest.raises(InvalidRequest, match=r"too deep|has no field"):
        typed_request("Reset", deep)


def test_half_a_character_is_said_to_be_one() -> None:
    with pytest.raises(InvalidRequest, match=r"DataTransfer: .* half a character"):
        typed_request("DataTransfer", {"vendorId": "\ud800"})
