"""What a plot may have to show, for the tests of all that shows it."""

import math
from collections.abc import Sequence
from dataclasses import replace

from rig.detect.verdict import Verdict
from rig.plot_current.logic.alarms import Alarm
from rig.plot_current.logic.plotter import Redraw
from rig.plot_current.logic.trace import View

NAN = math.nan
AT = 1_790_000_000.0  # s since 1970
CALM = Verdict("fast_toggle", "ok", "nothing repeats", AT - 50)
BLIND = Verdict("oscillation_command", "unknown", "no OCPP", AT - 50)
WARNING = Verdict("fast_toggle", "warn", "target moved 100 A and back, once", AT - 20)
ALARM = Verdict("fast_toggle", "alarm", "target moved 100 A and back", AT - 13)
RUNNING = View(
    state="running",
    is_over=False,
    flows=True,
    current=17.0,
    limit=32.0,
    target=32.0,
    currents=[(-3.0, 0.0), (-2.0, 6.0), (-1.0, 12.0), (-0.2, 17.0)],
    limits=[(-5.0, 32.0), (0.0, 32.0)],
    targets=[(-5.0, 0.0), (-3.0, 32.0), (0.0, 32.0)],
    gaps=[],
)
SILENT = replace(
    RUNNING,
    state="charger silent",
    flows=False,
    current=None,
    currents=[(-9.0, 12.0), (-8.0, 17.0), (0.0, NAN)],
    gaps=[(-8.0, 0.0)],
)
OVER = replace(RUNNING, state="stopped", current=32.0, target=0.0, is_over=True)
ROW = Alarm(1, "fast_toggle", "target moved 100 A and back", AT - 600, AT - 13)
FULL = tuple(
    Alarm(1, f"detector_{n}", "it did it again", AT - 70 * n - 60, AT - 70 * n - 60, AT - 70 * n)
    for n in range(49)
)


def redraw(
    *views: View, verdicts: Sequence[Verdict] = (CALM,), alarms: Sequence[Alarm] = ()
) -> Redraw:
    """Of these connectors, or of one that runs."""
    shown = views or (RUNNING,)
    marks = tuple([(-13.0, 0.0)] if alarms else [] for _ in shown)
    return Redraw(AT, shown, marks, tuple(verdicts), tuple(alarms))
