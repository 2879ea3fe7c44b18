"""OCPP 1.6 payloads to and from the typed classes of the `ocpp` package."""

import functools
from dataclasses import fields, is_dataclass
from typing import Any

from ocpp.charge_point import camel_to_snake_case, snake_to_camel_case
from ocpp.v16 import call, call_result

# What the classes of the `ocpp` package demand, or make a list of, where it is left out.
OPTIONAL = {
    "LogStatusNotification": "request_id",
    "SecurityEventNotification": "tech_info",
    "SendLocalList": "local_authorization_list",
    "SignedFirmwareStatusNotification": "request_id",
}
PLAIN = (str, int, float)  # neither has names in it
NAMES = 1024  # cached; the schemas know some 200


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
