"""An exact account of the day of `tests/conformance/day.py`, lived through once."""

import itertools
from typing import Any

import pytest
from ocpp.v16 import call

from rig.bus.logic.messages import SetLimit, Start, Stop
from rig.ocppj.logic.moments import seconds
from tests.conformance.day import HOUR, KEPT, LIMITS, RAMP, Day, lived
from tests.cp.logic.world import NOON


@pytest.fixture(scope="module")
def day() -> Day:
    return lived()


def asked(day: Day) -> list[tuple[Any, str | None]]:
    """The messages of transactions as they came, each with its unique id if it has one for good."""
    pairs = zip(day.world.asked, day.world.ids, strict=True)
    return [(request, unique_id) for request, unique_id in pairs if isinstance(request, KEPT)]


def received(day: Day) -> list[tuple[str, Any]]:
    """The messages of transactions, each once, as the central system got them first."""
    found: dict[str, Any] = {}
    for number, (request, unique_id) in enumerate(asked(day)):
        found.setdefault(unique_id or f"new {number}", request)
    return list(found.items())


def of(day: Day, kind: type[Any]) -> list[Any]:
    return [request for _, request in received(day) if isinstance(request, kind)]


def test_nothing_is_doubled_but_by_the_same_unique_id(day: Day) -> None:
    """One start is: its answer was lost."""
    by_id: dict[str | None, list[Any]] = {}
    for request, unique_id in asked(day):
        by_id.setdefault(unique_id, []).append(request)
    fresh = by_id.pop(None, [])  # in its time, and under a new id
    assert not any(before == after for before, after in itertools.combinations(fresh, 2))
    doubled = [requests for requests in by_id.values() if len(requests) > 1]
    assert len(doubled) == 1
    assert [type(request) for request in doubled[0]] == [call.StartTransaction] * 2
    assert doubled[0][0] == doubled[0][1]


def test_there_are_six_transactions_each_with_its_start_and_its_stop(day: Day) -> None:
    starts, stops = of(day, call.StartTransaction), of(day, call.StopTransaction)
    assert [start.id_tag for start in starts] == ["ONE", "RIG", "ONE", "ONE", "RIG", "TWO"]
    assert [stop.transaction_id for stop in stops] == [100, 101, 102, 103, 104, 105]
    reasons = [str(stop.reason) for stop in stops]
    assert reasons == ["Local", "Remote", "Local", "Local", "PowerLoss", "Local"]


def test_they_began_and_ended_when_they_did(day: Day) -> None:
    began = [seconds(start.timestamp) - NOON for start in of(day, call.StartTransaction)]
    ended = [seconds(stop.timestamp) - NOON for stop in of(day, call.StopTransaction)]
    offline = 10 * HOUR + 35 * 60
    assert began == [1 * HOUR, 4.5 * HOUR, 9.5 * HOUR, offline, 13 * HOUR, 17.5 * HOUR]
    assert ended[:4] == [2.5 * HOUR, 8.5 * HOUR, 10 * HOUR + 20 * 60, 11.5 * HOUR]
    assert 16 * HOUR + 5 * 60 <= ended[4] <= 16 * HOUR + 6 * 60  # it died, and lived again
    assert ended[5] == 21.5 * HOUR


def test_the_register_never_falls(day: Day) -> None:
    values = [int(value) for _, _, value in samples(day)]
    assert values == sorted(values)
    readings = []
    for request in [*of(day, call.StartTransaction), *of(day, call.StopTransaction)]:
        is_start = isinstance(request, call.StartTransaction)
        meter = request.meter_start if is_start else request.meter_stop
        readings.append((seconds(request.timestamp), meter))
    meters = [meter for _, meter in sorted(readings)]
    assert meters == sorted(meters)
    between = [after - before for before, after in itertools.pairwise(meters)][1::2]
    assert max(between) <= RAMP  # down, after the Stop


# Ah by hand: the hours at each limit; 690 V (3 * 230) make Wh of them.
AH = {
    100: 1.5 * 20,
    101: 0.5 * 20 + 3 * 6 + 0.5 * 32,
    102: 5 / 6 * 32,  # 50 min
    103: 55 / 60 * 32,
    104: (3 + 4 / 60) * 16,  # until the last sample before it died, 4:04, or more
    105: 0.5 * 16 + 3 * 10 + 0.5 * 20,
}


def test_the_energy_of_each_transaction_is_what_flowed(day: Day) -> None:
    starts, stops = of(day, call.StartTransaction), of(day, call.StopTransaction)
    for start, stop in zip(starts, stops, strict=True):
        by_hand = AH[stop.transaction_id] * 690
        lost = 16 * 690 / 60 if stop.transaction_id == 104 else 0  # the minute in which it died
        delivered = stop.meter_stop - start.meter_start
        assert by_hand - RAMP <= delivered <= by_hand + RAMP + lost, stop.transaction_id


def samples(day: Day, context: str = "Sample.Periodic") -> list[tuple[float, int | None, str]]:
    """Seconds after noon, transaction and value of each sample of this context."""
    return [
        (seconds(value.timestamp) - NOON, request.transaction_id, value.sampled_value[0].value)
        for request in of(day, call.MeterValues)
        for value in request.meter_value
        if value.sampled_value[0].context == context
    ]


def test_each_transaction_is_sampled_each_minute(day: Day) -> None:
    """By hand, in minutes: 90, 240, 50, 55, 185 less the last, 240; the end has no sample."""
    counts = {number: 0 for number in AH}
    for _, number, _ in samples(day):
        assert number is not None
        counts[number] += 1
    assert counts == pytest.approx({100: 90, 101: 240, 102: 50, 103: 55, 104: 185, 105: 240}, abs=1)
    for number in AH:
        moments = [at for at, one, _ in samples(day) if one == number]
        assert {after - before for before, after in itertools.pairwise(moments)} == {60}


def test_each_quarter_of_an_hour_has_its_value(day: Day) -> None:
    """96 a day; two of them of the hour without the central system, without a transaction one."""
    aligned = samples(day, "Sample.Clock")
    assert [at for at, _, _ in aligned] == [900 * n for n in range(1, 97)]
    offline = [number for at, number, _ in aligned if 10 * HOUR < at <= 11 * HOUR]
    assert offline == [102, None, 103, 103]


def test_what_is_of_transactions_comes_in_the_order_in_which_it_happened(day: Day) -> None:
    moments = []
    for _, request in received(day):
        is_values = isinstance(request, call.MeterValues)
        moments.append(request.meter_value[0].timestamp if is_values else request.timestamp)
    assert moments == sorted(moments)


def test_the_central_system_hears_something_each_five_minutes(day: Day) -> None:
    """BootNotification.conf says 300 s; but for the hour in which it was away."""
    gaps = [
        (before, after)
        for before, after in itertools.pairwise(day.world.asked_at)
        if after - before > 300
    ]
    ((left, came),) = gaps
    assert 10 * HOUR - 300 <= left <= 10 * HOUR
    assert came == 11 * HOUR
    beats = [item for item in day.world.asked if isinstance(item, call.Heartbeat)]
    assert len(beats) >= 100


def limit_at(at: float) -> float:
    """By the profile."""
    return [limit for begin, limit in LIMITS if begin <= at][-1]


def test_the_bus_carries_each_limit_when_its_period_begins(day: Day) -> None:
    told = [(at, m.limit) for at, _, m in day.world.carried if isinstance(m, SetLimit)]
    assert set(LIMITS) <= set(told)
    assert [limit for at, limit in told] == [limit_at(at) for at, _ in told]


def test_a_transaction_has_its_start_and_its_stop_on_the_bus(day: Day) -> None:
    """Between a Start and the next Stop no other Start; the charger of a dead one is stopped."""
    told = [(at, m) for at, _, m in day.world.carried if isinstance(m, Start | Stop)]
    begun = [at for at, message in told if message == Start()]
    assert begun == [1 * HOUR, 4.5 * HOUR, 9.5 * HOUR, 10 * HOUR + 35 * 60, 13 * HOUR, 17.5 * HOUR]
    for (_, before), (_, after) in itertools.pairwise(told):
        assert not (before == after == Start())
    assert (16 * HOUR + 5 * 60 + 30, Stop()) in told
    assert day.charger.current == pytest.approx(0, abs=0.01)
