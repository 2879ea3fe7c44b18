"""OCPP requests and responses as words for a log line, bounded in length."""

from dataclasses import asdict
from typing import Any

from ocpp.v16 import call

LONGEST = 200  # characters
TIMES = frozenset({"timestamp", "current_time"})


def describe(typed: Any) -> str:
    """For example `SetChargingProfile TxProfile limit=100 A` or `Heartbeat`."""
    name = type(typed).__name__
    match typed:
        case call.MeterValues():
            words = [*_samples(typed), *_words({"transaction": typed.transaction_id})]
        case call.SetChargingProfile():
            words = _profile(typed)
        case _:
            words = _words(asdict(typed))
    text = " ".join([name, *words])
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def _samples(request: call.MeterValues) -> list[str]:
    """Each value, whether the request was built or received."""
    meter_values = asdict(request)["meter_value"]
    return [_sample(value) for item in meter_values for value in item["sampled_value"]]


def _sample(value: dict[str, Any]) -> str:
    measurand = value.get("measurand") or "Energy.Active.Import.Register"  # its default, 7.43
    return f"{_plain(measurand)}={value['value']} {_plain(value.get('unit') or '')}".rstrip()


def _profile(request: call.SetChargingProfile) -> list[str]:
    profile = asdict(request)["cs_charging_profiles"]
    schedule = profile["charging_schedule"]
    unit = _plain(schedule["charging_rate_unit"])
    limits = [f"{period['limit']:g}" for period in schedule["charging_schedule_period"]]
    purpose = _plain(profile["charging_profile_purpose"])
    return [purpose, f"limit={','.join(limits)} {unit}", f"connector={request.connector_id}"]


def _words(fields: dict[str, Any]) -> list[str]:
    """The fields that say something; nested ones too, times not (the log has its own)."""
    words: list[str] = []
    for key, value in fields.items():
        if isinstance(value, dict):
            words += _words(value)
        elif value is not None and key not in TIMES:
            words.append(f"{key}={_plain(value)}")
    return words


def _plain(value: Any) -> str:
    return str(getattr(value, "value", value))
