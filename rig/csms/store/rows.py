"""The rows that a charge point's messages become, with a digest by which a repeat is known.

What no database holds is bent until one does, for a message must be answered whatever it says
(OCPP 1.6 edition 2, 4.7 and 4.8): numbers beyond 64 bit become the nearest, NUL and lone
surrogates their escapes. Messages are as `rig/ocppj/schemas.py` makes them: tables inside are
dicts.
"""

from collections.abc import Iterable
from dataclasses import asdict
from hashlib import blake2b
from itertools import islice
from typing import Any

from ocpp.v16 import call

from rig.csms.logic.tags import fold
from rig.ocppj.logic.moments import seconds

Row = dict[str, Any]

MOST = 2**63 - 1

# The defaults of 7.43; that of the unit holds for energy alone.
MEASURAND, CONTEXT, LOCATION, FORMAT = (
    "Energy.Active.Import.Register",
    "Sample.Periodic",
    "Outlet",
    "Raw",
)


def digest(*parts: object) -> bytes:
    """16 bytes that stand for these texts, numbers and Nones."""
    return blake2b(ascii(parts).encode(), digest_size=16).digest()


def storable(text: str) -> str:
    """The text, its NULs and lone surrogates escaped: UTF-8 and PostgreSQL have neither."""
    if text.isprintable():
        return str(text)  # of an enum its value
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")


def whole(number: float) -> int:
    """The nearest of the numbers of 64 bit."""
    return max(-MOST, min(int(number), MOST))


def sampled_at(timestamp: str) -> float:
    """s since 1970; 0 for a text that is no moment."""
    try:
        return seconds(timestamp)
    except ValueError:
        return 0.0


def start_row(charge_point: str, start: call.StartTransaction, now: float) -> Row:
    """A transaction without its id and status. Its retry has the same digest."""
    connector, meter_start = whole(start.connector_id), whole(start.meter_start)
    folded = fold(start.id_tag)
    return {
        "start_digest": digest(charge_point, connector, folded, meter_start, start.timestamp),
        "start_at": now,
        "charge_point": charge_point,
        "connector": connector,
        "id_tag": storable(start.id_tag),
        "folded_tag": storable(folded),
        "meter_start": meter_start,
        "started": storable(start.timestamp),
        "reservation": None if start.reservation_id is None else whole(start.reservation_id),
    }


def stop_row(charge_point: str, stop: call.StopTransaction) -> Row:
    """The end of a transaction. Its retry has the same digest."""
    row = {
        "transaction_id": whole(stop.transaction_id),
        "meter_stop": whole(stop.meter_stop),
        "stopped": storable(stop.timestamp),
        "stop_tag": None if stop.id_tag is None else storable(stop.id_tag),
        "reason": None if stop.reason is None else storable(stop.reason),
    }
    return row | {"charge_point": charge_point, "digest": digest(charge_point, *row.values())}


def meter_rows(
    charge_point: str,
    connector: int | None,
    transaction_id: int | None,
    meter_values: Iterable[dict[str, Any]],
    most: int,
) -> list[Row]:
    """A row for each of the first `most` sampled values, with the defaults of what it does not
    say; the rest is not looked at."""
    rows = (
        _meter_row(charge_point, connector, transaction_id, each["timestamp"], sampled)
        for each in meter_values
        for sampled in each["sampled_value"]
    )
    return list(islice(rows, most))


def _meter_row(
    charge_point: str,
    connector: int | None,
    transaction_id: int | None,
    timestamp: str,
    sampled: dict[str, Any],
) -> Row:
    get = sampled.get
    measurand = get("measurand", MEASURAND)
    row = {
        "charge_point": charge_point,
        "connector": connector,
        "transaction_id": transaction_id,
        "timestamp": storable(timestamp),
        "value": storable(sampled["value"]),
        "measurand": measurand,
        "unit": get("unit", "Wh" if measurand.startswith("Energy.") else None),
        "context": get("context", CONTEXT),
        "phase": get("phase"),
        "location": get("location", LOCATION),
        "format": get("format", FORMAT),
    }
    row["digest"] = digest(*row.values())
    row["at"] = sampled_at(timestamp)
    return row


def status_row(charge_point: str, status: call.StatusNotification, now: float) -> Row:
    """A StatusNotification. Each that came is a row, also if it says the same again."""
    row = _texts(asdict(status))
    row["connector"] = whole(row.pop("connector_id"))
    return _logged(charge_point, row, now)


def security_row(charge_point: str, event: str, detail: str, now: float) -> Row:
    """A security event."""
    return _logged(charge_point, _texts({"event": event, "detail": detail}), now)


def left_out_row(charge_point: str, event: str, since: float, detail: str) -> Row:
    """A security event of what the database left out from `since` on; a later `detail` is the same
    row."""
    row = _texts({"event": event, "detail": detail})
    return row | {
        "charge_point": charge_point,
        "at": since,
        "digest": digest(charge_point, event),
    }


def boot_row(charge_point: str, boot: call.BootNotification, now: float) -> Row:
    """What a charge point says of itself."""
    row = _texts(asdict(boot))
    return row | {"charge_point": charge_point, "booted_at": now, "seen_at": now}


def _texts(row: Row) -> Row:
    return {key: storable(value) if isinstance(value, str) else value for key, value in row.items()}


def _logged(charge_point: str, row: Row, now: float) -> Row:
    return row | {
        "charge_point": charge_point,
        "at": now,
        "digest": digest(charge_point, *row.values()),
    }
