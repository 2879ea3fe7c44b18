"""What detectors say, and how an alarm of theirs stands until what raised it has ended."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Literal, Protocol

NOTHING_SEEN = "nothing seen yet"
BEFORE = "raised_before"  # in place of the detector

# It ended when nothing came for much longer than usual.
OVER_AFTER = 2.5  # times the usual gap
OVER_AFTER_LEAST = 8.0  # s

State = Literal["ok", "warn", "alarm", "unknown"]
WORST_FIRST: tuple[State, ...] = ("alarm", "warn", "ok", "unknown")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a detector says; `since` is when its state began (s), None if it never saw anything.

    `connector`: whose it is; 0 is the charge point as a whole.
    """

    detector: str
    state: State = "unknown"
    why: str = NOTHING_SEEN
    since: float | None = None
    connector: int = 1

    def then(self, state: State, why: str, now: float) -> "Verdict":
        """The verdict that follows this one at `now`."""
        return replace(self, state=state, why=why, since=self.since if state == self.state else now)


class Detector(Protocol):
    """Takes every message and LinkDown. `tick` clears what ended, because then nothing comes.

    `looks_back`: what happened longer ago (s) changes no verdict.
    """

    @property
    def looks_back(self) -> float: ...

    def receive(self, event: object, now: float) -> Verdict: ...

    def tick(self, now: float) -> Verdict: ...


class Standing:
    """The verdict of a detector whose alarm lasts for as long as its cause comes again."""

    def __init__(self, detector: str) -> None:
        self._verdict = Verdict(detector)
        self._blind: str | None = NOTHING_SEEN
        self._why, self._until = "", -math.inf
        self._warning, self._warns_until = "", -math.inf

    def sees(self) -> None:
        """The detector has what it needs."""
        self._blind = None

    def forget(self, why: str) -> None:
        """The detector lost what it needs, and with it the alarm."""
        self._blind, self._until, self._warns_until = why, -math.inf, -math.inf

    def warn(self, why: str, now: float) -> None:
        """It came once: if it comes again, that is an alarm."""
        self._warning, self._warns_until = why, now + OVER_AFTER_LEAST

    def alarm(self, why: str, times: Sequence[float]) -> None:
        """The cause came at these times (s, two or more, oldest first).

        One that comes much later than usual is no part of what repeated: that has ended.
        """
        *before, last = [after - at for at, after in pairwise(times)]
        ends_after = max(OVER_AFTER_LEAST, OVER_AFTER * median(before or [last]))
        if last <= ends_after:
            self._why, self._until = why, times[-1] + ends_after

    def at(self, now: float) -> Verdict:
        """The verdict at `now`."""
        if self._blind is not None:
            self._verdict = self._verdict.then("unknown", self._blind, now)
        elif now < self._until:
            self._verdict = self._verdict.then("alarm", self._why, now)
        elif now < self._warns_until:
            self._verdict = self._verdict.then("warn", self._warning, now)
        else:
            self._verdict = self._verdict.then("ok", "nothing repeats", now)
        return self._verdict


class Restored:
    """A detector that begins anew at `start`, where an alarm stood when the one before it died.

    That alarm stands on until the detector raises one itself, or has seen as much without one as it
    ever looks at: before, it knows less than the one that raised it.
    """

    def __init__(self, detector: Detector, why: str, start: float) -> None:
        self._detector, self._why, self._start = detector, why, start
        self._stands, self._sees_since = True, math.inf

    @property
    def looks_back(self) -> float:
        return self._detector.looks_back

    def receive(self, event: object, now: float) -> Verdict:
        return self._judge(self._detector.receive(event, now), now)

    def tick(self, now: float) -> Verdict:
        return self._judge(self._detector.tick(now), now)

    def _judge(self, verdict: Verdict, now: float) -> Verdict:
        if self._stands:
            is_blind = verdict.state == "unknown"
            self._sees_since = math.inf if is_blind else min(self._sees_since, now)
            has_seen_all = now - self._sees_since >= self.looks_back
            self._stands = verdict.state != "alarm" and not has_seen_all
        if not self._stands:
            return verdict
        return Verdict(BEFORE, "alarm", self._why, self._start)
