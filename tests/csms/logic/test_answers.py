"""What the central system answers by itself."""

from dataclasses import asdict
from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import RegistrationStatus

from rig.csms.logic.answers import CONSULTED, answer, boot_answer
from rig.csms.logic.requests import REQUESTS
from rig.ocppj.schemas import ACTIONS, payload_of, violation

MOMENT = "2026-01-31T12:00:00.000Z"

# Action, and the payload of its answer by OCPP 1.6 edition 2, 6, or the security extension, 5.
ANSWERS: dict[str, dict[str, Any]] = {
    "Heartbeat": {"currentTime": MOMENT},
    "StatusNotification": {},
    "DataTransfer": {"status": "UnknownVendorId"},
    "DiagnosticsStatusNotification": {},
    "FirmwareStatusNotification": {},
    "LogStatusNotification": {},
    "SecurityEventNotification": {},
    "SignCertificate": {"status": "Rejected"},
    "SignedFirmwareStatusNotification": {},
}


def request(action: str) -> Any:
    """A request of this action; what is in it does not matter here."""
    return object.__new__(getattr(call, action))


@pytest.mark.parametrize("action", sorted(ANSWERS))
def test_each_request_has_its_answer(action: str) -> None:
    payload = payload_of(answer(request(action), MOMENT))
    assert payload == ANSWERS[action]
    assert violation(action, payload, response=True) is None


def test_a_charge_point_has_14_requests_and_all_are_answered() -> None:
    """39 actions, of which 25 only a central system sends."""
    consulted = {kind.__name__ for kind in CONSULTED}
    answered = {*ANSWERS, *consulted, "BootNotification"}
    assert answered == ACTIONS - (REQUESTS.keys() - {"DataTransfer"})
    assert len(answered) == 14


@pytest.mark.parametrize("action", sorted(REQUESTS.keys() - {"DataTransfer"}))
def test_what_only_a_central_system_sends_has_none(action: str) -> None:
    assert answer(request(action), MOMENT) is None


@pytest.mark.parametrize(("status", "interval"), [("Accepted", 300), ("Pending", 10)])
def test_a_boot_is_answered_with_the_time_and_an_interval(status: str, interval: int) -> None:
    response = boot_answer(RegistrationStatus(status), MOMENT)
    assert asdict(response) == {"current_time": MOMENT, "interval": interval, "status": status}
