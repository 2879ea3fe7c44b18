"""The cycle: a table of steps on an absolute time grid."""

import math
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.csms.logic.cycle import Cycle, Step, read_cycle
from rig.csms.logic.cycle_player import CyclePosition
from tests.processes import ROOT

CYCLES = ROOT / "rig" / "csms" / "cycles"
SEED = Cycle(
    steps=(
        Step(0.0, "SetLimit", 0.0),
        Step(2.0, "SetLimit", 100.0),
        Step(3.0, "Start"),
        Step(5.0, "Stop"),
    ),
    period=8.0,
    repeat=True,
)  # the seed architecture: limit 0 A, 2 s, limit 100 A, 1 s, Start, 2 s, Stop, 3 s


def shipped(name: str) -> Cycle:
    return read_cycle(tomllib.loads((CYCLES / f"{name}.toml").read_text()))


def test_the_shipped_seed_is_exactly_that_of_the_seed() -> None:
    assert shipped("seed") == SEED


def test_the_shipped_normal_is_one_session_that_ends() -> None:
    normal = shipped("normal")
    assert [str(step) for step in normal.steps] == ["SetLimit 32 A", "Start", "Stop"]
    assert not normal.repeat


def test_the_shipped_none_asks_nothing() -> None:
    assert CyclePosition(shipped("none"), 0.0).wake_at == math.inf


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"stepz": []}, "unknown key stepz"),
        ({"steps": {}}, "must be a list"),
        ({"steps": ["Start"]}, "step 1: do must be one of Start, Stop, SetLimit"),
        ({"steps": [{"do": "start"}]}, "step 1: do must be one of"),
        ({"steps": [{}]}, "step 1: do must be one of"),
        ({"steps": [{"do": "Start"}, {"do": "Start", "pause": 1}]}, "step 2: unknown key pause"),
        ({"steps": [{"do": "SetLimit"}]}, "limit .* belongs to SetLimit"),
        ({"steps": [{"do": "Stop", "limit": 1}]}, "limit .* belongs to SetLimit"),
        ({"steps": [{"do": "SetLimit", "limit": -1}]}, "at least 0"),
        ({"steps": [{"do": "SetLimit", "limit": 6.15}]}, "a limit has one decimal, not 6.15"),
        ({"steps": [{"do": "SetLimit", "limit": 10**400}]}, "at least 0"),
        ({"steps": [{"do": "Start", "wait": 10**400}]}, "at least 0"),
        ({"steps": [{"do": "Start", "wait": "2"}]}, "at least 0"),
        ({"steps": [{"do": "Start", "wait": True}]}, "at least 0"),
        ({"steps": [{"do": "Start", "wait": math.inf}]}, "at least 0"),
        ({"steps": [{"do": "Start", "wait": math.nan}]}, "at least 0"),
        ({"repeat": True, "steps": [{"do": "Start"}]}, "must wait somewhere"),
        ({"repeat": True}, "must wait somewhere"),
        ({"repeat": "false"}, "repeat must be true or false"),
    ],
)
def test_a_broken_table_says_what_is_wrong(table: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_cycle(table)


def test_the_seed_plays_on_its_grid_round_after_round() -> None:
    position = CyclePosition(SEED, 100.0)
    played = []
    for _ in range(6):
        at = position.wake_at
        played.append((at, str(position.take())))
    assert played == [
        (100.0, "SetLimit 0 A"),
        (102.0, "SetLimit 100 A"),
        (103.0, "Start"),
        (105.0, "Stop"),
        (108.0, "SetLimit 0 A"),
        (110.0, "SetLimit 100 A"),
    ]


def test_a_cycle_that_does_not_repeat_ends() -> None:
    position = CyclePosition(Cycle((Step(0.0, "Start"),), 5.0, repeat=False), 0.0)
    assert position.next_step == Step(0.0, "Start")
    position.take()
    assert position.wake_at == math.inf
    assert position.next_step is None


def test_rounds_are_counted() -> None:
    position = CyclePosition(SEED, 0.0)
    rounds = []
    for _ in range(5):
        position.take()
        rounds.append(position.round)
    assert rounds == [1, 1, 1, 1, 2]
    position.resume(20.0)
    position.take()
    assert position.round == 3


def test_resumed_in_time_it_goes_on_where_it_was() -> None:
    position = CyclePosition(SEED, 0.0)
    position.take()
    assert position.resume(1.0) == position.resume(2.0) == ()
    assert (position.wake_at, str(position.take())) == (2.0, "SetLimit 100 A")


def test_resumed_late_a_repeating_cycle_begins_its_next_round_on_the_grid() -> None:
    position = CyclePosition(SEED, 0.0)
    position.take()
    left_out = position.resume(20.0)
    assert [str(step) for step in left_out] == ["SetLimit 100 A", "Start", "Stop"]
    assert (position.wake_at, str(position.take())) == (24.0, "SetLimit 0 A")


def test_resumed_late_a_session_goes_on_shifted_so_that_its_stop_follows() -> None:
    position = CyclePosition(Cycle(SEED.steps, 8.0, repeat=False), 0.0)
    for _ in range(3):
        position.take()
    assert position.resume(20.0) == ()
    assert (position.wake_at, str(position.take())) == (20.0, "Stop")


def test_resuming_a_cycle_that_has_ended_changes_nothing() -> None:
    position = CyclePosition(Cycle((), 0.0, repeat=False), 0.0)
    position.resume(5.0)
    assert position.wake_at == math.inf


waits = st.lists(st.integers(0, 5), min_size=1, max_size=5).filter(any)


@given(waits, st.lists(st.none() | st.integers(0, 60), max_size=30))
def test_steps_stay_on_the_grid_and_an_interruption_never_ends_in_a_burst(
    pauses: list[int], story: list[int | None]
) -> None:
    """A story of steps taken on time (None) and interruptions (s)."""
    table = {"repeat": True, "steps": [{"do": "Start", "wait": pause} for pause in pauses]}
    cycle = read_cycle(table)
    grid = {sum(pauses[:number]) for number in range(len(pauses))}
    position, now = CyclePosition(cycle, 0.0), 0.0
    for event in story:
        if event is None:
            assert position.wake_at >= now
            assert position.wake_at % cycle.period in grid
            now = position.wake_at
            assert position.take().at % cycle.period == now % cycle.period
        else:
            now += event
            position.resume(now)
            assert position.wake_at >= now
            assert position.wake_at - now <= cycle.period
