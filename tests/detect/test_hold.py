"""The order in which events are judged, whatever the order in which they come."""

import random

from hypothesis import given
from hypothesis import strategies as st

from rig.bus.logic.link import LinkUp
from rig.bus.logic.messages import Current
from rig.detect.events import Event, Heard, Listening, OnBus, Said
from rig.detect.hold import Hold, Late, source_of
from rig.ocppj.logic.framing import Malformed


def current(amps: float, connector: int = 1) -> OnBus:
    return OnBus(connector, Heard(Current(amps)))


def test_events_come_in_the_order_of_their_stamps_after_250_ms() -> None:
    hold = Hold(100.0)
    hold.add(current(2.0), 100.2)
    hold.add(current(1.0), 100.1)
    assert hold.wake_at == 100.35
    assert list(hold.due(100.35)) == []
    assert list(hold.due(100.46)) == [(100.1, current(1.0)), (100.2, current(2.0))]


def test_each_whole_second_comes_once_though_nothing_happens() -> None:
    hold = Hold(100.5)
    assert hold.wake_at == 101.25
    assert list(hold.due(103.3)) == [(101.0, None), (102.0, None), (103.0, None)]
    assert list(hold.due(103.3)) == []


def test_a_second_comes_before_what_has_its_stamp_and_after_what_was_before() -> None:
    hold = Hold(100.0)
    hold.add(current(2.0), 101.0)
    hold.add(current(1.0), 100.999)
    assert [at for at, _ in hold.due(102.0)] == [100.999, 101.0, 101.0]


def test_what_comes_too_late_is_judged_when_it_comes_and_counted() -> None:
    hold = Hold(100.0)
    list(hold.due(101.25))  # judged up to 101 s
    assert hold.add(current(1.0), 100.9) == Late(current(1.0), 100.9, 101.0)
    hold.add(current(2.0), 101.1)
    assert list(hold.due(102.0)) == [
        (101.0, None), (101.0, current(1.0)), (101.1, current(2.0)),
    ]  # fmt: skip


def test_a_clock_that_is_set_back_judges_nothing_again() -> None:
    hold = Hold(100.0)
    assert [at for at, _ in hold.due(102.5)] == [101.0, 102.0]
    assert list(hold.due(50.0)) == []
    assert [at for at, _ in hold.due(103.5)] == [103.0]


def test_of_two_with_one_stamp_the_source_decides_and_then_the_order() -> None:
    said = Said("csms", "CP_1", True, Malformed("not JSON"))
    hold = Hold(100.0)
    for event in (said, Listening("csms"), current(3.0, 2), current(1.0), current(2.0)):
        hold.add(event, 100.1)
    assert [event for _, event in hold.due(100.5)] == [
        current(1.0), current(2.0), current(3.0, 2), said, Listening("csms"),
    ]  # fmt: skip


EVENTS: list[Event] = [current(1.0), current(2.0, 2), OnBus(1, LinkUp()), Listening("cp")]


@given(
    st.lists(st.tuples(st.floats(0.0, 60.0), st.sampled_from(EVENTS), st.floats(0.0, 0.2))),
    st.integers(0, 2**32),
)
def test_live_and_recorded_events_are_judged_alike(
    events: list[tuple[float, Event, float]], seed: int
) -> None:
    """Live each comes up to 0.2 s after its stamp, in the order of one source; time goes on in
    steps. Recorded all come at once, source by source."""
    drawn = random.Random(seed)
    live, recorded = Hold(0.0), Hold(0.0)
    last: dict[str, float] = {}
    arrivals = []
    for stamp, event, delay in sorted(events, key=lambda item: item[0]):
        source = source_of(event)
        last[source] = max(last.get(source, 0.0), stamp + delay)
        arrivals.append((last[source], stamp, event))
    arrivals.sort(key=lambda item: item[0])
    told: list[tuple[float, Event | None]] = []
    for now, stamp, event in arrivals:
        told += live.due(now)
        assert live.add(event, stamp) is None
        if drawn.random() < 0.5:
            told += live.due(now)
    told += live.due(70.0)
    for stamp, event, _ in sorted(events, key=lambda item: (source_of(item[1]), item[0])):
        recorded.add(event, stamp)
    assert told == list(recorded.due(70.0))
