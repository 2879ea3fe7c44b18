"""Moments to and from OCPP's text. Expected values: `date -u -d TEXT +%s`."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.ocppj.logic.moments import seconds, timestamp

NOON = 1769860800.0  # 2026-01-31T12:00:00Z


def test_a_moment_is_written_in_utc_with_milliseconds() -> None:
    assert timestamp(NOON + 0.25) == "2026-01-31T12:00:00.250Z"


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.000Z",
        "2026-01-31T13:00:00+01:00",
        "2026-01-31T12:00:00",  # no zone: UTC
        "2026-01-31t12:00:00z",
    ],
)
def test_every_way_to_write_noon_is_noon(text: str) -> None:
    assert seconds(text) == NOON


@pytest.mark.parametrize(
    "text", ["2016-12-31T23:59:60Z", "2016-12-31T23:59:60.000Z", "2017-01-01T00:59:60+01:00"]
)
def test_a_leap_second_is_the_second_after_it(text: str) -> None:
    assert seconds(text) == 1483228800.0  # 2017-01-01T00:00:00Z


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":60",
        "2016-12-31T23:59:61Z",
        "2016-12-31T12:00:60Z",
        "2016-12-31T23:60:00Z",
        "9999-12-31T23:59:60Z",
        "yesterday",
        "2026-01-31",
        "2026-02-30T12:00:00Z",
        "T",
        "0001-01-01T00:00:00+14:00",  # in UTC a day before the year 1
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        seconds(text)


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_whatever_is_read_can_be_written(moment: datetime, minutes: int) -> None:
    """Else one message of a charge point would end what shows it later."""
    zone = timezone(timedelta(minutes=minutes))
    try:
        read = seconds(moment.replace(tzinfo=zone).isoformat())
    except ValueError:
        assert moment.year in (1, 9999)
    else:
        assert timestamp(read)


@given(st.integers(0, 4102444800000))
def test_what_is_written_is_read_again(milliseconds: int) -> None:
    assert seconds(timestamp(milliseconds / 1000)) == pytest.approx(milliseconds / 1000, abs=1e-3)
