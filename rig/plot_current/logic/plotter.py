"""The plotter: what to draw each second, and when an alarm is raised or cleared."""

from dataclasses import dataclass

from rig.detect.events import Event, Heard, OnBus
from rig.detect.verdict import Verdict, worst
from rig.detect.watch import Watch
from rig.plot_current.logic.trace import WINDOW, Trace, View
from rig.role.logic.expect import Expect


@dataclass(frozen=True, slots=True)
class Redraw:
    """What the figure shows from now on."""

    view: View
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Silence:
    """The charger fell silent, or is heard again."""

    begins: bool


News = Verdict | Silence  # for the log


class Plotter:
    """Follows the bus from `start` on. A Verdict among its outputs is an alarm or a warning that
    begins, or that of another detector than before, or the end of an alarm.

    `expect`: what the charger may do. `again`: there was one before, so that what is before `start`
    is not nothing but unknown. Times are those of the events' stamps (s).
    """

    def __init__(
        self, start: float, period: float, expect: Expect, watch: Watch, *, again: bool = False
    ) -> None:
        self._trace = Trace(start - WINDOW if again else start, period, expect)
        self._watch = watch
        self._raised: dict[str, str] = {
            verdict.detector: verdict.state
            for verdict in watch.verdicts
            if verdict.state in ("alarm", "warn")
        }
        self._is_silent = False

    def receive(self, event: Event, now: float) -> list[News | Redraw]:
        match event:
            case OnBus(1, Heard(what)):
                self._trace.receive(what, now)
            case OnBus(1, link):
                self._trace.receive(link, now)
        return self._news(self._watch.receive(event, now))

    def tick(self, now: float) -> list[News | Redraw]:
        """A whole second."""
        news, view = self._news(self._watch.tick(now)), self._trace.view(now)
        return [*news, *self._silence(view), Redraw(view, worst(self._watch.verdicts))]

    def _silence(self, view: View) -> list[Silence]:
        before, self._is_silent = self._is_silent, view.state == "charger silent"
        return [Silence(self._is_silent)] if self._is_silent != before else []

    def _news(self, told: list[Verdict]) -> list[News | Redraw]:
        news: list[News | Redraw] = []
        for verdict in told:
            before = self._raised.pop(verdict.detector, None)
            if verdict.state in ("alarm", "warn"):
                self._raised[verdict.detector] = verdict.state
                news.append(verdict)
            elif before == "alarm":
                news.append(verdict)
        return news
