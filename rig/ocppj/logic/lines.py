"""OCPP requests and responses as words for a log line, bounded in length, without secrets."""

import functools
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from ocpp.v16 import call

from rig.role.logic.secrets import HIDDEN, beginning, hide_passwords, is_secret, may_tell

LONGEST = 200  # characters
LOOKED_AT = 10 * LONGEST  # characters, for passwords; a megabyte of URLs takes 0.1 s
PLAIN = (str, int, float)
DEFAULT_MEASURAND = "Energy.Active.Import.Register"  # 7.43
TIMES = frozenset({"timestamp", "current_time"})


def describe(typed: Any) -> str:
    """For example `SetChargingProfile TxProfile limit=100 A` or `Heartbeat`."""
    name = type(typed).__name__
    match typed:
        case call.MeterValues():
            number = typed.transaction_id
            words = [*_samples(typed), *([] if number is None else [f"transaction={number}"])]
        case call.SetChargingProfile():
            words = _profile(typed)
        case _:
            words = _words(typed)
    text = hide_passwords(beginning(" ".join([name, *words]), LOOKED_AT))
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def _samples(request: call.MeterValues) -> Iterator[str]:
    """Each value, whether the request was built or received."""
    for item in request.meter_value:
        for value in item["sampled_value"] if isinstance(item, dict) else item.sampled_value:
            if isinstance(value, dict):
                yield _sample(value["value"], value.get("measurand"), value.get("unit"))
            else:
                yield _sample(value.value, value.measurand, value.unit)


def _sample(value: str, measurand: str | None, unit: str | None) -> str:
    words = f"{_standard(measurand or DEFAULT_MEASURAND)}={value}"
    return f"{words} {_standard(unit)}" if unit else words


def _profile(request: call.SetChargingProfile) -> list[str]:
    profile = _fields(request.cs_charging_profiles)
    schedule = _fields(profile["charging_schedule"])
    unit = _plain(schedule["charging_rate_unit"])
    periods = map(_fields, schedule["charging_schedule_period"])
    limits = [f"{period['limit']:g}" for period in periods]
    purpose = _plain(profile["charging_profile_purpose"])
    return [purpose, f"limit={','.join(limits)} {unit}", f"connector={request.connector_id}"]


def _words(typed: Any) -> list[str]:
    """The fields that say something; nested ones too, times not (the log has its own)."""
    items = _fields(typed)
    if is_secret(items.get("key")):
        items = {**items, "value": HIDDEN}
    return [word for key, value in items.items() for word in _word(key, value)]


def _word(key: str, value: Any) -> list[str]:
    if value is None or key in TIMES:
        return []
    if isinstance(value, PLAIN):
        return [f"{key}={_plain(value)}"]
    if not isinstance(value, list):
        return _words(value)
    if all(isinstance(item, str) for item in value):
        return [f"{key}={','.join(map(_plain, value))}"]
    return [word for item in value for word in _words(item)]


def _fields(typed: Any) -> dict[str, Any]:
    """The fields of a message or a part of one: typed if built here, a dict if received."""
    if isinstance(typed, dict):
        return typed
    kind: Any = type(typed)
    return {name: getattr(typed, name) for name in _names(kind)}


@functools.lru_cache(256)  # the package has some 150 classes
def _names(kind: type) -> list[str]:
    return [field.name for field in fields(kind)] if is_dataclass(kind) else []


@functools.lru_cache(256)
def _standard(value: str) -> str:
    """One of the few values that the standard has for a field."""
    return _plain(value)


def _plain(value: Any) -> str:
    text = str(getattr(value, "value", value))
    return HIDDEN if may_tell(text) else text
