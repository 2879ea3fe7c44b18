"""A charging profile as JSON can carry it: profiles outlast a reboot (OCPP 1.6 errata 3.37)."""

import math
from typing import Any

from rig.cp.logic.charging_profile import Kind, Profile, ProfileError, Purpose

Saved = dict[str, Any]
WHOLE = ("connector", "profile_id", "stack_level")
# JSON has no infinity: null stands for what is open, or not there.
OPEN: dict[str, float | None] = {
    "duration": math.inf,
    "valid_from": -math.inf,
    "valid_to": math.inf,
    "start": None,
    "recurrence": None,
}


def saved(profile: Profile) -> Saved:
    """The profile in values of JSON."""
    values = profile._asdict()
    periods = [list(period) for period in profile.periods]
    ends = {name: None if values[name] == OPEN[name] else values[name] for name in OPEN}
    return values | ends | {"periods": periods}


def restored(values: Saved) -> Profile:
    """The profile that `saved` gave. Raises ProfileError if it is none, as after a damaged file."""
    try:
        known: Saved = {
            "purpose": Purpose(values["purpose"]),
            "kind": Kind(values["kind"]),
            "periods": tuple((float(start), float(limit)) for start, limit in values["periods"]),
        }
        known |= {name: int(values[name]) for name in WHOLE}
        known |= {name: _or_open(values[name], name) for name in OPEN}
        profile = Profile(**values | known)
        if profile.periods[0][0] != 0 or (profile.kind is Kind.relative) != (profile.start is None):
            raise ValueError("periods or start")
    except (LookupError, TypeError, ValueError) as error:
        raise ProfileError(f"no saved profile: {error!r:.80}") from error
    return profile


def _or_open(value: Any, name: str) -> float | None:
    return OPEN[name] if value is None else float(value)
