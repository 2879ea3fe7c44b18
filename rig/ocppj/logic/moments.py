"""Moments as OCPP writes them: ISO 8601 in UTC (OCPP 1.6 edition 2, 3.14)."""

import re
from datetime import UTC, datetime

# What UTC can say, in s since 1970: the years 1 to 9999.
FIRST, LAST = -62_135_596_800.0, 253_402_300_799.0
DAY = 86_400  # s
LEAP_SECOND = re.compile(r"(T\d\d:\d\d):60")  # Python knows none


def timestamp(seconds: float) -> str:
    """Seconds since 1970 as OCPP writes a moment: `2026-01-31T12:00:00.000Z`."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(text: str) -> float:
    """A moment in seconds since 1970; one without a zone is UTC. Raises ValueError for none.

    A leap second is the second after it, as POSIX has it.
    """
    if "T" not in text.upper():  # a bare date is no moment
        raise ValueError(f"{text[:40]!r} is no moment")
    known, is_leap = LEAP_SECOND.subn(r"\1:59", text.upper(), count=1)
    moment = datetime.fromisoformat(known)
    since_1970 = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() + is_leap
    if is_leap and since_1970 // 1 % DAY:  # only a day of UTC ends in one
        raise ValueError(f"{text[:40]!r} is no leap second")
    if not FIRST <= since_1970 <= LAST:  # with its zone, a day of year 1 can be one before it
        raise ValueError(f"{text[:40]!r} is before the year 1 or after 9999")
    return since_1970
