"""What can be asked of a charge point from outside the central system, and what can go wrong."""

from typing import Any, Protocol

from rig.csms.logic.requests import REQUESTS
from rig.ocppj.schemas import ACTIONS, first_error, request_of, validator_of

TOLD = 3  # faults of one payload that are told
FEW = 1000  # values of a payload of which all faults are looked for


class NotConnected(Exception):
    """No charge point of this id is connected."""


class Busy(Exception):
    """Too many commands wait for this charge point already; later there may be room."""


class CallFailed(Exception):
    """It got a CALLERROR, of this code, or an invalid response; the text says which."""

    def __init__(self, text: str, code: str | None = None) -> None:
        super().__init__(text)
        self.code = code


class NoAnswer(CallFailed):
    """It got no answer in time."""


class InvalidRequest(Exception):
    """No such command, or its payload breaks its schema; the text says how."""


class Commands(Protocol):
    """What the central system offers to whoever steers it."""

    def charge_points(self) -> list[dict[str, Any]]:
        """Each that connected since the start: id, connected, since, and what it told."""

    def charge_point(self, charge_point: str) -> dict[str, Any] | None:
        """One of them; None if there is none of this id."""

    async def send(self, charge_point: str, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send a CALL with this payload; the payload of the answer.

        Waits its turn: one CALL is outstanding at a time (OCPP-J 1.6, 4.1.1). Raises
        InvalidRequest, NotConnected, Busy, CallFailed. Cancelled while it waits, it is not sent.
        """


def typed_request(action: str, payload: dict[str, Any]) -> Any:
    """The typed request of a command. Raises InvalidRequest."""
    if action not in REQUESTS:
        why = "is what a charge point sends" if action in ACTIONS else "is not in OCPP 1.6"
        raise InvalidRequest(f"{action[:50]!r} {why}; send one of {', '.join(sorted(REQUESTS))}")
    try:
        errors = _errors(validator_of(action), payload)
    except ValueError:  # nested deeper than the validator goes, or half of a surrogate pair
        why = "the payload is nested too deep, or has half a character"
        raise InvalidRequest(f"{action}: {why}") from None
    if errors:
        told = "; ".join(_fault(error) for error in errors[:TOLD])
        raise InvalidRequest(f"{action}: {told}" + " ..." * (len(errors) > TOLD))
    return request_of(action, payload)


def _errors(validator: Any, payload: dict[str, Any]) -> list[Any]:
    """The faults of a payload; those of a long one as far as the first: see `first_error`."""
    if validator.is_valid(payload):
        return []
    if _is_short(payload):
        return list(validator.iter_errors(payload))
    return [first_error(validator, payload)]


def _is_short(payload: dict[str, Any]) -> bool:
    """Whether it has at most FEW values."""
    left: list[Any] = [payload]
    for _ in range(FEW):
        if not left:
            return True
        value = left.pop()
        left += (
            value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        )
    return not left


def _fault(error: Any) -> str:
    """One fault of a payload, as `csChargingProfiles.stackLevel is missing`."""
    kind, where = error.kind, ".".join(str(part) for part in error.instance_path)
    match kind.name:
        case "required":
            return f"{where}.{kind.property} is missing".lstrip(".")
        case "additionalProperties":
            names = ", ".join(repr(name[:50]) for name in kind.unexpected[:TOLD])
            return f"{where or 'the payload'} has no field {names}"
        case "type":
            return f"{where} must be of the type {' or '.join(kind.types)}"
        case "enum":
            return f"{where} must be one of {', '.join(str(item) for item in kind.options)}"
        case "maxLength":
            return f"{where} must have at most {kind.limit} characters"
        case "multipleOf":
            return f"{where} must be a multiple of {kind.multiple_of:g}"
        case "format":
            return f"{where} must be a {kind.format}"
    return f"{where} breaks the rule {kind.name}"
