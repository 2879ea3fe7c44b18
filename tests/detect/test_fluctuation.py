"""Detectors against the simulated charger in virtual time, no bus, no clock."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import Current, SetLimit, Start, Stop
from rig.detect.fluctuation import FastToggle, OscillationCommand, OscillationSignal
from tests.detect.simulation import (
    LIMITS,
    PHASES,
    ROUND_LASTS,
    Timed,
    Watching,
    bus,
    first_alarm,
    seed,
    verdicts,
)


def watched() -> Watching:
    """The detectors of the fluctuation, side by side."""
    return Watching(FastToggle(), OscillationCommand(), OscillationSignal())


def fast_toggle() -> Watching:
    return Watching(FastToggle())


def osc_command() -> Watching:
    return Watching(OscillationCommand())


def osc_signal() -> Watching:
    return Watching(OscillationSignal())


MAKERS = [fast_toggle, osc_command, osc_signal]


# --- the anomaly


@pytest.mark.parametrize("phase", PHASES)
def test_the_seed_cycle_alarms_with_its_second_stop_in_every_phase(phase: float) -> None:
    # Start 3, Stop 5, Start 11, Stop 13 s: to and fro twice.
    assert first_alarm(watched(), bus(seed(5), 40.0, phase)) == 13.0


@pytest.mark.parametrize("phase", PHASES)
def test_the_seed_cycle_warns_with_its_first_stop(phase: float) -> None:
    said = [(at, v) for at, v in verdicts(watched(), bus(seed(1), 12.0, phase)) if at >= 5.0]
    at, first = said[0]
    assert (at, first.detector, first.state) == (5.0, "fast_toggle", "warn")
    assert first.why == "target moved 100 A and back within 2.0 s, once"


@pytest.mark.parametrize(
    ("detector", "earliest", "latest"),
    [
        (fast_toggle, 13.0, 13.0),
        (osc_command, 19.0, 19.0),  # fourth turn of the target: Stop 5, Start 11, Stop 13, Start 19
        (osc_signal, 19.0, 21.0),  # the same turns a tick later: 19.4 to 20.9 s over all phases
    ],
)
def test_each_rule_finds_the_seed_cycle_by_itself(
    detector: Callable[[], Watching], earliest: float, latest: float
) -> None:
    for phase in PHASES:
        assert earliest <= first_alarm(detector(), bus(seed(5), 40.0, phase)) <= latest


@pytest.mark.parametrize("joined_after", [step / 4 for step in range(33)])
def test_a_plotter_that_joins_in_mid_cycle_finds_it_within_three_rounds(
    joined_after: float,
) -> None:
    heard = [(at, event) for at, event in bus(seed(6), 48.0) if at >= joined_after]
    assert first_alarm(watched(), heard) <= joined_after + 3 * ROUND_LASTS


def test_the_alarm_says_why_in_numbers() -> None:
    *_, (_, last) = verdicts(fast_toggle(), bus(seed(2), 14.0))
    assert last.why == "target moved 100 A and back within 2.0 s, 2 times in 8 s"
    *_, (_, last) = verdicts(osc_command(), bus(seed(3), 20.0))
    assert last.why == "4 swings of the target by 100 A in 14 s (400 A in all, alarm from 36 A)"


def test_the_alarm_stands_while_the_cycle_goes_on_and_since_is_its_begin() -> None:
    later = [v for at, v in verdicts(watched(), bus(seed(20), 160.0)) if at >= 13.0]
    assert {verdict.state for verdict in later} == {"alarm"}
    assert {verdict.since for verdict in later} == {13.0}


def test_the_alarm_clears_by_itself_when_the_cycle_has_ended() -> None:
    detector = watched()
    verdicts(detector, bus(seed(5), 37.5))  # the last Stop is at 4 * 8 + 5 = 37 s
    assert detector.tick(56.9).state == "alarm"
    over = detector.tick(57.0)  # 2.5 * 8 s
    assert (over.state, over.why) == ("ok", "nothing repeats")


def test_the_current_alone_shows_it_where_no_command_is_on_the_bus() -> None:
    currents = [(at, event) for at, event in bus(seed(5), 40.0) if isinstance(event, Current)]
    assert first_alarm(watched(), currents) <= 21.0


def test_starts_and_stops_alarm_though_no_limit_was_ever_seen() -> None:
    commands = [(0.0, Stop()), (1.0, Start()), (2.0, Stop()), (3.0, Start()), (4.0, Stop())]
    assert first_alarm(watched(), commands) == 4.0


@pytest.mark.parametrize(("apart", "state"), [(4.9, "alarm"), (5.0, "ok")])
def test_quick_is_less_than_5_s_apart(apart: float, state: str) -> None:
    detector = fast_toggle()
    for event, at in [
        (SetLimit(32.0), 0.0),
        (Stop(), 0.0),
        (Start(), 10.0),
        (Stop(), 10.0 + apart),
    ]:
        detector.receive(event, at)
    detector.receive(Start(), 30.0)
    assert detector.receive(Stop(), 30.0 + apart).state == state


def test_to_and_fro_and_to_is_not_twice_to_and_fro() -> None:
    commands = [(0.0, SetLimit(32.0)), (0.0, Stop()), (1.0, Start()), (2.0, Stop()), (3.0, Start())]
    assert first_alarm(fast_toggle(), commands) == math.inf


def test_to_and_back_in_two_steps_is_once_to_and_fro() -> None:
    steps: list[Timed] = [(0.0, SetLimit(0.0)), (0.0, Start()), (1.0, SetLimit(40.0))]
    steps += [(2.0, SetLimit(20.0)), (3.0, SetLimit(0.0))]
    assert first_alarm(fast_toggle(), steps) == math.inf


@pytest.mark.parametrize("half", [2.0, 5.0, 15.0, 30.0])
@pytest.mark.parametrize("swing", [14.0, 34.0])
def test_a_limit_that_swings_slowly_alarms(half: float, swing: float) -> None:
    swings = [(n * half, SetLimit(40.0 - swing * (n % 2))) for n in range(1, int(240 / half))]
    commands: list[Timed] = [(0.0, SetLimit(40.0)), (0.5, Start()), *swings]
    assert first_alarm(watched(), bus(commands, 240.0)) <= 7 * half


# --- what is normal


@pytest.mark.parametrize("limit", [*LIMITS[:11], *LIMITS[11::7], LIMITS[-1]])  # small ones are near
def test_a_normal_session_never_alarms(limit: int) -> None:
    session = [(0.0, SetLimit(float(limit))), (2.0, Start()), (120.0, Stop())]
    for phase in PHASES[::4]:
        assert first_alarm(watched(), bus(session, 240.0, phase)) == math.inf


@settings(max_examples=settings().max_examples // 2)  # it simulates a quarter of an hour
@given(st.lists(st.floats(120.0, 240.0), min_size=1, max_size=5), st.sampled_from(LIMITS))
def test_sessions_of_two_minutes_and_more_one_after_the_other_never_alarm(
    holds: list[float], limit: int
) -> None:
    commands: list[Timed] = [(0.0, SetLimit(float(limit)))]
    for hold in holds:
        at = commands[-1][0]
        commands += [(at + 60.0, Start()), (at + 60.0 + hold, Stop())]
    assert first_alarm(watched(), bus(commands, commands[-1][0] + 60.0)) == math.inf


@pytest.mark.parametrize("length", [60.0, 90.0, 120.0])
@pytest.mark.parametrize("limit", [32.0, 100.0])
def test_short_sessions_one_after_the_other_never_alarm(length: float, limit: float) -> None:
    commands: list[Timed] = [(0.0, SetLimit(limit))]
    commands += [(1.0 + n * length, Stop() if n % 2 else Start()) for n in range(8)]
    for phase in PHASES[::4]:
        assert first_alarm(watched(), bus(commands, 9 * length, phase)) == math.inf


def test_one_normal_change_long_after_the_anomaly_raises_no_alarm_again() -> None:
    """The turns of the anomaly still lie in the windows."""
    detector = watched()
    commands = [*seed(5), (100.0, SetLimit(32.0)), (101.0, Start()), (140.0, SetLimit(16.0))]
    after = [v.state for at, v in verdicts(detector, bus(commands, 200.0)) if at > 60.0]
    assert set(after) == {"ok"}


@given(
    st.lists(st.floats(0.0, 2.5), min_size=2, max_size=2),
    st.booleans(),
    st.floats(0.0, 300.0),
    st.sampled_from(LIMITS),
)
def test_one_quick_correction_of_the_limit_never_alarms(
    gaps: list[float], running: bool, later: float, limit: int
) -> None:
    """SetLimit 0, SetLimit 16, Start within 5 s, in a session or before it; Stop at any time."""
    before: list[Timed] = [(0.0, SetLimit(float(limit)))] + [(1.0, Start())] * running
    first, second = 10.0 + gaps[0], 10.0 + gaps[0] + gaps[1]
    correction: list[Timed] = [(10.0, SetLimit(0.0)), (first, SetLimit(16.0)), (second, Start())]
    stop: list[Timed] = [(second + later, Stop())]
    assert first_alarm(watched(), bus([*before, *correction, *stop], 400.0)) == math.inf


@given(st.floats(0.0, 10.0), st.sampled_from(LIMITS))
def test_starting_and_stopping_once_never_alarms(held: float, limit: int) -> None:
    commands = [(0.0, SetLimit(float(limit))), (1.0, Start()), (1.0 + held, Stop())]
    assert first_alarm(watched(), bus(commands, 120.0)) == math.inf


@given(st.lists(st.floats(5.0, 120.0), min_size=3, max_size=3), st.floats(0.0, 94.0))
def test_a_session_with_one_dip_of_the_limit_never_alarms(gaps: list[float], low: float) -> None:
    dip, back, stop = gaps[0], sum(gaps[:2]), sum(gaps)
    commands: list[Timed] = [(0.0, SetLimit(100.0)), (0.0, Start())]
    commands += [(dip, SetLimit(low)), (back, SetLimit(100.0)), (stop, Stop())]
    assert first_alarm(watched(), bus(commands, stop + 60.0)) == math.inf


def test_a_limit_that_follows_the_sun_never_alarms() -> None:
    """1 to 3 A up or down every 7 s, for an hour."""
    steps = [2, -3, 1, 3, -1, -2, 3, 1, -3, 2, -1, -2]
    commands: list[Timed] = [(0.0, SetLimit(16.0)), (1.0, Start())]
    limit = 16.0
    for n in range(500):
        limit += steps[n % len(steps)]
        commands.append((10.0 + n * 7.0, SetLimit(limit)))
    assert first_alarm(watched(), bus(commands, 3600.0)) == math.inf


# --- the bus is not always there


def test_a_bus_that_goes_down_ends_the_alarm_as_unknown() -> None:
    detector = watched()
    verdicts(detector, bus(seed(3), 20.0))
    down = detector.receive(LinkDown("vcan0 is down"), 20.5)
    assert (down.state, down.why, down.since) == ("unknown", "vcan0 is down", 20.5)


EVENTS = st.one_of(
    st.just(Start()),
    st.just(Stop()),
    st.builds(SetLimit, st.sampled_from([0.0, 6.0, 16.0, 32.0, 100.0])),
    st.builds(Current, st.sampled_from([0.0, 6.0, 20.0, 40.0, 100.0])),
)
STREAMS = st.lists(st.tuples(st.floats(0.0, 10.0), EVENTS), max_size=40)


def timed(stream: list[tuple[float, object]], start: float) -> list[Timed]:
    """Events with the gap before each (s) as events in time."""
    events = []
    for gap, event in stream:
        start += gap
        events.append((start, event))
    return events


@pytest.mark.parametrize("make", MAKERS)
@given(before=STREAMS, after=STREAMS)
def test_after_a_link_down_nothing_from_before_counts(
    make: Callable[[], Watching], before: list[Timed], after: list[Timed]
) -> None:
    old, new = make(), make()
    past = timed(before, 0.0)
    down = past[-1][0] if past else 0.0
    verdicts(old, past)
    later: list[Timed] = [(down, LinkDown("gone")), *timed(after, down)]
    assert [(v.state, v.why) for _, v in verdicts(old, later)] == [
        (v.state, v.why) for _, v in verdicts(new, later)
    ]


@pytest.mark.parametrize("make", MAKERS)
@given(stream=STREAMS)
def test_an_alarm_always_clears_when_nothing_comes_any_more(
    make: Callable[[], Watching], stream: list[Timed]
) -> None:
    detector = make()
    events = timed(stream, 0.0)
    verdicts(detector, events)
    end = events[-1][0] if events else 0.0
    assert detector.tick(end + 200.0).state != "alarm"  # the longest usual gap is 60 s
