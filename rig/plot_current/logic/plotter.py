"""The plotter: what to draw each second, and what of the verdicts is news."""

from dataclasses import dataclass

from rig.bus.logic.link import LinkDown, LinkUp, Lost
from rig.detect.events import Event, Heard, OnBus
from rig.detect.verdict import State, Verdict
from rig.detect.watch import Watch
from rig.plot_current.logic.alarms import Alarm, AlarmList, Span
from rig.plot_current.logic.trace import WINDOW, Trace, View
from rig.role.logic.expect import Expect


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
    """Follows the buses of so many connectors from `start` on. A Verdict among its outputs is an
    alarm or a warning that begins, or the end of an alarm. Times are those of the events' stamps (s
    since 1970).

    `expect`: what a charger may do. `again`: there was a plot before, so that what is before
    `start` is not nothing but unknown.
    """

    def __init__(
        self,
        start: float,
        period: float,
        expect: Expect,
        watch: Watch,
        connectors: int = 1,
        *,
        again: bool = False,
    ) -> None:
        self._begun_again = start if again else None
        begin = start - WINDOW if again else start
        self._traces = [Trace(begin, period, expect) for _ in range(connectors)]
        self._silent = [False] * connectors
        self._watch, self._alarms, self._lost = watch, AlarmList(), 0
        self._told: dict[tuple[int, str], State] = {}
        self._latest = start
        for verdict in watch.verdicts:  # one may stand from before: that is no news
            self._is_news(verdict, start)

    @property
    def standing(self) -> list[Alarm]:
        """The alarms that stand, the newest first."""
        return [alarm for alarm in self._alarms.rows if alarm.stands]

    def receive(self, event: Event, now: float) -> list[News | Redraw]:
        self._latest = now
        if isinstance(event, OnBus):
            self._on_bus(event, now)
        return self._news(self._watch.receive(event, now), now)

    def tick(self, now: float) -> list[News | Redraw]:
        """A whole second."""
        self._latest = now
        news = self._news(self._watch.tick(now), now)
        for verdict in self._watch.verdicts:  # the words of an alarm that stands may be others
            self._alarms.take(verdict, now)
        redraw = self._redraw(now)
        return [*news, *self._silences(redraw.views), redraw]

    def acknowledge(self, acknowledge: Acknowledge) -> list[News | Redraw]:
        """What was seen is; up to date with the latest event."""
        alarms = self._alarms.acknowledge(acknowledge.seen)
        return [Acknowledged(alarms), self._redraw(self._latest)] if alarms else []

    def _on_bus(self, event: OnBus, now: float) -> None:
        trace = self._traces[event.connector - 1]
        match event.event:
            case Heard(what):
                trace.receive(what, now)
            case LinkUp() | LinkDown() as link:
                trace.receive(link, now)
            case Lost(frames):
                self._lost += frames

    def _redraw(self, now: float) -> Redraw:
        numbers = range(1, len(self._traces) + 1)
        return Redraw(
            at=now,
            views=tuple(trace.view(now) for trace in self._traces),
            marks=tuple(self._marks(connector, now) for connector in numbers),
            verdicts=tuple(self._watch.verdicts),
            alarms=self._alarms.rows,
            dropped=self._alarms.dropped,
            lost=self._lost,
            begun_again=self._begun_again,
        )

    def _marks(self, connector: int, now: float) -> list[Span]:
        spans = self._alarms.marks(connector, now - WINDOW, now)
        return [(begin - now, end - now) for begin, end in spans]

    def _news(self, changed: list[Verdict], now: float) -> list[News | Redraw]:
        return [verdict for verdict in changed if self._is_news(verdict, now)]

    def _is_news(self, verdict: Verdict, now: float) -> bool:
        """Takes it into the list as well."""
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
