"""What is called normal is: the limit is obeyed, and each kind is what its name says."""

import itertools
from collections import deque

import pytest

from rig.bus.logic.messages import Bad, Current, SetLimit, Start, Stop
from rig.detect.events import Another
from rig.score.logic.normals import NORMALS
from tests.score.played import (
    OURS,
    PLAIN,
    calls,
    changes,
    currents,
    limits,
    on_bus,
    sent,
    where,
)

BOTH = pytest.mark.parametrize("seed", [PLAIN, OURS], ids=["plain", "ours"])
SETTLES = 30.0  # s, of the default [expect]
NOISE, ROUNDING = 1.0, 0.5  # A


@BOTH
@pytest.mark.parametrize("kind", NORMALS)
def test_no_more_flows_than_was_allowed_in_the_last_half_minute(kind: str, seed: int) -> None:
    allowed = deque([(0.0, 0.0)])  # from when on, how much
    limit, runs = 32.0, False
    for at, what in on_bus(kind, seed):
        match what:
            case SetLimit():
                limit = what.limit
            case Start() | Stop():
                runs = isinstance(what, Start)
            case Current(current):
                while len(allowed) > 1 and allowed[1][0] <= at - SETTLES:
                    allowed.popleft()
                most = max(amps for _, amps in allowed)
                assert current <= most + NOISE + ROUNDING, at
        allowed.append((at, limit if runs else 0.0))


@BOTH
@pytest.mark.parametrize("kind", NORMALS)
def test_nothing_is_on_the_bus_but_our_messages(kind: str, seed: int) -> None:
    assert where(on_bus(kind, seed), lambda what: isinstance(what, Bad | Another)) == []


@BOTH
@pytest.mark.parametrize("kind", set(NORMALS) - {"fast_reports"})
def test_the_charger_reports_each_second(kind: str, seed: int) -> None:
    assert 1795 <= len(currents(kind, seed)) <= 1801


@BOTH
@pytest.mark.parametrize("kind", set(NORMALS) - {"idle"})
def test_current_flows_in_each_but_idle(kind: str, seed: int) -> None:
    assert max(current for _, current in currents(kind, seed)) >= 5


@BOTH
def test_nothing_flows_in_idle(seed: int) -> None:
    assert {current for _, current in currents("idle", seed)} == {0}
    assert calls("idle", seed, "Heartbeat")


@BOTH
def test_fast_reports_come_twice_or_five_times_a_second(seed: int) -> None:
    assert len(currents("fast_reports", seed)) >= 3590


@BOTH
def test_busy_has_one_session_after_the_other(seed: int) -> None:
    starts = [at for at, _ in sent("busy", seed, Start)]
    assert len(starts) >= 5
    assert min(after - at for at, after in itertools.pairwise(starts)) >= 130


@BOTH
def test_sun_moves_the_limit_often_and_by_4_a_at_most(seed: int) -> None:
    told = [limit for _, limit in limits("sun", seed)][1:]
    steps = [abs(after - limit) for limit, after in itertools.pairwise(told)]
    assert len(steps) > 100
    assert max(steps) <= 4


@BOTH
def test_the_operator_of_twice_stops_within_seconds_and_starts_again(seed: int) -> None:
    (first, _), (again, _), *_ = sent("twice", seed, Start)
    (stop, _) = next(timed for timed in sent("twice", seed, Stop) if timed[0] > first)
    assert 0.9 < stop - first < 4.1
    assert 2 < again - stop < 12


@BOTH
def test_a_schedule_has_a_period_of_0_a_and_goes_on(seed: int) -> None:
    told = [limit for _, limit in limits("scheduled", seed)]
    assert 0 in told[1:-1]
    assert told[-1] > 0


@BOTH
def test_the_central_system_of_reconnecting_is_gone_three_times(seed: int) -> None:
    assert [change for _, change in changes("reconnecting", seed)] == [
        "connected", *["closed", "connected"] * 3
    ]  # fmt: skip


def test_meter_values_of_the_time_without_the_central_system_come_after() -> None:
    """Ours queues them, with the time of each."""
    _, (gone, _), (back, _), *_ = changes("reconnecting", OURS)
    later = [payload for at, payload in calls("reconnecting", OURS, "MeterValues") if at > back]
    assert len(later) > (back - gone) / 10


def test_a_session_by_card_begins_without_the_central_system() -> None:
    assert len(calls("by_card", OURS, "Authorize")) >= 2
    assert len(sent("by_card", OURS, Start)) >= 2
    assert calls("by_card", OURS, "RemoteStartTransaction") == []


@BOTH
def test_another_hardware_ramps_evenly(seed: int) -> None:
    """No step of a second is larger than its slew: 8 A/s up, 16 A/s down, and the noise."""
    told = [current for _, current in currents("other_hardware", seed)]
    steps = [after - current for current, after in itertools.pairwise(told)]
    assert max(steps) <= 8 + 2 * NOISE + 2 * ROUNDING
    assert min(steps) >= -16 - 2 * NOISE - 2 * ROUNDING


@BOTH
def test_a_meter_without_noise_stands_still_in_a_session(seed: int) -> None:
    told = [current for _, current in currents("no_noise", seed)]
    longest = max(len(set(told[n : n + 40])) == 1 and told[n] > 0 for n in range(len(told) - 40))
    assert longest
