"""Moments as OCPP writes them: ISO 8601 in UTC (OCPP 1.6 edition 2, 3.14)."""

from datetime import UTC, datetime


def timestamp(seconds: float) -> str:
    """Seconds since 1970 as OCPP writes a moment: `2026-01-31T12:00:00.000Z`."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(text: str) -> float:
    """A moment in seconds since 1970; one without a zone is UTC. Raises ValueError for none."""
    if "T" not in text.upper():  # a bare date is no moment
        raise ValueError(f"{text[:40]!r} is no moment")
    moment = datetime.fromisoformat(text.upper())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
