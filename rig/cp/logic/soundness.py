"""Which of what was kept can be used: a damaged disk may give back anything that is JSON.

Each value is given to its reader. One that is refused is kept aside, under DAMAGED, and the charge
point goes on with the others, or with its defaults.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from ocpp.v16 import call

from rig.bus.logic.messages import Codec
from rig.cp.logic.authorization import TagCache
from rig.cp.logic.delivery import Delivery
from rig.cp.logic.kept import (
    CONFIGURATION,
    DAMAGED,
    METER,
    NAMES,
    PROFILES,
    QUEUE,
    RUNNING,
    TAGS,
    TOLD,
    Keep,
    Saved,
)
from rig.cp.logic.profile import restored as restored_profile
from rig.cp.logic.request_queue import restored
from rig.cp.logic.transaction import left_running

KEPT = call.StartTransaction | call.StopTransaction | call.MeterValues
# Of a request, and of the transaction that ran; None where that is possible.
TYPES: dict[str, Any] = {
    "number": int,
    "transaction": int | None,
    "attempts": int,
    "id": str,
    "connector_id": int,
    "transaction_id": int | None,
    "meter_start": int,
    "meter_stop": int,
    "id_tag": str | None,
    "parent": str | None,
    "timestamp": str,
    "started": float,
    "meter_value": list,
    "transaction_data": list | None,
}

Check = Callable[[str, Any], object]  # raises whatever its reader raises


class Refused(NamedTuple):
    """A value that its reader does not take."""

    section: str
    key: str
    value: Any
    why: str

    @property
    def kept(self) -> list[Keep]:
        """It goes where nobody reads it but who inspects it."""
        value = {"value": self.value, "why": self.why}
        return [
            Keep(self.section, self.key, None),
            Keep(DAMAGED, f"{self.section}/{self.key}", value),
        ]


def sound(saved: Saved, codec: Codec) -> tuple[Saved, list[Refused]]:
    """What can be used, and the rest."""
    checks = _checks(codec)
    used: dict[str, dict[str, Any]] = {}
    refused: list[Refused] = []
    for section, values in saved.items():
        check = checks.get(section, _anything)
        for key, value in values.items():
            why = _refusal(check, key, value)
            if why is None:
                used.setdefault(section, {})[key] = value
            else:
                refused.append(Refused(section, key, value, why))
    return used, refused


def _refusal(check: Check, key: str, value: Any) -> str | None:
    try:
        check(key, value)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        return f"{error!r:.80}"
    return None


def _checks(codec: Codec) -> dict[str, Check]:
    def profile(_: str, value: Any) -> None:
        for _start, limit in restored_profile(value).periods:
            codec.set_limit(limit)

    return {
        QUEUE: _request,
        NAMES: _name,
        RUNNING: _running,
        METER: _finite,
        TOLD: _finite,
        CONFIGURATION: lambda _, value: _of(str, value),
        PROFILES: profile,
        TAGS: _tags,
    }


def _anything(key: str, value: Any) -> None:
    """Whether it is there is all that counts."""


def _request(key: str, value: Any) -> None:
    number, request = int(key), restored(key, value).request
    if not isinstance(request, KEPT):
        raise ValueError(f"{value['action']} is never kept")
    if isinstance(request, call.StartTransaction):
        _of(str, request.id_tag)
    _all_typed(value)
    _all_typed(value["payload"])
    if (value["transaction"] or 0) >= number:
        raise ValueError("a transaction is older than its requests")


def _name(key: str, value: Any) -> None:
    int(key)
    _of(int, value)


def _running(key: str, value: Any) -> None:
    _all_typed(value["transaction"])
    _of(str, value["transaction"]["id_tag"])
    if data := value["data"]:
        _of(list, data["between"])
    for output in left_running({RUNNING: {key: value}}, Delivery("", {}), 0.0):
        if isinstance(output, Keep):
            int(output.key)


def _finite(_: str, value: Any) -> None:
    if not math.isfinite(value):
        raise ValueError("no number")


def _tags(_: str, value: Any) -> None:
    for tag, _, parent, expires in value:
        _of(str, tag)
        _of(str | None, parent)
        _finite("", expires or 0)
    TagCache(len(value), value)


def _all_typed(values: dict[str, Any]) -> None:
    for name, value in values.items():
        _of(TYPES.get(name, object), value)


def _of(kind: Any, value: Any) -> None:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"not {value!r:.40}")
