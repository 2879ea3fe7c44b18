import math

import pytest

from rig.bus.logic.messages import Current, SetLimit, Start
from rig.detect.seed_variance import SeedVariance
from tests.detect.simulation import Watching, bus, first_alarm, seed


def variance() -> Watching:
    return Watching(SeedVariance())


@pytest.mark.parametrize(("limit", "alarms"), [(32.0, False), (40.0, True), (100.0, True)])
def test_the_rule_of_the_seed_takes_a_normal_start_for_an_anomaly(
    limit: float, alarms: bool
) -> None:
    # A start to 32 A: standard deviation 9.7 A over 10 s; to 40 A 12.2 A; the seed's cycle 9 to 11.
    start = [(0.0, SetLimit(limit)), (2.0, Start())]
    assert (first_alarm(variance(), bus(start, 60.0)) < math.inf) == alarms


def test_the_rule_of_the_seed_sees_its_own_cycle() -> None:
    assert first_alarm(variance(), bus(seed(3), 24.0)) <= 6.0


def test_the_rule_of_the_seed_forgets_what_is_older_than_10_s() -> None:
    detector = variance()
    detector.receive(Current(0.0), 0.0)
    assert detector.receive(Current(100.0), 9.0).state == "alarm"
    assert detector.tick(10.0).state == "ok"
    assert detector.tick(19.0).state == "unknown"
