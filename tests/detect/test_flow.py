"""What flows, against what may. More than may: tests/cp/logic/test_supervision.py."""

import math

from hypothesis import given
from hypothesis import strategies as st

from rig.bus.logic.messages import Current, SetLimit, Start, Stop
from rig.charger_module.logic.charger import SimulatedCharger
from rig.detect.flow import Flow
from rig.role.logic.expect import Expect

LIMITS = [SetLimit(limit) for limit in (0, 6, 10, 32, 63, 100)]
COMMANDS = st.tuples(st.sampled_from([Start(), Stop(), *LIMITS]), st.integers(0, 25))


@given(st.lists(COMMANDS, max_size=12), st.sampled_from([0.1, 0.5, 1.0, 2.0, 5.0]))
def test_of_no_charger_that_obeys_more_flows_than_may_whatever_it_is_told(
    commands: list[tuple[Start | Stop | SetLimit, int]], step: float
) -> None:
    """Each command is followed by so many seconds. README: `settle` is 30 steps."""
    flow, now = Flow(Expect(settle=max(30.0, 30 * step))), 0.0
    charger = SimulatedCharger(start=0.0, step=step)
    for command, seconds in commands:
        charger.receive(command, now)
        for _ in range(seconds):
            now += 1.0
            flow.measured(reported(charger, now), charger.target, now)
            assert flow.over is None


def reported(charger: SimulatedCharger, now: float) -> int:
    """What it reports at a time, in the whole A of the DBC."""
    told: list[object] = []
    while charger.wake_at <= now:
        told = [*charger.tick(charger.wake_at)] or told
    (report,) = told
    assert isinstance(report, Current)
    return math.floor(report.current + 0.5)
