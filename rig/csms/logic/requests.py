"""What a central system may ask of a charge point, and the payload of each from a few options.

Sources: OCPP 1.6 edition 2, clauses 5 and 6; "Improved security for OCPP 1.6-J" edition 3.
"""

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Option:
    """One value that a person gives: how it reads, and one that serves as an example."""

    kind: Callable[[str], Any]
    metavar: str
    help: str
    example: Any


@dataclass(frozen=True, slots=True)
class Request:
    """An action. `needs` and `takes`: option -> its place in the payload, keys divided by dots.

    What the options do not say is as in `defaults`. `examples`: where the option's own is not fit.
    """

    needs: Mapping[str, str] = field(default_factory=dict)
    takes: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    examples: Mapping[str, Any] = field(default_factory=dict)


def number(text: str) -> float:
    """Of JSON, which has no nan and no infinity. Raises ValueError."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is no number")
    return value


OPTIONS = {
    "limit": Option(number, "LIMIT", "of the charging schedule, in A or as --unit says", 16.0),
    "unit": Option(str, "A|W", "unit of the limit or of the answer", "A"),
    "purpose": Option(str, "PURPOSE", "of a charging profile, such as TxProfile", "TxProfile"),
    "profile": Option(int, "ID", "id of a charging profile", 7),
    "stack-level": Option(int, "LEVEL", "of a charging profile", 0),
    "duration": Option(int, "SECONDS", "of the schedule that is asked for", 3600),
    "connector": Option(int, "N", "its number; 0 is the charge point itself", 1),
    "id-tag": Option(str, "TAG", "of the person who charges", "RIG"),
    "transaction": Option(int, "ID", "by default the one that runs", 1),
    "key": Option(str, "KEY", "of the configuration", "HeartbeatInterval"),
    "value": Option(str, "VALUE", "for the key", "60"),
    "type": Option(str, "TYPE", "Hard or Soft; Operative or Inoperative", "Soft"),
    "message": Option(str, "MESSAGE", "that is to be triggered", "StatusNotification"),
    "vendor": Option(str, "VENDOR", "whom the data is for", "org.example"),
    "message-id": Option(str, "ID", "the vendor's name for the message", "hello"),
    "data": Option(str, "TEXT", "whatever the vendor defined", "text"),
    "location": Option(str, "URL", "to take a file from or put it to", "ftp://192.0.2.1/"),
    "reservation": Option(int, "ID", "id of a reservation", 1),
    "expiry": Option(str, "MOMENT", "end of the reservation", "2026-01-31T12:00:00Z"),
    "retrieve": Option(str, "MOMENT", "when to take the firmware", "2026-01-31T12:00:00Z"),
}

CONNECTOR = {"connector": "connectorId"}
PERIOD = "csChargingProfiles.chargingSchedule.chargingSchedulePeriod.0"
# With the id of the cycle's profile, so that it takes that one's place. Relative needs no start.
PROFILE: dict[str, Any] = {
    "connectorId": 1,
    "csChargingProfiles": {
        "chargingProfileId": 7,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0}],
        },
    },
}

# Without options: nothing to say, or too much of it, which then goes as JSON.
REQUESTS = {
    "CancelReservation": Request({"reservation": "reservationId"}),
    "CertificateSigned": Request(),
    "ChangeAvailability": Request(
        {"type": "type"}, CONNECTOR, {"connectorId": 1}, {"type": "Operative"}
    ),
    "ChangeConfiguration": Request({"key": "key", "value": "value"}),
    "ClearCache": Request(),
    "ClearChargingProfile": Request(
        takes={
            "profile": "id",
            "purpose": "chargingProfilePurpose",
            "stack-level": "stackLevel",
            **CONNECTOR,
        }
    ),
    "DataTransfer": Request({"vendor": "vendorId"}, {"message-id": "messageId", "data": "data"}),
    "DeleteCertificate": Request(),
    "ExtendedTriggerMessage": Request({"message": "requestedMessage"}, CONNECTOR),
    "GetCompositeSchedule": Request(
        {"duration": "duration"}, {"unit": "chargingRateUnit", **CONNECTOR}, {"connectorId": 1}
    ),
    "GetConfiguration": Request(takes={"key": "key.0"}),
    "GetDiagnostics": Request({"location": "location"}),
    "GetInstalledCertificateIds": Request(),
    "GetLocalListVersion": Request(),
    "GetLog": Request(),
    "InstallCertificate": Request(),
    "RemoteStartTransaction": Request(
        takes={"id-tag": "idTag", **CONNECTOR}, defaults={"idTag": "RIG", "connectorId": 1}
    ),
    "RemoteStopTransaction": Request({"transaction": "transactionId"}),
    "ReserveNow": Request(
        {"reservation": "reservationId", "expiry": "expiryDate"},
        {"id-tag": "idTag", **CONNECTOR},
        {"idTag": "RIG", "connectorId": 1},
    ),
    "Reset": Request({"type": "type"}),
    "SendLocalList": Request(),
    "SetChargingProfile": Request(
        {"limit": f"{PERIOD}.limit"},
        {
            "unit": "csChargingProfiles.chargingSchedule.chargingRateUnit",
            "purpose": "csChargingProfiles.chargingProfilePurpose",
            "profile": "csChargingProfiles.chargingProfileId",
            "stack-level": "csChargingProfiles.stackLevel",
            "transaction": "csChargingProfiles.transactionId",
            **CONNECTOR,
        },
        PROFILE,
    ),
    "SignedUpdateFirmware": Request(),
    "TriggerMessage": Request({"message": "requestedMessage"}, CONNECTOR),
    "UnlockConnector": Request(takes=CONNECTOR, defaults={"connectorId": 1}),
    "UpdateFirmware": Request({"location": "location", "retrieve": "retrieveDate"}),
}

# Of all responses: the charge point does it, or will. The last one: GetLog, security 5.
ACCEPTED = {"Accepted", "Scheduled", "RebootRequired", "Unlocked", "AcceptedCanceled"}


def payload_of(action: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of an action of REQUESTS, by option. Raises ValueError, which names the option.

    It may still break the schema: a text of any length is a text here.
    """
    request = REQUESTS[action]
    places = {**request.needs, **request.takes}
    for name in values:
        if name not in places:
            others = " ".join(f"--{other}" for other in places) or "no option but --json"
            raise ValueError(f"{action} takes no --{name}; it takes {others}")
    for name in request.needs:
        if name not in values:
            raise ValueError(f"{action} needs --{name}")
    payload = copy.deepcopy(dict(request.defaults))
    for name, value in values.items():
        _put(payload, places[name].split("."), value)
    return payload


def example_of(action: str) -> dict[str, Any]:
    """A payload as a person could want it, or an empty one where no option says more."""
    return payload_of(action, {name: example(action, name) for name in REQUESTS[action].needs})


def example(action: str, name: str) -> Any:
    """A value that an option may have there."""
    return REQUESTS[action].examples.get(name, OPTIONS[name].example)


def usage_of(action: str) -> str:
    """For example `Reset --type TYPE`."""
    request = REQUESTS[action]
    needs = [f"--{name} {OPTIONS[name].metavar}" for name in request.needs]
    takes = [f"[--{name} {OPTIONS[name].metavar}]" for name in request.takes]
    return " ".join([action, *needs, *takes])


def is_accepted(response: Mapping[str, Any]) -> bool:
    """Whether a response says that the charge point does what it was asked for."""
    return response.get("status", "Accepted") in ACCEPTED


def _put(payload: Any, keys: list[str], value: Any) -> None:
    """Put a value to its place; a number is one in an array, which it may be the first of."""
    for key in keys[:-1]:
        payload = payload[int(key)] if key.isdigit() else payload.setdefault(key, [])
    if keys[-1].isdigit():
        payload.append(value)
    else:
        payload[keys[-1]] = value
