"""How fast the texts of one peer are taken.

A peer that waits for each answer before it asks again (OCPP-J 1.6, 4.1.1) goes as fast as it can.
One that does not is served this many texts a second and no more: it is read more slowly, which
holds it up by TCP, and never answered with errors. Long texts count by their length.
"""

RATE = 500.0  # texts per second that need not wait for an answer; a bench reports at 100
BURST = 2000.0  # texts
LONG = 4096  # characters that count as one text more


class Pace:
    """A token bucket; it may go into debt, which the peer waits for."""

    def __init__(self, now: float, rate: float = RATE, burst: float = BURST) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._then = burst, now

    def wait(self, length: int, now: float, *, ahead: bool) -> float:
        """s to wait before a text of `length` characters is served; `ahead`: not asked for yet."""
        earned = (now - self._then) * self._rate
        self._left = min(self._burst, self._left + earned) - ahead - length // LONG
        self._then = now
        return max(0.0, -self._left / self._rate)
