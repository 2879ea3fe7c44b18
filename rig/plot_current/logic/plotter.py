"""The plotter: what to draw each second, and what of the verdicts is news."""

from dataclasses import dataclass
from typing import Protocol

from rig.bus.logic.link import LinkDown, LinkUp, Lost
from rig.detect.events import Event, Heard, OnBus
from rig.detect.verdict import State, Verdict
from rig.plot_current.logic.alarms import Alarm, AlarmList, Span
from rig.plot_current.logic.before import Before
from rig.plot_current.logic.trace import WINDOW, Trace, View
from rig.role.logic.expect import Expect
from rig.role.logic.fixed_rate import FixedRate

REDRAW_EVERY = 1.0  # s


class Watching(Protocol):
    """All detectors of all connectors. `receive` and `tick` give those whose state changed."""

    @property
    def verdicts(self) -> list[Verdict]: ...

    def receive(self, event: Event, now: float) -> list[Verdict]: ...

    def tick(self, now: float) -> list[Verdict]: ...


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Somebody saw the list of alarms as it was at `seen` (s since 1970)."""

    seen: float


@dataclass(frozen=True, slots=True)
class Redraw:
    """What is shown from now on. `at`: now (s since 1970), the right edge of the chart."""

    at: float
    views: tuple[View, ...]  # of the connectors 1, 2, ...
    marks: tuple[list[Span], ...]  # of each: when alarms stood (s before now, negative)
    verdicts: tuple[Verdict, ...]
    alarms: tuple[Alarm, ...]
    dropped: int = 0  # alarms that the list had no room for
    lost: int = 0  # frames that came and were not looked at
    begun_again: float | None = None  # when (s since 1970); what was before is unknown


@dataclass(frozen=True, slots=True)
class Silence:
    """The charger of a connector fell silent, or is heard again."""

    connector: int
    begins: bool


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """So many alarms of the list were."""

    alarms: int


News = Verdict | Silence | Acknowledged  # for the log


class Plotter:
    """Follows the buses of so many connectors from `start` on, on one clock: s since 1970. A
    Verdict among its outputs is an alarm or a warning that begins, or the end of an alarm.

    `expect`: what a charger may do. `again`: there was a plot before, so that what is before
    `start` is not nothing but unknown; its text is the alarm that stood then, if one did.
    """

    def __init__(
        self,
        start: float,
        period: float,
        expect: Expect,
        watch: Watching,
        connectors: int = 1,
        *,
        again: str | None = None,
    ) -> None:
        self._redraws = FixedRate(start, REDRAW_EVERY)
        self._begun_again = None if again is None else start
        begin = start if again is None else start - WINDOW
        self._traces = [Trace(begin, period, expect) for _ in range(connectors)]
        self._silent = [False] * connectors
        self._watch, self._alarms, self._lost = watch, AlarmList(), 0
        self._told: dict[tuple[int, str], State] = {}
        self._before = Before(again, start) if again else None
        if self._before:
            self._news(self._before.verdict, start)  # that it stood is no news

    @property
    def wake_at(self) -> float:
        return self._redraws.due_at

    @property
    def standing(self) -> list[Alarm]:
        """The alarms that stand, the newest first."""
        return [alarm for alarm in self._alarms.rows if alarm.stands]

    def receive(self, event: Event | Acknowledge, now: float) -> list[News | Redraw]:
        if isinstance(event, Acknowledge):
            return self._acknowledge(event, now)
        if isinstance(event, OnBus):
            self._on_bus(event, now)
        return [*self._all_news(self._watch.receive(event, now), now)]

    def tick(self, now: float) -> list[News | Redraw]:
        self._redraws.done(now)
        news = self._all_news(self._watch.tick(now), now)
        for verdict in self._watch.verdicts:  # the words of an alarm that stands may be others
            self._alarms.take(verdict, now)
        redraw = self._redraw(now)
        return [*news, *self._silences(redraw.views), redraw]

    def _on_bus(self, event: OnBus, now: float) -> None:
        trace = self._traces[event.connector - 1]
        match event.event:
            case Heard(what):
                trace.receive(what, now)
            case LinkUp() | LinkDown() as link:
                trace.receive(link, now)
            case Lost(frames):
                self._lost += frames

    def _acknowledge(self, event: Acknowledge, now: float) -> list[News | Redraw]:
        alarms = self._alarms.acknowledge(event.seen)
        return [Acknowledged(alarms), self._redraw(now)] if alarms else []

    def _redraw(self, now: float) -> Redraw:
        numbers = range(1, len(self._traces) + 1)
        return Redraw(
            at=now,
            views=tuple(trace.view(now) for trace in self._traces),
            marks=tuple(self._marks(connector, now) for connector in numbers),
            verdicts=tuple(self._verdicts()),
            alarms=self._alarms.rows,
            dropped=self._alarms.dropped,
            lost=self._lost,
            begun_again=self._begun_again,
        )

    def _marks(self, connector: int, now: float) -> list[Span]:
        spans = self._alarms.marks(connector, now - WINDOW, now)
        return [(begin - now, end - now) for begin, end in spans]

    def _verdicts(self) -> list[Verdict]:
        before = [self._before.verdict] if self._before and self._before.stands else []
        return [*before, *self._watch.verdicts]

    def _all_news(self, changed: list[Verdict], now: float) -> list[News]:
        news = [verdict for verdict in changed if self._news(verdict, now)]
        if self._before and self._before.stands and self._before.tick(self._watch.verdicts, now):
            self._news(self._before.verdict, now)
            news.append(self._before.verdict)
        return [*news]

    def _news(self, verdict: Verdict, now: float) -> bool:
        """Take it into the list; whether it is news."""
        self._alarms.take(verdict, now)
        key = (verdict.connector, verdict.detector)
        before = self._told.get(key)
        self._told[key] = verdict.state
        return verdict.state != before and (verdict.state in ("alarm", "warn") or before == "alarm")

    def _silences(self, views: tuple[View, ...]) -> list[Silence]:
        before, self._silent = self._silent, [view.state == "charger silent" for view in views]
        pairs = enumerate(zip(before, self._silent, strict=True), 1)
        return [
            Silence(connector, is_silent)
            for connector, (was, is_silent) in pairs
            if was != is_silent
        ]
