import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.bus.logic.link import LinkDown, LinkUp
from rig.bus.logic.messages import Current, SetLimit, Start, Stop
from rig.plot_current.logic.trace import SILENT_AFTER, Line, Trace, View
from rig.role.logic.expect import Expect

PERIOD = 1.0  # s


def heard(*events: tuple[float, object], up: float | None = 0.0) -> Trace:
    """A trace that began at 0 s, whose bus came up at `up`, and that heard these events."""
    trace = Trace(0.0, PERIOD, Expect())
    if up is not None:
        trace.receive(LinkUp(), up)
    for at, event in events:
        trace.receive(event, at)
    return trace


def currents(begin: float, *amps: float) -> list[tuple[float, object]]:
    """One Current a second."""
    return [(begin + second, Current(value)) for second, value in enumerate(amps)]


def pieces(line: Line) -> list[Line]:
    """The line as it is drawn: broken at each NaN."""
    found: list[Line] = [[]]
    for age, amps in line:
        if math.isnan(amps):
            found.append([])
        else:
            found[-1].append((age, amps))
    return [piece for piece in found if piece]


def test_before_any_command_the_state_is_unknown_and_so_are_limit_and_target() -> None:
    view = heard((0.5, Current(0.0))).view(1.0)
    assert (view.state, view.limit, view.target) == ("unknown", None, None)
    assert view.current == 0.0


def test_the_state_is_what_was_commanded() -> None:
    started = heard((0.5, SetLimit(16.0)), (1.0, Start()))
    assert started.view(1.5).state == "running"
    assert (started.view(1.5).limit, started.view(1.5).target) == (16.0, 16.0)
    started.receive(Stop(), 2.0)
    assert started.view(2.0).state == "stopped"
    assert (started.view(2.0).limit, started.view(2.0).target) == (16.0, 0.0)


def test_it_sees_that_more_flows_than_was_commanded() -> None:
    """tests/cp/logic/test_supervision.py has how much may, and for how long."""
    stopped = heard((0.5, SetLimit(32.0)), (0.6, Start()), *currents(1.0, 32), (1.5, Stop()))
    for at, event in currents(2.0, *[32] * 12):
        assert not stopped.view(at).is_over or at > 5
        stopped.receive(event, at)
    assert stopped.view(14.0).is_over
    for at, event in currents(14.0, 0, 0, 0):
        stopped.receive(event, at)
    assert not stopped.view(17.0).is_over


def test_where_no_command_was_heard_nothing_is_too_much() -> None:
    assert not heard(*currents(1.0, *[100] * 60)).view(61.0).is_over


def test_samples_lie_at_their_age() -> None:
    view = heard(*currents(1.0, 0, 20, 36)).view(3.25)
    assert pieces(view.currents) == [[(-2.25, 0), (-1.25, 20), (-0.25, 36)]]


def test_limit_and_target_step_where_they_were_commanded_and_reach_to_now() -> None:
    view = heard((1.0, SetLimit(16.0)), (3.0, Start()), (5.0, Stop())).view(6.0)
    assert pieces(view.limits) == [[(-5.0, 16.0), (0.0, 16.0)]]
    assert pieces(view.targets) == [[(-3.0, 16.0), (-1.0, 0.0), (0.0, 0.0)]]


@pytest.mark.parametrize("period", [0.1, 1.0, 5.0])
def test_after_two_and_a_half_periods_without_current_the_charger_is_silent(period: float) -> None:
    trace = Trace(0.0, period, Expect())
    for event in (LinkUp(), Start(), SetLimit(16.0), Current(10.0)):
        trace.receive(event, 0.0)
    assert (trace.view(2.5 * period).state, trace.view(2.5 * period).current) == ("running", 10.0)
    silent = trace.view(2.51 * period)
    assert (silent.state, silent.current) == ("charger silent", None)
    assert silent.target == 16.0  # what was commanded still holds


def test_a_charger_that_never_spoke_is_silent_too() -> None:
    assert heard().view(2.5).state == "unknown"
    assert heard().view(2.6).state == "charger silent"


def test_a_silent_charger_that_speaks_again_is_live_again() -> None:
    view = heard(*currents(1.0, 10, 10), *currents(9.0, 12)).view(9.5)
    assert (view.state, view.current) == ("unknown", 12.0)


def test_the_line_breaks_where_nothing_was_heard_and_the_gap_is_shown() -> None:
    view = heard(*currents(1.0, 10, 11), *currents(9.0, 12, 13)).view(10.0)
    assert pieces(view.currents) == [[(-9.0, 10), (-8.0, 11)], [(-1.0, 12), (0.0, 13)]]
    assert view.gaps == [(-10.0, -9.0), (-8.0, -1.0)]


def test_a_gap_that_lasts_reaches_to_now() -> None:
    assert heard(*currents(0.0, 10, 11)).view(9.0).gaps == [(-9.0, -9.0), (-8.0, 0.0)]


def test_one_lost_sample_is_no_gap() -> None:
    view = heard(*currents(0.0, 10, 11), *currents(3.0, 12)).view(3.0)
    assert pieces(view.currents) == [[(-3.0, 10), (-2.0, 11), (0.0, 12)]]


def test_a_bus_that_is_down_leaves_nothing_live() -> None:
    trace = heard((0.0, SetLimit(16.0)), (0.0, Start()), *currents(0.5, 10), (0.75, LinkDown("x")))
    view = trace.view(1.0)
    assert (view.state, view.current, view.limit, view.target) == ("bus down", None, None, None)
    assert view.gaps[-1] == (-0.5, 0.0)
    assert math.isnan(view.limits[-1][1])
    assert math.isnan(view.targets[-1][1])


def test_before_the_bus_came_up_it_is_down() -> None:
    assert heard(up=None).view(1.0).state == "bus down"


def test_a_short_bus_outage_breaks_the_line_too() -> None:
    trace = heard(*currents(0.0, 10), (0.25, LinkDown("x")), (0.5, LinkUp()), *currents(1.0, 11))
    assert pieces(trace.view(1.0).currents) == [[(-1.0, 10)], [(0.0, 11)]]


def test_when_the_bus_is_back_nothing_from_before_is_live() -> None:
    trace = heard((0.0, Start()), *currents(0.5, 10), (0.75, LinkDown("x")), (9.0, LinkUp()))
    assert (trace.view(9.1).state, trace.view(9.1).current) == ("unknown", None)
    assert trace.view(11.6).state == "charger silent"


def test_what_is_older_than_a_minute_is_gone_but_for_the_point_where_the_line_enters() -> None:
    view = heard(*currents(0.0, *range(100))).view(99.5)
    ages = [age for age, _ in view.currents]
    assert ages[0] == -60.5
    assert len(ages) == 61


def test_a_limit_that_was_set_long_ago_is_drawn_across_the_whole_window() -> None:
    trace = heard((0.0, SetLimit(16.0)), *currents(0.5, *[0.0] * 200))
    assert pieces(trace.view(200.0).limits) == [[(-200.0, 16.0), (0.0, 16.0)]]


def test_of_a_flood_the_line_keeps_what_stands_out_and_its_whole_minute() -> None:
    """10 000 a second for 2 s are 100 slices of 0.02 s; of each the extremes and the last."""
    flood: list[tuple[float, object]] = [(n / 10_000, Current(20.0)) for n in range(20_000)]
    flood[1234], flood[5678] = (0.1234, Current(90.0)), (0.5678, Current(0.0))
    currents = heard((0.0, Current(1.0)), *flood).view(2.0).currents
    assert 200 < len(currents) < 310
    assert {(round(age, 4), amps) for age, amps in currents} >= {(-1.8766, 90), (-1.4322, 0)}
    assert currents[-1][0] == pytest.approx(-0.0001)
    ages = [age for age, _ in currents]
    assert ages == sorted(ages)


@pytest.mark.parametrize(("amps", "flows"), [(0.0, False), (1.0, False), (1.5, True)])
def test_up_to_what_may_be_reported_while_nothing_flows_nothing_does(
    amps: float, flows: bool
) -> None:
    """1 A: `zero` of [expect]."""
    assert heard((0.5, Current(amps))).view(1.0).flows is flows


EVENTS = st.one_of(
    st.just(LinkUp()),
    st.just(LinkDown("gone")),
    st.just(Start()),
    st.just(Stop()),
    st.builds(SetLimit, st.floats(0.0, 100.0)),
    st.builds(Current, st.floats(0.0, 100.0)),
)
STREAMS = st.lists(st.tuples(st.floats(0.0, 20.0), EVENTS), max_size=40)


def played(stream: list[tuple[float, object]]) -> tuple[list[tuple[float, object]], Trace, float]:
    """The events with their times, the trace that heard them, and the last time."""
    now, events, trace = 0.0, [], Trace(0.0, PERIOD, Expect())
    for gap, event in stream:
        now += gap
        events.append((now, event))
        trace.receive(event, now)
    return events, trace, now


@given(STREAMS, st.floats(0.0, 10.0))
def test_a_current_is_shown_only_if_it_was_heard_just_now_on_a_bus_that_is_up(
    stream: list[tuple[float, object]], later: float
) -> None:
    events, trace, now = played(stream)
    view = trace.view(now + later)
    if view.current is None:
        return
    since_up = [e for n, e in enumerate(events) if not any(_is_down(x) for x in events[n:])]
    at, latest = [(at, e) for at, e in since_up if isinstance(e, Current)][-1]
    assert latest == Current(view.current)
    assert now + later - at <= SILENT_AFTER * PERIOD


def _is_down(event: tuple[float, object]) -> bool:
    return isinstance(event[1], LinkDown)


@given(STREAMS, st.floats(0.0, 10.0))
def test_every_line_is_in_order_and_ends_by_now(
    stream: list[tuple[float, object]], later: float
) -> None:
    _, trace, now = played(stream)
    view: View = trace.view(now + later)
    for line in (view.currents, view.limits, view.targets):
        ages = [age for age, _ in line]
        assert ages == sorted(ages)
        assert ages[-1] <= 0.0


@given(STREAMS, st.floats(0.0, 10.0))
def test_no_piece_of_the_line_joins_two_samples_further_apart_than_silence(
    stream: list[tuple[float, object]], later: float
) -> None:
    _, trace, now = played(stream)
    for piece in pieces(trace.view(now + later).currents):
        for (before, _), (after, _) in pairwise(piece):
            assert after - before <= SILENT_AFTER * PERIOD + 1e-6
