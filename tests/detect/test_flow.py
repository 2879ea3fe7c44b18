"""What flows, against what may. More than may: tests/cp/logic/test_supervision.py."""

import math

import pytest
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


# two chargers


def are_two(*reports: tuple[float, float]) -> bool:
    """Whether these reports, at (s) and of (A), came from two at last."""
    flow = Flow(Expect())
    for at, current in reports:
        flow.measured(current, 100.0, at)
    return flow.two is not None


def test_two_that_report_at_their_own_times_are_seen() -> None:
    both = [(second + phase, 32.0) for second in range(10) for phase in (0.0, 0.37)]
    assert are_two(*both)


def test_two_with_different_currents_are_seen_whatever_their_times() -> None:
    both = [(second / 2, 32.0 * (second % 2)) for second in range(20)]
    assert are_two(*both)


@pytest.mark.parametrize("period", [0.01, 0.1, 0.5, 1.0, 2.0])
def test_one_that_reports_fast_or_slow_is_one(period: float) -> None:
    assert not are_two(*[(number * period, 32.0) for number in range(50)])


def test_one_that_is_alone_again_is_one() -> None:
    both = [(second + phase, 32.0) for second in range(10) for phase in (0.0, 0.37)]
    alone = [(10.0 + second, 32.0) for second in range(10)]
    assert not are_two(*both, *alone)


@given(
    st.lists(st.floats(-0.04, 0.04), min_size=60, max_size=60),
    st.floats(6, 100),
)
def test_a_ramp_with_jitter_comes_from_one(jitter: list[float], limit: float) -> None:
    currents = [limit * (1 - 0.8**number) for number in range(60)]
    reports = [(n + jitter[n], current) for n, current in enumerate(currents)]
    assert not are_two(*reports)
