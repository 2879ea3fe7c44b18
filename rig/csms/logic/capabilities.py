"""What a charge point says that it can do, as far as the cycle must know."""

from dataclasses import dataclass
from typing import Any

from ocpp.v16 import call

# OCPP 1.6 edition 2, 9.1.23 and 9.4.2
PROFILES, UNITS = "SupportedFeatureProfiles", "ChargingScheduleAllowedChargingRateUnit"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Of a charge point that does not say, the most is assumed: it can still reject."""

    smart_charging: bool = True
    takes_amps: bool = True
    takes_watts: bool = True


def ask_capabilities() -> call.GetConfiguration:
    """The request whose response `read_capabilities` takes."""
    return call.GetConfiguration(key=[PROFILES, UNITS])


def read_capabilities(response: Any) -> Capabilities:
    """From a GetConfiguration response; values that make no sense count as not given."""
    values = {
        item["key"].lower(): item.get("value") or "" for item in response.configuration_key or []
    }
    profiles, units = _words(values, PROFILES), _words(values, UNITS)
    takes_amps = bool(units & {"current", "a"})
    takes_watts = bool(units & {"power", "w"})
    unknown = not takes_amps and not takes_watts
    return Capabilities(
        smart_charging="smartcharging" in profiles if profiles else True,
        takes_amps=takes_amps or unknown,
        takes_watts=takes_watts or unknown,
    )


def _words(values: dict[str, str], key: str) -> set[str]:
    words = (word.strip().lower() for word in values.get(key.lower(), "").split(","))
    return {word for word in words if word}
