import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.bus.logic.link import LinkDown, LinkUp
from rig.bus.logic.messages import Current, SetLimit, Start, Stop
from rig.charger_module.logic.charger import Missed, SimulatedCharger


def run(charger: SimulatedCharger, until: float) -> list[Current | Missed]:
    """All that it reports up to a time, woken exactly when it asks for it."""
    told: list[Current | Missed] = []
    while charger.wake_at <= until:
        told += charger.tick(charger.wake_at)
    return told


def currents(told: list[Current | Missed]) -> list[float]:
    return [item.current for item in told if isinstance(item, Current)]


def started(limit: float) -> SimulatedCharger:
    charger = SimulatedCharger(start=0.0)
    charger.receive(SetLimit(limit), 0.0)
    charger.receive(Start(), 0.0)
    return charger


def test_it_begins_stopped_with_a_limit_of_32_a_and_no_current() -> None:
    charger = SimulatedCharger(start=0.0)
    assert str(charger) == "stopped limit=32 A target=0 A current=0.0 A"


def test_it_reports_each_period_also_when_idle() -> None:
    assert run(SimulatedCharger(start=0.0), until=3.5) == [Current(0.0)] * 4


def test_each_step_moves_the_current_20_percent_toward_the_limit() -> None:
    told = run(started(100.0), until=4.0)
    # By hand: 100 * (1 - 0.8**n) = 20, 36, 48.8, 59.04, 67.232
    assert currents(told) == pytest.approx([20.0, 36.0, 48.8, 59.04, 67.232])


def test_after_a_stop_the_current_falls_20_percent_a_step() -> None:
    charger = started(100.0)
    assert currents(run(charger, until=1.0))[-1] == pytest.approx(36.0)
    charger.receive(Stop(), 1.5)
    # By hand: 36 * 0.8**n
    assert currents(run(charger, until=4.0)) == pytest.approx([28.8, 23.04, 18.432])


def test_a_limit_alone_does_not_start_it() -> None:
    charger = SimulatedCharger(start=0.0)
    charger.receive(SetLimit(100.0), 0.0)
    assert not charger.running
    assert charger.target == 0.0
    assert run(charger, until=2.0) == [Current(0.0)] * 3


def test_a_start_without_a_limit_goes_to_32_a() -> None:
    charger = SimulatedCharger(start=0.0)
    charger.receive(Start(), 0.0)
    assert charger.target == 32.0


def test_commands_change_the_state_at_once_and_the_current_at_the_next_tick() -> None:
    charger = started(100.0)
    assert (charger.running, charger.limit, charger.target, charger.current) == (True, 100, 100, 0)
    charger.receive(Stop(), 0.0)
    assert (charger.running, charger.limit, charger.target, charger.current) == (False, 100, 0, 0)


def test_a_lower_limit_while_running_pulls_the_current_down() -> None:
    charger = started(100.0)
    run(charger, until=1.0)
    charger.receive(SetLimit(6.0), 1.5)
    assert currents(run(charger, until=2.0)) == pytest.approx([30.0])  # 36 + 0.2 * (6 - 36)


def test_a_step_of_a_tenth_ramps_ten_times_as_fast_and_still_reports_each_second() -> None:
    charger = SimulatedCharger(start=0.0, period=1.0, step=0.1)
    assert currents(run(charger, until=0.0)) == [0.0]
    charger.receive(SetLimit(100.0), 0.05)
    charger.receive(Start(), 0.05)
    told = run(charger, until=2.05)
    # By hand: 100 * (1 - 0.8**10) = 89.26 and 100 * (1 - 0.8**20) = 98.85
    assert currents(told) == pytest.approx([89.26, 98.85], abs=0.01)


def test_it_says_nothing_while_the_link_is_down_but_ramps_on() -> None:
    charger = started(100.0)
    charger.receive(LinkDown("can0 is down"), 0.0)
    assert run(charger, until=1.0) == []
    charger.receive(LinkUp(), 1.5)
    assert currents(run(charger, until=2.0)) == pytest.approx([48.8])


def test_reports_missed_in_a_stall_are_counted_and_left_out() -> None:
    charger = SimulatedCharger(start=0.0)
    run(charger, until=1.0)
    assert charger.tick(4.5) == [Missed(2), Current(0.0)]  # due at 2; those of 3 and 4 are missed
    assert charger.wake_at == 5.0


COMMANDS = st.one_of(
    st.just(Start()), st.just(Stop()), st.builds(SetLimit, st.floats(0, 65535)), st.none()
)


@given(st.lists(COMMANDS, max_size=60), st.sampled_from([None, 0.1, 0.5]))
def test_it_never_overshoots_and_always_goes_20_percent_of_the_way(
    commands: list[Start | Stop | SetLimit | None], step: float | None
) -> None:
    charger = SimulatedCharger(start=0.0, step=step)
    for command in commands:
        charger.receive(command, charger.wake_at)
        before, target = charger.current, charger.target
        charger.tick(charger.wake_at)
        low, high = sorted((before, target))
        assert low <= charger.current <= high
        moved = charger.current - before
        assert moved == pytest.approx((target - before) * 0.2, abs=1e-6) or moved == 0


@given(st.floats(0, 65535), st.integers(1, 40))
def test_after_n_steps_the_current_follows_the_law(limit: float, steps: int) -> None:
    told = run(started(limit), until=steps - 1)
    assert currents(told)[-1] == pytest.approx(limit * (1 - 0.8**steps))
