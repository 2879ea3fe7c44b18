"""OCPP 1.6 payloads: checked by the `ocpp` package's schemas, to and from its typed classes."""

import functools
import json
from dataclasses import asdict
from importlib import resources
from typing import Any

import jsonschema_rs
from ocpp.charge_point import camel_to_snake_case, remove_nones, snake_to_camel_case
from ocpp.v16 import call, call_result
from ocpp.v16.enums import Action

ACTIONS = frozenset(action.value for action in Action)

# OCPP-J 1.6 table 7 with the errata 2025-04; the misspelling is the standard's.
CODES = {
    "additionalProperties": "FormationViolation",
    "required": "ProtocolError",
    "type": "TypeConstraintViolation",
    "minItems": "OccurenceConstraintViolation",
}
OTHER_CODE = "PropertyConstraintViolation"  # enum, maxLength, format, multipleOf


def violation(action: str, payload: dict[str, Any], *, response: bool = False) -> str | None:
    """The CALLERROR code for a payload that breaks its schema; None for a good one."""
    try:
        error = next(validator(action + "Response" * response).iter_errors(payload), None)
    except ValueError:  # nested deeper than the validator goes
        return "FormationViolation"
    if error is None:
        return None
    keyword = next((str(part) for part in reversed(error.schema_path)), "")
    return CODES.get(keyword, OTHER_CODE)


def request_of(action: str, payload: dict[str, Any]) -> Any:
    """The typed request, for example `ocpp.v16.call.Heartbeat`, of a valid payload."""
    return getattr(call, action)(**camel_to_snake_case(payload))


def response_of(action: str, payload: dict[str, Any]) -> Any:
    """The typed response, for example `ocpp.v16.call_result.Heartbeat`, of a valid payload."""
    return getattr(call_result, action)(**camel_to_snake_case(payload))


def payload_of(typed: Any) -> dict[str, Any]:
    """The payload of a typed request or response."""
    payload: dict[str, Any] = snake_to_camel_case(remove_nones(asdict(typed)))
    return payload


@functools.cache
def validator(name: str) -> Any:
    """The compiled schema of an action's request, or of its response: `HeartbeatResponse`."""
    text = resources.files("ocpp.v16").joinpath("schemas", f"{name}.json").read_text("utf-8-sig")
    return jsonschema_rs.Draft4Validator(json.loads(text), validate_formats=True)
