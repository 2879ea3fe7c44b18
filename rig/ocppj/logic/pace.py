"""How fast the texts of one peer are taken.

A peer that waits for each answer before it asks again (OCPP-J 1.6, 4.1.1) goes as fast as it can.
One that does not is served this many texts a second and no more: it is read more slowly, which
holds it up by TCP, and never answered with errors. Long texts count by their length.
"""

RATE = 500.0  # texts per second that need not wait for an answer; a bench reports at 100
BURST = 2000.0  # texts
LONG = 4096  # characters that count as one text more


class TokenBucket:
    """A token bucket: `burst` at once, `rate` each s. It may go into debt, which is waited for."""

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
    """How fast texts are taken: a bucket of them."""

    __slots__ = ("_bucket",)

    def __init__(self, now: float, rate: float = RATE, burst: float = BURST) -> None:
        self._bucket = TokenBucket(now, rate, burst)

    def wait(self, length: int, now: float, *, ahead: bool) -> float:
        """s to wait before a text of `length` characters is served; `ahead`: not asked for yet."""
        return self._bucket.take(ahead + length // LONG, now)
