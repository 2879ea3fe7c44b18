"""OCPP 1.6 payloads: checked by the `ocpp` package's schemas, to and from its typed classes."""

import functools
import json
from dataclasses import fields, is_dataclass
from importlib import resources
from typing import Any

import jsonschema_rs
from ocpp.charge_point import camel_to_snake_case, snake_to_camel_case
from ocpp.v16 import call, call_result
from ocpp.v16.enums import Action

from rig.logic.moments import seconds

ACTIONS = frozenset(action.value for action in Action)

# OCPP-J 1.6 table 7 with the errata 2025-04; the misspelling is the standard's.
CODES = {
    "additionalProperties": "FormationViolation",
    "required": "ProtocolError",
    "type": "TypeConstraintViolation",
    "minItems": "OccurenceConstraintViolation",
}
OTHER_CODE = "PropertyConstraintViolation"  # enum, maxLength, format, multipleOf, pattern

PRINTABLE_ASCII = "^[ -~]*$"  # all that a CiString may hold, OCPP 1.6 edition 2, 2.2
# Texts of the security extension that are no CiString: PEM, file names, words for people.
NO_CISTRING = frozenset({"certificateChain", "certificate", "csr", "filename", "techInfo"})
# What the classes of the `ocpp` package demand, the standard and its schemas do not.
OPTIONAL = {
    "LogStatusNotification": "request_id",
    "SecurityEventNotification": "tech_info",
    "SignedFirmwareStatusNotification": "request_id",
}
PLAIN = (str, int, float)  # neither has names in it
NAMES = 1024  # cached; the schemas know some 200


def violation(action: str, payload: dict[str, Any], *, response: bool = False) -> str | None:
    """The CALLERROR code for a payload that breaks its schema; None for a good one."""
    validator = validator_of(action + "Response" * response)
    try:
        if validator.is_valid(payload):
            return None
        error = next(validator.iter_errors(payload))
    except ValueError:  # nested deeper than the validator goes, or half of a surrogate pair
        return "FormationViolation"
    keyword = next((str(part) for part in reversed(error.schema_path)), "")
    return CODES.get(keyword, OTHER_CODE)


def request_of(action: str, payload: dict[str, Any]) -> Any:
    """The typed request, for example `ocpp.v16.call.Heartbeat`, of a valid payload."""
    arguments = _snake(payload)
    if action in OPTIONAL:
        arguments.setdefault(OPTIONAL[action])
    return getattr(call, action)(**arguments)


def response_of(action: str, payload: dict[str, Any]) -> Any:
    """The typed response, for example `ocpp.v16.call_result.Heartbeat`, of a valid payload."""
    return getattr(call_result, action)(**_snake(payload))


def payload_of(typed: Any) -> dict[str, Any]:
    """The payload of a typed request or response. Raises TypeError for what is neither."""
    if not is_dataclass(typed):
        raise TypeError(f"a {type(typed).__name__} is no request and no response")
    payload: dict[str, Any] = _camel(typed)
    return payload


def _snake(value: Any) -> Any:
    """The value with the names of the `ocpp` package's classes."""
    if isinstance(value, dict):
        return {
            _snake_name(name): item if isinstance(item, PLAIN) else _snake(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_snake(item) for item in value]
    return value


def _camel(value: Any) -> Any:
    """The value with the names of the standard, without what is None."""
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, list):
        return [_camel(item) for item in value if item is not None]
    if isinstance(value, dict):
        return {_camel_name(name): _camel(item) for name, item in value.items() if item is not None}
    kind: Any = type(value)
    names = _names(kind)
    if names is None:
        return value
    found = {}
    for attribute, name in names:
        item = getattr(value, attribute)
        if item is not None:
            found[name] = item if isinstance(item, PLAIN) else _camel(item)
    return found


@functools.lru_cache(NAMES)
def _snake_name(name: str) -> str:
    (converted,) = camel_to_snake_case({name: None})
    return str(converted)


@functools.lru_cache(NAMES)
def _camel_name(name: str) -> str:
    (converted,) = snake_to_camel_case({name: None})
    return str(converted)


@functools.lru_cache(NAMES)
def _names(kind: Any) -> list[tuple[str, str]] | None:
    """The attributes of a dataclass, each with its name in the standard; None of another class."""
    if not is_dataclass(kind):
        return None
    return [(field.name, _camel_name(field.name)) for field in fields(kind)]


@functools.cache
def validator_of(name: str) -> Any:
    """The compiled schema of an action's request, or of its response: `HeartbeatResponse`."""
    text = resources.files("ocpp.v16").joinpath("schemas", f"{name}.json").read_text("utf-8-sig")
    schema = json.loads(text, object_hook=_with_characters)
    return jsonschema_rs.Draft4Validator(
        schema, validate_formats=True, formats={"date-time": _is_moment}
    )


def _with_characters(schema: dict[str, Any]) -> dict[str, Any]:
    """A part of a schema, which says only how long a CiString may be, with what it may hold."""
    for name, part in schema.get("properties", {}).items():
        text = part.get("items", part)
        if "maxLength" in text and name not in NO_CISTRING:
            text["pattern"] = PRINTABLE_ASCII
    return schema


def _is_moment(text: str) -> bool:
    """ISO 8601 as OCPP has it; RFC 3339, which JSON Schema means, lacks a moment without zone."""
    try:
        seconds(text)
    except ValueError:
        return False
    return True
