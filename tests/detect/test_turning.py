from hypothesis import given
from hypothesis import strategies as st

from rig.detect.turning import HYSTERESIS, KEPT, Turn, Turning


def follow(*amps: float) -> Turning:
    """The quantity has these values, one a second from 0 s on."""
    turning = Turning()
    for second, value in enumerate(amps):
        turning.add(value, float(second))
    return turning


def test_a_ramp_does_not_turn() -> None:
    assert follow(0, 20, 36, 49, 59, 67).turns(since=-1) == []


def test_it_turned_when_it_came_back_by_4_a() -> None:
    assert follow(0, 20, 17).turns(since=-1) == []
    assert follow(0, 20, 17, 16).turns(since=-1) == [Turn(at=3, swing=4)]


def test_a_turn_weighs_the_smaller_of_the_swings_before_and_after() -> None:
    # Up 20, down 10, up 30: min(20, 10) at the peak, min(10, 30) in the dip.
    assert follow(0, 20, 10, 40).turns(since=-1) == [Turn(at=2, swing=10), Turn(at=3, swing=10)]


def test_the_swing_after_the_last_turn_grows_while_it_lasts() -> None:
    assert follow(0, 30, 25).turns(since=-1) == [Turn(at=2, swing=5)]
    assert follow(0, 30, 25, 10).turns(since=-1) == [Turn(at=2, swing=20)]


def test_a_trembling_meter_does_not_turn() -> None:
    assert follow(*[20, 21, 19, 20, 22, 19] * 10).turns(since=-1) == []


def test_old_turns_are_left_out() -> None:
    assert follow(0, 20, 10, 40).turns(since=2) == [Turn(at=3, swing=10)]


def test_after_forgetting_nothing_is_joined_to_what_was_before() -> None:
    turning = follow(0, 30)
    turning.forget()
    turning.add(0, 2.0)
    turning.add(10, 3.0)
    assert turning.turns(since=-1) == []


def test_a_flood_keeps_the_latest_turns_only() -> None:
    for latest in ([100], [100, 50]):  # whether the oldest kept is a peak or a dip
        turns = follow(48, *[100, 50] * 500, *latest).turns(since=-1)
        assert [turn.swing for turn in turns] == [50] * KEPT
        assert turns[-1].at == 1000 + len(latest)


@given(st.lists(st.integers(0, 100), max_size=60))
def test_every_turn_weighs_at_least_the_hysteresis(amps: list[int]) -> None:
    assert all(turn.swing >= HYSTERESIS for turn in follow(*amps).turns(since=-1))


@given(st.lists(st.integers(0, 100), max_size=60), st.integers(0, 100))
def test_a_value_that_stays_changes_nothing(amps: list[int], held: int) -> None:
    turning = follow(*amps, held)
    before = turning.turns(since=-1)
    turning.add(held, 1000.0)
    assert turning.turns(since=-1) == before


@given(st.lists(st.integers(0, 100), max_size=60))
def test_upside_down_it_turns_at_the_same_times(amps: list[int]) -> None:
    upside_down = [100 - value for value in amps]
    assert follow(*amps).turns(since=-1) == follow(*upside_down).turns(since=-1)
