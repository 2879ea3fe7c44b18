"""A report that is frozen, from meters that tremble and from one that does not."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import Current, SetLimit, Start, Stop
from rig.detect.telemetry_stuck import TelemetryStuck
from rig.detect.verdict import Verdict
from rig.role.logic.expect import Expect
from tests.detect.simulation import LIMITS, Timed, Watching, bus, first_alarm, verdicts

SETTLE = 30  # s, of the default of Expect


def frozen() -> Watching:
    return Watching(TelemetryStuck(Expect()))


def running(detector: Watching, limit: float = 32) -> None:
    verdicts(detector, [(0.0, SetLimit(limit)), (0.0, Start())])


def learnt() -> Watching:
    """It trembled until 89 s: 30, 31, 30, 31 ... A, one a second."""
    detector = frozen()
    running(detector)
    verdicts(detector, [(float(second), Current(30 + second % 2)) for second in range(90)])
    return detector


def hold(detector: Watching, amperes: float, reports: int, since: float) -> Verdict:
    """The verdict after so many equal reports."""
    events = [(since + number, Current(amperes)) for number in range(reports)]
    return verdicts(detector, events)[-1][1]


def test_a_report_that_trembled_and_is_the_same_25_times_is_frozen() -> None:
    """60 changes of 60 reports and 10 of doubt; half of that, and 0.571 ** 25 is below 1e-6."""
    detector = learnt()
    assert hold(detector, 32, 24, since=90).state == "ok"
    assert hold(detector, 32, 1, since=114) == Verdict(
        "telemetry_stuck", "alarm", "32 A reported 25 times in a row, alarm from 25", 114.0, 25, 25
    )


def test_it_is_over_with_the_first_other_report_and_teaches_nothing() -> None:
    detector = learnt()
    hold(detector, 32, 300, since=90)
    assert hold(detector, 31, 1, since=390).state == "ok"
    assert hold(detector, 30, 25, since=391).state == "alarm"


def test_a_meter_that_changes_seldom_is_given_longer() -> None:
    """Each fourth report is another: 80 of 320 and 10 of doubt; half of that, 0.879 ** 107."""
    detector = frozen()
    running(detector)
    verdicts(detector, [(float(n), Current(30 + n // 4 % 2)) for n in range(SETTLE + 320)])
    states = [hold(detector, 32, 1, since=400 + n).state for n in range(120)]
    assert states.index("alarm") == 106  # with the 107th


def test_one_that_changes_in_less_than_a_tenth_of_its_reports_counts_as_one_without_noise() -> None:
    detector = frozen()
    running(detector)
    reports = [(float(n), Current(30 + n // 12 % 2)) for n in range(1000)]
    assert {verdict.state for _, verdict in verdicts(detector, reports)} == {"unknown"}


@pytest.mark.parametrize("limit", [*LIMITS[:3], *LIMITS[3::20]])
def test_one_without_noise_is_never_said_to_be_frozen_nor_to_be_well(limit: int) -> None:
    commands: list[Timed] = [(0.0, SetLimit(float(limit))), (1.0, Start()), (400.0, Stop())]
    said = verdicts(frozen(), bus(commands, 450.0))
    assert {verdict.state for _, verdict in said} == {"unknown"}


def test_a_car_that_takes_nothing_is_not_frozen() -> None:
    assert hold(learnt(), 0, 200, since=90).state == "ok"


def test_what_is_stopped_may_stay_the_same() -> None:
    detector = learnt()
    detector.receive(Stop(), 90.0)
    assert hold(detector, 1, 200, since=91).state == "ok"


def test_a_bus_that_was_down_begins_a_new_run_and_forgets_no_tremble() -> None:
    detector = learnt()
    hold(detector, 32, 15, since=90)
    assert detector.receive(LinkDown("vcan0 is down"), 106.0).why == "vcan0 is down"
    running(detector)
    assert hold(detector, 32, 24, since=107).state == "ok"
    assert hold(detector, 32, 1, since=131).state == "alarm"


@given(st.integers(0, 2**32), st.sampled_from([1, 2, 3]))
def test_a_meter_with_noise_is_not_frozen_in_half_an_hour(seed: int, noise: int) -> None:
    drawn = random.Random(seed)
    detector = frozen()
    running(detector)
    reports = [
        (float(second), Current(32 + drawn.randint(-noise, noise))) for second in range(1800)
    ]
    assert first_alarm(detector, reports) == math.inf
    assert detector.tick(1800.0).state == "ok"
