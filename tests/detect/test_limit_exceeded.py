"""More than the commands allow, from the simulated charger and its faults in virtual time."""

import pytest

from rig.bus.logic.link import LinkDown, LinkUp
from rig.bus.logic.messages import Current, SetLimit, Start, Stop
from rig.detect.limit_exceeded import LimitExceeded
from rig.detect.verdict import Verdict
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


def limit_exceeded() -> Watching:
    return Watching(LimitExceeded(Expect()))


def charging(limit: float, flows: float) -> Watching:
    """It was told this limit and Start, and reports `flows` each second until 60 s."""
    detector = limit_exceeded()
    commands: list[Timed] = [(0.0, SetLimit(limit)), (0.0, Start())]
    verdicts(detector, [*commands, *((float(second), Current(flows)) for second in range(1, 61))])
    return detector


def test_a_charger_that_ignores_stop_is_named_with_its_numbers() -> None:
    detector = charging(32, 32)
    stopped = [(60.5, Stop()), *((float(second), Current(32)) for second in range(61, 75))]
    assert 63.0 <= first_alarm(detector, stopped) <= 67.0  # 2 s to begin, three reports above
    assert detector.tick(74.0).why == "32 A flow, it was told Stop"


def test_more_than_the_limit_is_named_and_3_a_more_is_within_the_accuracy() -> None:
    assert charging(16, 19).tick(60.0).state == "ok"
    # The first report may be on its way down from more: 16 + 4 * exp(-(t - 3) / 8) + 3 A is below
    # 20 A from 14.1 s on, and the third report after that counts.
    assert charging(16, 20).tick(60.0) == Verdict(
        "limit_exceeded", "alarm", "20 A flow, it was told no more than 16 A", 17.0, 20.0, 16.0
    )


def test_it_is_over_when_three_reports_are_not_above() -> None:
    detector = charging(16, 20)
    after = verdicts(detector, [(61.0, Current(16)), (62.0, Current(16)), (63.0, Current(16))])
    assert [verdict.state for _, verdict in after] == ["alarm", "alarm", "ok"]


@pytest.mark.parametrize("limit", [*LIMITS[:4], *LIMITS[4::12], LIMITS[-1]])
def test_no_session_of_a_charger_that_obeys_is_one(limit: int) -> None:
    commands: list[Timed] = [(0.0, Stop()), (0.0, SetLimit(float(limit))), (2.0, Start())]
    commands += [(60.0, SetLimit(6.0)), (90.0, SetLimit(float(limit))), (120.0, Stop())]
    for phase in PHASES[::4]:
        assert first_alarm(limit_exceeded(), bus(commands, 200.0, phase)) == float("inf")


def test_the_seeds_cycle_is_none_for_its_charger_obeys() -> None:
    assert first_alarm(limit_exceeded(), bus(seed(20), 160.0)) == float("inf")


def test_it_is_unknown_until_a_command_was_heard_and_says_so() -> None:
    detector = limit_exceeded()
    assert detector.receive(LinkUp(), 0.0).state == "unknown"
    verdict = detector.receive(Current(32), 1.0)
    assert (verdict.state, verdict.why) == (
        "unknown",
        "what the charger was told is not known yet",
    )
    detector.receive(Stop(), 1.5)
    assert detector.receive(Current(32), 2.0).state == "ok"


def test_a_charger_that_falls_silent_is_not_known_to_be_within_its_limit() -> None:
    detector = charging(16, 20)
    assert detector.tick(67.9).state == "alarm"
    assert detector.tick(68.0) == Verdict("limit_exceeded", "unknown", "no Current for 8 s", 68.0)


def test_a_bus_that_was_down_begins_it_anew() -> None:
    detector = charging(16, 20)
    assert detector.receive(LinkDown("vcan0 is down"), 61.0).why == "vcan0 is down"
    verdict = detector.receive(LinkUp(), 62.0)
    assert (verdict.state, verdict.why) == ("unknown", "nothing seen yet")


def test_what_no_charger_delivers_says_nothing() -> None:
    assert charging(16, 65535).tick(60.0).state == "unknown"
