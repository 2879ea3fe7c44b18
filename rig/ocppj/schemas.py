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

from rig.ocppj.logic.moments import seconds

ACTIONS = frozenset(action.value for action in Action)

# OCPP-J 1.6 table 7 with the errata 2025-04; the misspelling is the standard's.
CODES = {
    "additionalProperties": "FormationViolation",
    "required": "ProtocolError",
    "type": "TypeConstraintViolation",
    "minimum": "TypeConstraintViolation",  # of RANGES alone: the standard's schemas have none
    "maximum": "TypeConstraintViolation",
    "minItems": "OccurenceConstraintViolation",
}
OTHER_CODE = "PropertyConstraintViolation"  # enum, maxLength, format, multipleOf, pattern

PRINTABLE_ASCII = "^[ -~]*$"  # all that a CiString may hold, OCPP 1.6 edition 2, 2.2
# Texts of the security extension that are no CiString: PEM, file names, words for people.
NO_CISTRING = frozenset({"certificateChain", "certificate", "csr", "filename", "techInfo"})
NO_CISTRING |= {"signingCertificate", "signature"}
# What the classes of the `ocpp` package demand, or make a list of, where it is left out.
OPTIONAL = {
    "LogStatusNotification": "request_id",
    "SecurityEventNotification": "tech_info",
    "SendLocalList": "local_authorization_list",
    "SignedFirmwareStatusNotification": "request_id",
}
# What 64 bits hold, and a float of 32 bits: to divide 1e308 by 0.1 exactly, as multipleOf does,
# takes ten times as long as 16.
RANGES: dict[str, dict[str, float]] = {
    "integer": {"minimum": -(2**63), "maximum": 2**63 - 1},
    "number": {"minimum": -(2.0**128), "maximum": 2.0**128},
}
# OCPP 1.6 edition 2, 6.45, 6.31 and 6.47; 0 is the charge point itself.
LOWEST_CONNECTOR = {"StartTransaction": 1, "MeterValues": 0, "StatusNotification": 0}
PLAIN = (str, int, float)  # neither has names in it
NAMES = 1024  # cached; the schemas know some 200


def violation(action: str, payload: dict[str, Any], *, response: bool = False) -> str | None:
    """The CALLERROR code for a payload that breaks its schema; None for a good one."""
    validator = validator_of(action + "Response" * response)
    try:
        if validator.is_valid(payload):
            return None
        error = first_error(validator, payload)
    except ValueError:  # nested deeper than the validator goes, or half of a surrogate pair
        return "FormationViolation"
    keyword = next((str(part) for part in reversed(error.schema_path)), "")
    return CODES.get(keyword, OTHER_CODE)


def first_error(validator: Any, payload: Any) -> jsonschema_rs.ValidationError:
    """The error that the validator finds first in a payload that is not valid.

    `iter_errors` makes all before it gives the first: 40 µs and 8 kB for each. Raises ValueError
    for what the validator cannot read.
    """
    try:
        validator.validate(payload)
    except jsonschema_rs.ValidationError as error:
        return error
    raise AssertionError("it is valid")


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


def _snake(payload: dict[str, Any]) -> dict[str, Any]:
    """A payload with the names of the `ocpp` package's classes."""
    found = {}
    for name, item in payload.items():
        kind = type(item)
        if kind is dict:
            item = _snake(item)
        elif kind is list:
            item = [_snake(one) if type(one) is dict else one for one in item]
        found[SNAKE_NAMES[name]] = item
    return found


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


class _SnakeNames(dict[str, str]):
    """The names of the package by those of the standard; the first NAMES are remembered."""

    def __missing__(self, name: str) -> str:
        (converted,) = camel_to_snake_case({name: None})
        if len(self) < NAMES:
            self[name] = converted
        return str(converted)


SNAKE_NAMES = _SnakeNames()


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
    schema = json.loads(text, object_hook=_with_bounds)
    if name in LOWEST_CONNECTOR:  # no "minimum": that is for what is no number of ours (CODES)
        schema["properties"]["connectorId"]["not"] = {"maximum": LOWEST_CONNECTOR[name] - 1}
    return jsonschema_rs.Draft4Validator(
        schema, validate_formats=True, formats={"date-time": _is_moment}
    )


def _with_bounds(schema: dict[str, Any]) -> dict[str, Any]:
    """A part of a schema, which says only how long a CiString may be, with what it may hold, and
    with a range for its numbers."""
    for name, part in schema.get("properties", {}).items():
        value = part.get("items", part)
        if "maxLength" in value and name not in NO_CISTRING:
            value["pattern"] = PRINTABLE_ASCII
        if value.get("type") in RANGES:
            value |= RANGES[value["type"]]
    return schema


def _is_moment(text: str) -> bool:
    """ISO 8601 as OCPP has it; RFC 3339, which JSON Schema means, lacks a moment without zone."""
    try:
        seconds(text)
    except ValueError:
        return False
    return True
