"""The seed's own rule, the named baseline: a large variance of the current in a short time.

It alarms on every normal start to 40 A and above, so it is off unless asked for.
"""

import math
from collections import deque

from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import Current
from rig.detect.verdict import NOTHING_SEEN, Verdict

WINDOW = 10.0  # s
DEVIATION = 10.0  # A; more of it cannot come from a range below twice that
KEPT = 100  # samples: a flood must not make a verdict slow


class SeedVariance:
    """Alarms for as long as the current of the last 10 s varies much (`seed_variance`)."""

    looks_back = WINDOW

    def __init__(self) -> None:
        self._verdict = Verdict("seed_variance")
        self._samples: deque[tuple[float, float]] = deque(maxlen=KEPT)

    def receive(self, event: object, now: float) -> Verdict:
        if isinstance(event, LinkDown):
            self._samples.clear()
        elif isinstance(event, Current):
            self._samples.append((now, event.current))
        return self.tick(now)

    def tick(self, now: float) -> Verdict:
        amps = [current for at, current in self._samples if at > now - WINDOW]
        self._verdict = self._judge(amps, now) if amps else self._blind(now)
        return self._verdict

    def _blind(self, now: float) -> Verdict:
        return self._verdict.then("unknown", NOTHING_SEEN, now)

    def _judge(self, amps: list[float], now: float) -> Verdict:
        mean = math.fsum(amps) / len(amps)
        deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in amps) / len(amps))
        spread = max(amps) - min(amps)
        why = (
            f"current varied by {spread:.0f} A in {WINDOW:.0f} s, "
            f"standard deviation {deviation:.1f} A (alarm from {DEVIATION:.0f} A)"
        )
        return self._verdict.then("alarm" if deviation > DEVIATION else "ok", why, now)
