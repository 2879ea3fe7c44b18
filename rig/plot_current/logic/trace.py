"""What the plot shows: the last 60 s of current, limit and target, the state, and how fresh it is.

An old value is never handed out as if it were live, and no line is drawn over a time in which
nothing was heard. Times in s, currents in A; NaN breaks a line.
"""

import math
from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from rig.bus.logic.link import LinkDown, LinkUp
from rig.bus.logic.messages import Current
from rig.detect.commanded import Commanded
from rig.detect.flow import Flow
from rig.role.logic.expect import Expect

WINDOW = 60.0  # s
SILENT_AFTER = 2.5  # periods without Current
SLICE, OF_SLICE = 0.02, 3  # s; of more points in one the lowest, the highest and the last are kept

Shown = Literal["running", "stopped", "unknown", "charger silent", "bus down"]
Line = list[tuple[float, float]]  # (s before now as a negative number, A), oldest first


@dataclass(frozen=True, slots=True)
class View:
    """Everything that the figure shows of the charger at one moment; None is not known now."""

    state: Shown
    is_over: bool  # more flows than the commands allow
    flows: bool  # more than may be reported while nothing flows
    current: float | None
    limit: float | None
    target: float | None
    currents: Line
    limits: Line
    targets: Line
    gaps: list[tuple[float, float]]  # from, to (s before now): nothing was heard


class Trace:
    """What was heard since `start`, from a charger that reports each `period`."""

    def __init__(self, start: float, period: float, expect: Expect) -> None:
        self._flow, self._zero = Flow(expect), expect.zero
        self._patience = SILENT_AFTER * period
        self._commanded = Commanded()
        self._is_up = False
        self._heard_at = start  # the latest Current, or when the bus came up
        self._currents = _Points(start)
        self._limits = _Points(start)
        self._targets = _Points(start)

    def receive(self, event: object, now: float) -> None:
        """Take a message, LinkUp or LinkDown."""
        match event:
            case Current(current):
                self._hear(current, now)
                self._currents.add(now, current)
            case LinkUp():
                self._is_up, self._heard_at = True, now
                self._flow.begin()
                self._currents.add(now, math.nan)
            case LinkDown():
                self._is_up = False
        self._commanded.receive(event)
        self._limits.step(now, self._commanded.limit)
        self._targets.step(now, self._commanded.target)

    def view(self, now: float) -> View:
        """What to show at `now`."""
        state = self._state(now)
        silent = state in ("bus down", "charger silent")
        currents = self._currents.line(now, end=math.nan if silent else None)
        current = None if silent else _known(self._currents.latest)
        return View(
            state=state,
            is_over=self._flow.over is not None,
            flows=current is not None and current > self._zero,
            current=current,
            limit=self._commanded.limit,
            target=self._commanded.target,
            currents=currents,
            limits=self._limits.line(now, end=self._limits.latest),
            targets=self._targets.line(now, end=self._targets.latest),
            gaps=_gaps(currents),
        )

    def _hear(self, current: float, now: float) -> None:
        if now - self._heard_at > self._patience:
            self._currents.add(now, math.nan)
            self._flow.begin()
        self._heard_at = now
        if self._commanded.target is not None:
            self._flow.measured(current, self._commanded.target, now)

    def _state(self, now: float) -> Shown:
        if not self._is_up:
            return "bus down"
        if now - self._heard_at > self._patience:
            return "charger silent"
        if self._commanded.running is None:
            return "unknown"
        return "running" if self._commanded.running else "stopped"


class _Points:
    """One quantity over the window and the point before it, so that its line enters at the edge."""

    def __init__(self, start: float) -> None:
        self._points: deque[tuple[float, float]] = deque([(start, math.nan)])
        self._slice_begin, self._in_slice = start, 0

    @property
    def latest(self) -> float:
        return self._points[-1][1]

    def add(self, now: float, amps: float) -> None:
        self._points.append((now, amps))
        while self._points[1][0] <= now - WINDOW:
            self._points.popleft()
        self._thin(now, amps)

    def _thin(self, now: float, amps: float) -> None:
        """A flood makes neither a redraw slow nor the line short."""
        if math.isnan(amps) or now - self._slice_begin >= SLICE:
            self._slice_begin, self._in_slice = now, 0
        self._in_slice += not math.isnan(amps)
        if self._in_slice > OF_SLICE:
            self._in_slice = OF_SLICE
            before = range(-OF_SLICE - 1, -1)
            _, middle, _ = sorted(before, key=lambda at: self._points[at][1])
            del self._points[middle]

    def step(self, now: float, amps: float | None) -> None:
        if amps != _known(self.latest):
            self.add(now, math.nan if amps is None else amps)

    def line(self, now: float, end: float | None) -> Line:
        """The points before `now`, and `end` at `now` if there is one."""
        line = [(at - now, amps) for at, amps in self._points]
        return line if end is None else [*line, (0.0, end)]


def _known(amps: float) -> float | None:
    return None if math.isnan(amps) else amps


def _gaps(line: Line) -> list[tuple[float, float]]:
    gaps = []
    begin: float | None = None
    for (before, _), (age, amps) in pairwise([(line[0][0], math.nan), *line]):
        if math.isnan(amps) and begin is None:
            begin = before
        elif not math.isnan(amps) and begin is not None:
            gaps.append((begin, age))
            begin = None
    return gaps if begin is None else [*gaps, (begin, 0.0)]
