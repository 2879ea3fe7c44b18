import math

import pytest

from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import Current, SetLimit, Start, Stop
from rig.detect.twin_residual import TwinResidual
from rig.role.logic.expect import Expect
from tests.detect.simulation import (
    LIMITS,
    PHASES,
    Timed,
    Watching,
    bus,
    first_alarm,
    seed,
    verdicts,
)


def twin() -> Watching:
    return Watching(TwinResidual(Expect()))


@pytest.mark.parametrize("limit", LIMITS[::13])
def test_the_simulated_charger_is_its_twin_in_every_phase(limit: int) -> None:
    session: list[Timed] = [(0.0, SetLimit(float(limit))), (0.1, Start()), (60.0, Stop())]
    for phase in PHASES:
        assert first_alarm(twin(), bus(session, 120.0, phase)) == math.inf


@pytest.mark.parametrize("phase", PHASES[::4])
def test_the_seeds_cycle_is_no_fault_of_the_charger(phase: float) -> None:
    assert first_alarm(twin(), bus(seed(20), 160.0, phase)) == math.inf


@pytest.mark.parametrize("share", [0.5, 0.85, 1.2])
def test_a_report_that_is_not_what_flows_is_named_with_the_second(share: float) -> None:
    session: list[Timed] = [(0.0, SetLimit(32.0)), (0.1, Start())]
    told = [
        (at, Current(event.current * share) if isinstance(event, Current) and at > 40.0 else event)
        for at, event in bus(session, 60.0)
    ]
    assert first_alarm(twin(), told) == 41.5  # the reports at 40.5 and 41.5 s


def test_a_bus_that_was_down_begins_it_anew() -> None:
    made = twin()
    verdicts(made, [(0.0, SetLimit(32.0)), (0.1, Start()), (1.0, Current(0.0))])
    assert made.receive(LinkDown("vcan0 is down"), 2.0).why == "vcan0 is down"
    assert made.receive(Current(30.0), 3.0).why == "what the charger was told is not known yet"
