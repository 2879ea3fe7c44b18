"""What detectors say, and how an alarm of theirs stands until what raised it has ended."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any, Literal

NOTHING_SEEN = "nothing seen yet"

# It ended when nothing came for much longer than usual.
OVER_AFTER = 2.5  # times the usual gap
OVER_AFTER_LEAST = 8.0  # s

State = Literal["ok", "warn", "alarm", "unknown"]
WORST_FIRST: tuple[State, ...] = ("alarm", "warn", "unknown", "ok")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a detector says; `since` is when its state began (s), None if it never saw anything.

    `score` and `threshold`: what it measured, and from where on that is an alarm, in the unit that
    `why` names; None where there is no such number. `connector`: 0 is the charge point as a whole.
    """

    detector: str
    state: State = "unknown"
    why: str = NOTHING_SEEN
    since: float | None = None
    score: float | None = None
    threshold: float | None = None
    connector: int = 1


Hear = Callable[[Any, float], Verdict | None]


class Detector:
    """One detector of one connector, or of the charge point as a whole (0).

    `verdict` is what it says now. What it `hears` is given to it by type, with the stamp (s); that,
    and `tick`, which is called at each whole second, give the verdict if its state is another one.
    `looks_back`: what happened longer ago (s) changes no verdict.
    """

    looks_back = 0.0

    def __init__(self, name: str, connector: int = 1) -> None:
        self.verdict = Verdict(name, connector=connector)

    @property
    def hears(self) -> Mapping[type, Hear]:
        raise NotImplementedError

    def tick(self, now: float) -> Verdict | None:
        return None

    def say(
        self,
        state: State,
        why: str,
        now: float,
        score: float | None = None,
        threshold: float | None = None,
    ) -> Verdict | None:
        """This is the verdict from now on; the verdict, if its state is another one."""
        before = self.verdict
        if state == before.state and why == before.why:
            return None
        begins = state != before.state
        since = now if begins else before.since
        self.verdict = Verdict(
            before.detector, state, why, since, score, threshold, before.connector
        )
        return self.verdict if begins else None


class Standing(Detector):
    """A detector whose alarm lasts for as long as its cause comes again."""

    def __init__(self, name: str, connector: int = 1) -> None:
        super().__init__(name, connector)
        self._blind: str | None = NOTHING_SEEN
        self._alarms_until = self._warns_until = -math.inf
        self._ok = "nothing repeats"

    def sees(self, now: float) -> Verdict | None:
        """It has what it needs."""
        if self._blind is None:
            return None
        self._blind = None
        return self.tick(now)

    def forget(self, why: str, now: float) -> Verdict | None:
        """It lost what it needs, and with it the alarm."""
        self._blind, self._alarms_until, self._warns_until = why, -math.inf, -math.inf
        return self.say("unknown", why, now)

    def warn(self, why: str, now: float, score: float, threshold: float) -> Verdict | None:
        """It came once: if it comes again, that is an alarm."""
        self._warns_until = now + OVER_AFTER_LEAST
        if now < self._alarms_until:
            return None
        return self.say("warn", why, now, score, threshold)

    def alarm(
        self, why: str, times: Sequence[float], now: float, score: float, threshold: float
    ) -> Verdict | None:
        """The cause came at these times (s, oldest first), which makes it an alarm.

        One that comes much later than usual is no part of what repeated: that has ended.
        """
        *before, last = [after - at for at, after in pairwise(times)] or [0.0]
        ends_after = max(OVER_AFTER_LEAST, OVER_AFTER * median(before or [last]))
        if last > ends_after:
            return None
        self._alarms_until = times[-1] + ends_after
        return self.say("alarm", why, now, score, threshold)

    def tick(self, now: float) -> Verdict | None:
        if self._blind is not None:
            return self.say("unknown", self._blind, now)
        if now < self._alarms_until:
            return None
        if now < self._warns_until:
            return None if self.verdict.state == "warn" else self.say("warn", "it came once", now)
        return self.say("ok", self._ok, now)


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The worst of one or more: of two that are as bad, the one that stands longer."""
    return min(verdicts, key=lambda one: (WORST_FIRST.index(one.state), one.since or 0.0))
