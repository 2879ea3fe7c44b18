"""Rate limits of one peer: how fast its texts are taken, and how fast it may have rows written.

Texts: a peer that waits for each answer before it asks again (OCPP-J 1.6, 4.1.1) goes as fast as it
can. One that does not is served TEXT_RATE and no more: it is read more slowly, which holds it up by
TCP, and never answered with errors. Long texts count by their length.

Rows, at the central system: 1,000 samples take 10 ms of the one thread that writes for all charge
points, and 30 measurands on 3 phases are 90. The transactionData of StopTransaction may have
10,000: a day of 7 each minute, which is also what fits into 1 MiB if they say measurand and phase.
Beyond ROW_RATE a charge point is slowed, and nothing is left out: its next CALL is read when its
rows are paid for. It loses nothing by that, since no row of it is answered before. One that was
offline for a day delivers its queue of some 100,000 rows in minutes.
"""

from collections.abc import Callable, Iterable
from typing import Any

from ocpp.v16 import call

TEXT_RATE = 500.0  # texts a second that need not wait for an answer; a bench reports at 100
TEXT_BURST = 2000.0  # texts
LONG = 4096  # characters that count as one text more
SAMPLES = 1_000  # of one MeterValues that are kept
DATA_SAMPLES = 10_000  # of one StopTransaction
ROW_RATE = 500.0  # rows a second; five connectors of a bench that reports at 100 Hz
ROW_BURST = 10_000.0  # rows; as many as one message has, so that none waits after a while of calm
ROW_LENGTH = 1024  # characters that count as one row more: a value may be of any length


class TokenBucket:
    """`burst` at once, `rate` each s. It may go into debt, which is waited for."""

    __slots__ = ("_burst", "_left", "_rate", "_then")

    def __init__(self, now: float, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._then = burst, now

    def take(self, amount: float, now: float) -> float:
        """Take so much; s until it is paid for."""
        earned = (now - self._then) * self._rate
        self._left = min(self._burst, self._left + earned) - amount
        self._then = now
        return max(0.0, -self._left / self._rate)


class Pace:
    """Of the texts, or pings, of one connection."""

    __slots__ = ("_bucket",)

    def __init__(self, now: float, rate: float = TEXT_RATE, burst: float = TEXT_BURST) -> None:
        self._bucket = TokenBucket(now, rate, burst)

    def wait(self, length: int, now: float, *, ahead: bool) -> float:
        """s to wait before a text of `length` characters is served; `ahead`: not asked for yet."""
        return self._bucket.take(ahead + length // LONG, now)


class Quota:
    """Of the rows of one charge point, over all its connections."""

    __slots__ = ("_bucket", "_paid_at")

    def __init__(self, now: float, rate: float = ROW_RATE, burst: float = ROW_BURST) -> None:
        self._bucket, self._paid_at = TokenBucket(now, rate, burst), now

    def charge(self, request: Any, length: int, now: float) -> float:
        """s to wait after this request, whose text has so many characters."""
        count = _ROWS.get(type(request))
        if count:
            self._paid_at = now + self._bucket.take(count(request) + length // ROW_LENGTH, now)
        return self.owed(now)

    def owed(self, now: float) -> float:
        """s still to wait until all is paid for."""
        return max(0.0, self._paid_at - now)


def samples(meter_values: Iterable[dict[str, Any]]) -> int:
    """How many sampled values these have."""
    return sum(len(each["sampled_value"]) for each in meter_values)


# The others leave no row; an Authorize only asks, and a Heartbeat updates one.
_ROWS: dict[type, Callable[[Any], int]] = {
    call.BootNotification: lambda _: 1,
    call.StatusNotification: lambda _: 1,
    call.SecurityEventNotification: lambda _: 1,
    call.StartTransaction: lambda _: 1,
    call.StopTransaction: lambda stop: 1 + min(DATA_SAMPLES, samples(stop.transaction_data or ())),
    call.MeterValues: lambda values: min(SAMPLES, samples(values.meter_value)),
}
