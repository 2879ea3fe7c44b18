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


class Plotter:
    """Follows the bus from `start` on. A Verdict among its outputs begins or ends an alarm, or is
    that of another detector than before.

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
        self._alarm = _alarm(detector.tick(start))

    @property
    def wake_at(self) -> float:
        return self._redraws.due_at

    def receive(self, event: object, now: float) -> list[Verdict | Redraw]:
        self._trace.receive(event, now)
        return self._news(self._detector.receive(event, now))

    def tick(self, now: float) -> list[Verdict | Redraw]:
        self._redraws.done(now)
        verdict = self._detector.tick(now)
        return [*self._news(verdict), Redraw(self._trace.view(now), verdict)]

    def _news(self, verdict: Verdict) -> list[Verdict | Redraw]:
        before, self._alarm = self._alarm, _alarm(verdict)
        return [verdict] if self._alarm != before else []


def _alarm(verdict: Verdict) -> str | None:
    """The detector that raises an alarm, if one does."""
    return verdict.detector if verdict.state == "alarm" else None
