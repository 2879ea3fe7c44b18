"""How much of a message the central system keeps, and how fast a charge point may have it written.

Of a message: 1,000 samples take 10 ms of the one thread that writes for all charge points, and 30
measurands on 3 phases are 90. The transactionData of StopTransaction may have 10,000: a day of 7
each minute, which is also what fits into 1 MiB if they say measurand and phase.

Beyond its rate a charge point is slowed, and nothing is left out: its next CALL is read when its
rows are paid for. It loses nothing by that, since no row of it is answered before. One that was
offline for a day delivers its queue of some 100,000 rows in minutes.
"""

from collections.abc import Callable, Iterable
from typing import Any

from ocpp.v16 import call

from rig.ocppj.logic.pace import TokenBucket

SAMPLES = 1_000  # of one MeterValues that are kept
DATA_SAMPLES = 10_000  # of one StopTransaction
RATE = 500.0  # rows a second; five connectors of a bench that reports at 100 Hz
BURST = 10_000.0  # rows; as many as one message has, so that none waits after a while of calm
TEXT = 1024  # characters that count as one row more: a value may be of any length


class Quota:
    """Of one charge point, over all its connections. Times in s on the clock of `now`."""

    __slots__ = ("_bucket", "_paid_at")

    def __init__(self, now: float, rate: float = RATE, burst: float = BURST) -> None:
        self._bucket, self._paid_at = TokenBucket(now, rate, burst), now

    def charge(self, request: Any, length: int, now: float) -> float:
        """s to wait after this request, whose text has so many characters."""
        count = _ROWS.get(type(request))
        if count:
            self._paid_at = now + self._bucket.take(count(request) + length // TEXT, now)
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
