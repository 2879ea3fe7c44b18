"""How fast one charge point may have the database written."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16 import call
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus

from rig.ocppj.logic.rate_limit import ROW_BURST, ROW_RATE, Quota
from tests.messages import sample, start, stop, values

STATUS = call.StatusNotification(1, ChargePointErrorCode.no_error, ChargePointStatus.available)
SEVERAL = {"timestamp": "x", "sampled_value": [{"value": "1"}, {"value": "2"}]}


def many(samples: int) -> dict[str, Any]:
    return {"timestamp": "x", "sampled_value": [{"value": "1"}] * samples}


@pytest.mark.parametrize(
    ("request_", "length", "rows"),
    [
        (values(sample(), SEVERAL), 1023, 3),
        (values(sample()), 1 << 20, 1025),  # 1 MiB in one value
        (stop(7), 200, 1),
        (stop(7, data=[SEVERAL]), 200, 3),
        (values(many(32_000)), 200, 1_000),  # what is not kept is not written
        (stop(7, data=[many(32_000)]), 200, 10_001),
        (start(), 200, 1),
        (STATUS, 200, 1),
        (call.BootNotification("m", "v"), 200, 1),
        (call.SecurityEventNotification("X", "2026-09-21T14:30:00Z", None), 200, 1),
        (call.Heartbeat(), 2, 0),
        (call.Authorize("ABC"), 20, 0),
        (call.DataTransfer("v", data="x" * 9000), 9100, 0),
    ],
)
def test_a_request_counts_by_its_rows_and_by_its_length(
    request_: Any, length: int, rows: int
) -> None:
    assert Quota(0.0, rate=1.0, burst=0.0).charge(request_, length, 0.0) == rows


def test_a_day_offline_is_delivered_in_minutes_and_all_of_it() -> None:
    """1440 messages of 90 samples: 129,600 rows. 10,000 at once, the others at 500/s: 239 s."""
    quota, now = Quota(0.0), 0.0
    message = values(many(90))
    for _ in range(1440):
        now += quota.owed(now)
        quota.charge(message, 1000, now)
    assert now == pytest.approx((1440 * 90 - ROW_BURST) / ROW_RATE, abs=1.0)


def test_what_one_message_may_have_makes_no_other_wait_after_a_calm() -> None:
    whole = stop(7, data=[many(9_000)])
    assert Quota(0.0).charge(whole, 900_000, 0.0) == 0.0


def test_what_is_not_written_does_not_shorten_the_wait() -> None:
    quota = Quota(0.0, rate=1.0, burst=0.0)
    assert quota.charge(start(), 100, 0.0) == 1.0
    assert quota.charge(call.Heartbeat(), 2, 0.5) == 0.5
    assert quota.owed(0.75) == 0.25
    assert quota.owed(2.0) == 0.0


@given(
    st.floats(1, 1000),
    st.floats(1, 5000),
    st.lists(st.tuples(st.integers(1, 1000), st.floats(0, 5))),
)
def test_no_charge_point_has_more_written_than_the_burst_and_the_rate_and_one_message(
    rate: float, burst: float, messages: list[tuple[int, float]]
) -> None:
    quota, now, written = Quota(0.0, rate, burst), 0.0, 0
    for rows, pause in messages:
        now += quota.owed(now) + pause
        assert written <= burst + rate * now + 1e-6 * (1 + written)
        request = values(many(rows))
        quota.charge(request, 100, now)
        written += rows
