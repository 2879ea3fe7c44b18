"""The seed's own rule, the named baseline: a large variance of the current in a short time.

It alarms on every normal start to 40 A and above, so it is off unless asked for.
"""

import math
from collections import deque
from collections.abc import Mapping

from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import Current
from rig.detect.verdict import NOTHING_SEEN, Detector, Hear, State, Verdict

WINDOW = 10.0  # s
DEVIATION = 10.0  # A; more of it cannot come from a range below twice that
KEPT = 100  # samples: a flood must not make a verdict slow


class SeedVariance(Detector):
    """Alarms for as long as the current of the last 10 s varies much (`seed_variance`)."""

    looks_back = WINDOW

    def __init__(self, connector: int = 1) -> None:
        super().__init__("seed_variance", connector)
        self._samples: deque[tuple[float, float]] = deque(maxlen=KEPT)

    @property
    def hears(self) -> Mapping[type, Hear]:
        return {Current: self._measured, LinkDown: self._lose}

    def tick(self, now: float) -> Verdict | None:
        amps = [current for at, current in self._samples if at > now - WINDOW]
        return self._judge(amps, now) if amps else self.say("unknown", NOTHING_SEEN, now)

    def _measured(self, report: Current, now: float) -> Verdict | None:
        self._samples.append((now, report.current))
        return self.tick(now)

    def _lose(self, down: LinkDown, now: float) -> Verdict | None:
        self._samples.clear()
        return self.say("unknown", down.why, now)

    def _judge(self, amps: list[float], now: float) -> Verdict | None:
        mean = math.fsum(amps) / len(amps)
        deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in amps) / len(amps))
        spread = max(amps) - min(amps)
        why = (
            f"current varied by {spread:.0f} A in {WINDOW:.0f} s, "
            f"standard deviation {deviation:.1f} A (alarm from {DEVIATION:.0f} A)"
        )
        state: State = "alarm" if deviation > DEVIATION else "ok"
        return self.say(state, why, now, deviation, DEVIATION)
