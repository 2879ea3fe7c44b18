"""The repeated fluctuation: quick commands to and fro, and a quantity that turns again and again.

A large variance is no sign of it: every normal start to 40 A shows a larger one, so the rule of the
seed is the baseline only (`seed_variance`).
"""

import math
from collections import deque
from collections.abc import Mapping
from itertools import pairwise

from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import Current
from rig.detect.commanded import MINIMUM, Target
from rig.detect.turning import Turn, Turning
from rig.detect.verdict import Hear, Standing, Verdict

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
LONGEST = max(window for window, _ in WINDOWS)


class FastToggle(Standing):
    """Opposite changes of the commanded target in quick succession, repeatedly."""

    looks_back = TOGGLE_WINDOW

    def __init__(self, connector: int = 1) -> None:
        super().__init__("fast_toggle", connector)
        self._level: float | None = None
        self._begin()

    @property
    def hears(self) -> Mapping[type, Hear]:
        return {Target: self._follow, LinkDown: self._lose}

    def _begin(self) -> None:
        self._last = (-math.inf, 0.0)  # when the latest change was (s), and by how much (A)
        self._pairs: deque[float] = deque(maxlen=32)  # a flood must not make a verdict slow

    def _lose(self, down: LinkDown, now: float) -> Verdict | None:
        self._begin()
        return self.forget(down.why, now)

    def _follow(self, target: Target, now: float) -> Verdict | None:
        before, self._level = self._level, target.level
        if self._level is None:
            return None
        begins = self.sees(now)
        if before is not None and abs(self._level - before) >= TOGGLE_CHANGE:
            return self._changed(self._level - before, now) or begins
        return begins

    def _changed(self, by: float, now: float) -> Verdict | None:
        at, last = self._last
        if by * last >= 0 or now - at >= TOGGLE_WITHIN:
            self._last = (now, by)
            return None
        self._last = (-math.inf, 0.0)  # a change belongs to one pair only
        self._pairs.append(now)
        pairs = [at for at in self._pairs if at > now - TOGGLE_WINDOW]
        why = f"target moved {min(abs(by), abs(last)):.0f} A and back within {now - at:.1f} s"
        if len(pairs) < TOGGLE_PAIRS:
            return self.warn(f"{why}, once", now, 1, TOGGLE_PAIRS)
        times = f"{len(pairs)} times in {now - pairs[0]:.0f} s"
        return self.alarm(f"{why}, {times}", pairs, now, len(pairs), TOGGLE_PAIRS)


class Oscillation(Standing):
    """A quantity that turns again and again."""

    looks_back = LONGEST

    def __init__(self, name: str, quantity: str, connector: int = 1) -> None:
        super().__init__(name, connector)
        self._quantity, self._turning = quantity, Turning()

    def _lose(self, down: LinkDown, now: float) -> Verdict | None:
        self._turning.forget()
        return self.forget(down.why, now)

    def _moved(self, level: float, now: float) -> Verdict | None:
        begins = self.sees(now)
        if self._turning.add(level, now) and self._turning.turned_since(now - LONGEST, TURNS):
            return self._judge(now) or begins
        return begins

    def _judge(self, now: float) -> Verdict | None:
        for window, threshold in WINDOWS:
            turns = _in_step(self._turning.turns(now - window), window / (TURNS - 1))
            total = sum(turn.swing for turn in turns)
            if len(turns) >= TURNS and total >= threshold:
                why = (
                    f"{len(turns)} swings of the {self._quantity} by {total / len(turns):.0f} A "
                    f"in {turns[-1].at - turns[0].at:.0f} s "
                    f"({total:.0f} A in all, alarm from {threshold:.0f} A)"
                )
                return self.alarm(why, [turn.at for turn in turns], now, total, threshold)
        return None


class OscillationCommand(Oscillation):
    """The commanded target turns again and again."""

    def __init__(self, connector: int = 1) -> None:
        super().__init__("oscillation_command", "target", connector)

    @property
    def hears(self) -> Mapping[type, Hear]:
        return {Target: self._follow, LinkDown: self._lose}

    def _follow(self, target: Target, now: float) -> Verdict | None:
        return None if target.level is None else self._moved(target.level, now)


class OscillationSignal(Oscillation):
    """The reported current turns again and again."""

    def __init__(self, connector: int = 1) -> None:
        super().__init__("oscillation_signal", "current", connector)

    @property
    def hears(self) -> Mapping[type, Hear]:
        return {Current: self._measured, LinkDown: self._lose}

    def _measured(self, report: Current, now: float) -> Verdict | None:
        return self._moved(report.current, now)


def _in_step(turns: list[Turn], within: float) -> list[Turn]:
    """The latest turns that come within so many s of one another."""
    pauses = (n for n, (one, next_) in enumerate(pairwise(turns), 1) if next_.at - one.at > within)
    return turns[max(pauses, default=0) :]
