"""The plotter: what to draw each second, and when an alarm is raised or cleared."""

from dataclasses import dataclass

from rig.detect.verdict import Detector, Verdict
from rig.plot_current.logic.trace import WINDOW, Trace, View
from rig.role.logic.expect import Expect
from rig.role.logic.fixed_rate import FixedRate

REDRAW_EVERY = 1.0  # s


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
    is not nothing but unknown.
    """

    def __init__(
        self,
        start: float,
        period: float,
        expect: Expect,
        detector: Detector,
        *,
        again: bool = False,
    ) -> None:
        self._redraws = FixedRate(start, REDRAW_EVERY)
        self._trace = Trace(start - WINDOW if again else start, period, expect)
        self._detector = detector
        self._raised = _raised(detector.tick(start))
        self._is_silent = False

    @property
    def wake_at(self) -> float:
        return self._redraws.due_at

    def receive(self, event: object, now: float) -> list[News | Redraw]:
        self._trace.receive(event, now)
        return self._news(self._detector.receive(event, now))

    def tick(self, now: float) -> list[News | Redraw]:
        self._redraws.done(now)
        verdict, view = self._detector.tick(now), self._trace.view(now)
        return [*self._news(verdict), *self._silence(view), Redraw(view, verdict)]

    def _silence(self, view: View) -> list[Silence]:
        before, self._is_silent = self._is_silent, view.state == "charger silent"
        return [Silence(self._is_silent)] if self._is_silent != before else []

    def _news(self, verdict: Verdict) -> list[News | Redraw]:
        before, self._raised = self._raised, _raised(verdict)
        is_over = before is not None and before[0] == "alarm"
        return [verdict] if self._raised != before and (self._raised or is_over) else []


def _raised(verdict: Verdict) -> tuple[str, str] | None:
    """The alarm or the warning, and whose."""
    is_raised = verdict.state in ("alarm", "warn")
    return (verdict.state, verdict.detector) if is_raised else None
