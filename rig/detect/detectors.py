"""Detectors: bus messages and time in, a verdict out. Those of the fluctuation, and all in a table.

A large variance is no sign of a fluctuation: every normal start to 40 A shows a larger one, so the
rule of the seed is the baseline only (`seed_variance`). Nothing here is a safety function.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import Current
from rig.detect.commanded import Commanded
from rig.detect.limit_exceeded import LimitExceeded
from rig.detect.seed_variance import SeedVariance
from rig.detect.telemetry_stuck import TelemetryStuck
from rig.detect.turning import Turn, Turning
from rig.detect.verdict import WORST_FIRST, Detector, Standing, Verdict
from rig.role.logic.expect import Expect

MINIMUM = 6.0  # A, the least that a car may be offered (IEC 61851-1)

# Fast toggle. IEC 61851-1 also demands a minimum time between two changes of the current.
TOGGLE_CHANGE = MINIMUM  # A
TOGGLE_WITHIN = 5.0  # s from a change to the opposite one
TOGGLE_PAIRS = 2  # to and fro once is a user who thinks again; only twice is repeated
TOGGLE_WINDOW = 60.0  # s in which the pairs lie

# Swings. A start, one dip of the limit and a stop turn three times: that is a session. Sessions of
# a minute each, one after the other, are a busy place: their turns are 60 s apart, and in 150 s
# there are no four of them. What turns four times in a window does so within thirds of it.
TURNS = 4
WINDOWS = ((60.0, 36.0), (150.0, 62.0))  # (s, A): the sum of the swings in a window that alarms


class FastToggle:
    """Opposite changes of the commanded target in quick succession, repeatedly (`fast_toggle`)."""

    looks_back = TOGGLE_WINDOW

    def __init__(self) -> None:
        self._standing = Standing("fast_toggle")
        self._target = Target()
        self._level: float | None = None
        self._forget()

    def receive(self, event: object, now: float) -> Verdict:
        before, self._level = self._level, self._target(event)
        if isinstance(event, LinkDown):
            self._forget()
            self._standing.forget(event.why)
        elif self._level is not None:
            self._standing.sees()
            if before is not None and abs(self._level - before) >= TOGGLE_CHANGE:
                self._changed(self._level - before, now)
        return self.tick(now)

    def tick(self, now: float) -> Verdict:
        return self._standing.at(now)

    def _forget(self) -> None:
        self._last = (-math.inf, 0.0)  # when the latest change was (s), and by how much (A)
        self._pairs: deque[float] = deque(maxlen=32)  # a flood must not make a verdict slow

    def _changed(self, by: float, now: float) -> None:
        at, last = self._last
        if by * last >= 0 or now - at >= TOGGLE_WITHIN:
            self._last = (now, by)
            return
        self._last = (-math.inf, 0.0)  # a change belongs to one pair only
        self._pairs.append(now)
        pairs = [at for at in self._pairs if at > now - TOGGLE_WINDOW]
        why = f"target moved {min(abs(by), abs(last)):.0f} A and back within {now - at:.1f} s"
        if len(pairs) < TOGGLE_PAIRS:
            self._standing.warn(f"{why}, once", now)
        else:
            times = f"{len(pairs)} times in {now - pairs[0]:.0f} s"
            self._standing.alarm(f"{why}, {times}", pairs)


class Oscillation:
    """A quantity that turns again and again (`oscillation_command`,
    `oscillation_signal`)."""

    looks_back = max(window for window, _ in WINDOWS)

    def __init__(
        self, detector: str, quantity: str, level: Callable[[object], float | None]
    ) -> None:
        self._standing = Standing(detector)
        self._quantity, self._level = quantity, level
        self._turning = Turning()

    def receive(self, event: object, now: float) -> Verdict:
        level = self._level(event)
        if isinstance(event, LinkDown):
            self._turning.forget()
            self._standing.forget(event.why)
        elif level is not None:
            self._standing.sees()
            self._turning.add(level, now)
            self._judge(now)
        return self.tick(now)

    def tick(self, now: float) -> Verdict:
        return self._standing.at(now)

    def _judge(self, now: float) -> None:
        for window, threshold in WINDOWS:
            turns = _in_step(self._turning.turns(now - window), window / (TURNS - 1))
            total = sum(turn.swing for turn in turns)
            if len(turns) >= TURNS and total >= threshold:
                why = (
                    f"{len(turns)} swings of the {self._quantity} by {total / len(turns):.0f} A "
                    f"in {turns[-1].at - turns[0].at:.0f} s "
                    f"({total:.0f} A in all, alarm from {threshold:.0f} A)"
                )
                self._standing.alarm(why, [turn.at for turn in turns])
                return


def _in_step(turns: list[Turn], within: float) -> list[Turn]:
    """The latest turns that come within so many s of one another."""
    pauses = (n for n, (one, next_) in enumerate(pairwise(turns), 1) if next_.at - one.at > within)
    return turns[max(pauses, default=0) :]


class Worst:
    """Several detectors side by side: an alarm or a warning is that of the first one that raises
    one, by its name; else `name` says how all are."""

    def __init__(self, name: str, detectors: Sequence[Detector]) -> None:
        self._name, self._detectors = name, detectors
        self._verdict = Verdict(name)

    @property
    def looks_back(self) -> float:
        return max(detector.looks_back for detector in self._detectors)

    def receive(self, event: object, now: float) -> Verdict:
        return self._join([each.receive(event, now) for each in self._detectors], now)

    def tick(self, now: float) -> Verdict:
        return self._join([each.tick(now) for each in self._detectors], now)

    def _join(self, verdicts: list[Verdict], now: float) -> Verdict:
        worst = min(verdicts, key=lambda verdict: WORST_FIRST.index(verdict.state))
        name = worst.detector if worst.state in ("alarm", "warn") else self._name
        self._verdict = replace(self._verdict.then(worst.state, worst.why, now), detector=name)
        return self._verdict


def fluctuation() -> list[Detector]:
    """The detectors of the repeated fluctuation."""
    return [
        FastToggle(),
        Oscillation("oscillation_command", "target", Target()),
        Oscillation("oscillation_signal", "current", reported),
    ]


def all_detectors(expect: Expect) -> Detector:
    """What is watched where nothing else is asked for. `expect`: what the charger may do."""
    return Worst("alarm", [LimitExceeded(expect), *fluctuation(), TelemetryStuck(expect)])


class Target:
    """The commanded target as detectors follow it, event by event (A; None while not known)."""

    def __init__(self) -> None:
        self._commanded = Commanded()
        self._is_idle = False

    def __call__(self, event: object) -> float | None:
        self._commanded.receive(event)
        if isinstance(event, Current | LinkDown):
            self._is_idle = isinstance(event, Current) and event.current < MINIMUM
        if self._commanded.running is None:
            return 0.0 if self._is_idle else None
        if self._commanded.running and self._commanded.limit is None:
            return MINIMUM  # running, so at least that
        return self._commanded.target


def reported(event: object) -> float | None:
    """The current that the charger reports in this event (A), if any."""
    return event.current if isinstance(event, Current) else None


RULES: dict[str, Callable[[Expect], Detector]] = {
    "all": all_detectors,
    "seed_variance": lambda expect: SeedVariance(),
}
