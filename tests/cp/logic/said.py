"""What a central system says in the tests, and what of a charge point's requests they look at."""

from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import MessageTrigger, RegistrationStatus

from rig.ocppj.schemas import payload_of, violation


def profile(limit: float, purpose: str = "TxDefaultProfile") -> dict[str, Any]:
    return {
        "charging_profile_id": 7,
        "stack_level": 0,
        "charging_profile_purpose": purpose,
        "charging_profile_kind": "Relative",
        "charging_schedule": {
            "charging_rate_unit": "A",
            "charging_schedule_period": [{"start_period": 0, "limit": limit}],
        },
    }


def remote_start(**fields: Any) -> call.RemoteStartTransaction:
    return call.RemoteStartTransaction(id_tag="RIG", **fields)


def check_schema(typed: Any, *, response: bool = False) -> None:
    """Fail for a request, or a response, that its published schema does not take."""
    action, payload = type(typed).__name__, payload_of(typed)
    wrong = violation(action, payload, response=response)
    assert wrong is None, f"{wrong}: {action} {payload}"


def good_answer(request: Any, transaction_id: int = 4) -> Any:
    match request:
        case call.BootNotification():
            return boot_conf("Accepted")
        case call.StartTransaction():
            return start_conf(transaction_id, "Accepted")
        case call.Authorize():
            return authorize_conf("Accepted")
        case call.Heartbeat():
            return call_result.Heartbeat("2026-01-31T12:00:00Z")
    return getattr(call_result, type(request).__name__)()


def boot_conf(status: str, interval: int = 300) -> call_result.BootNotification:
    return call_result.BootNotification(
        "2026-01-31T12:00:00Z", interval, RegistrationStatus(status)
    )


def start_conf(transaction_id: int, status: str) -> call_result.StartTransaction:
    tag: Any = {"status": status}
    return call_result.StartTransaction(transaction_id=transaction_id, id_tag_info=tag)


def authorize_conf(status: str, **info: Any) -> call_result.Authorize:
    tag: Any = {"status": status, **info}
    return call_result.Authorize(id_tag_info=tag)


def names(requests: list[Any]) -> list[str]:
    return [type(request).__name__ for request in requests]


def shown(requests: list[Any]) -> list[str]:
    """The statuses of connector 1 that were told, in order."""
    notifications = [item for item in requests if isinstance(item, call.StatusNotification)]
    return [str(item.status) for item in notifications if item.connector_id == 1]


def trigger(message: MessageTrigger, connector: int | None = None) -> call.TriggerMessage:
    return call.TriggerMessage(requested_message=message, connector_id=connector)
