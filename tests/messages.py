"""Messages of a charge point, as `rig/ocppj/schemas.py` makes them of what came over the wire."""

from typing import Any

from ocpp.v16 import call

NOW = 1_790_000_000.0  # 2026-09-21T14:13:20Z


def start(
    connector: int = 1, tag: str = "ABC", meter: int = 1000, at: str = "2026-09-21T14:00:00Z"
) -> call.StartTransaction:
    return call.StartTransaction(connector, tag, meter, at)


def stop(
    transaction: int,
    meter: int = 3000,
    at: str = "2026-09-21T15:00:00Z",
    *,
    tag: str | None = None,
    data: list[dict[str, Any]] | None = None,
) -> call.StopTransaction:
    return call.StopTransaction(meter, at, transaction, id_tag=tag, transaction_data=data)


def sample(value: str = "1500", at: str = "2026-09-21T14:30:00Z", **more: str) -> dict[str, Any]:
    """A meterValue of one sampled value."""
    return {"timestamp": at, "sampled_value": [{"value": value, **more}]}


def values(
    *samples: dict[str, Any], connector: int = 1, transaction: int | None = None
) -> call.MeterValues:
    return call.MeterValues(connector, list(samples or [sample()]), transaction)
