"""Turning points of a quantity: where it stopped rising and fell, or stopped falling and rose."""

import math
from collections import deque
from dataclasses import dataclass
from itertools import pairwise

HYSTERESIS = 4.0  # A that it must come back before that counts as a turn
KEPT = 32  # turns: a flood must not make a verdict slow


@dataclass(frozen=True, slots=True)
class Turn:
    """A turning point: when it was seen (s), and the smaller of the swings before and after (A)."""

    at: float
    swing: float


class Turning:
    """Follows one quantity (A) and keeps its latest turning points."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """What comes next has nothing to do with what was before."""
        self._base = self._extreme = math.nan
        self._direction = 0.0
        self._points: deque[tuple[float, float]] = deque()

    def add(self, amps: float, now: float) -> bool:
        """The quantity has this value at `now`. Whether a swing is another one, or larger now."""
        away = amps - self._extreme
        if away * self._direction > 0:
            self._extreme = amps
        elif abs(away) >= HYSTERESIS:
            if self._direction:
                self._turned(now)
            self._direction, self._extreme = math.copysign(1.0, away), amps
        else:
            if math.isnan(away):  # the first value: before it there was none
                self._base = self._extreme = amps
            return False
        return True

    def turned_since(self, since: float, times: int) -> bool:
        """Whether there were so many turns after `since` (s)."""
        return len(self._points) >= times and self._points[-times][0] > since

    def turns(self, since: float) -> list[Turn]:
        """The turns seen after `since` (s), oldest first."""
        levels = [self._base, *(level for _, level in self._points), self._extreme]
        swings = [abs(after - before) for before, after in pairwise(levels)]
        return [
            Turn(at, min(swing))
            for (at, _), swing in zip(self._points, pairwise(swings), strict=True)
            if at > since
        ]

    def _turned(self, now: float) -> None:
        if len(self._points) == KEPT:
            _, self._base = self._points.popleft()
        self._points.append((now, self._extreme))
