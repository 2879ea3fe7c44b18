"""What flows, against what the charger was told."""

import math

import pytest
from ocpp.v16.enums import Reason

from rig.bus.logic.link import LinkDown, LinkUp
from rig.bus.logic.messages import Stop
from tests.cp.logic.rigged import Rigged, notes, the_stop


def quiet() -> Rigged:
    """No report is told to the central system."""
    return Rigged(MeterValuesEveryCurrent="false")


def reports(rig: Rigged, amperes: float, seconds: int = 1) -> list[object]:
    """So many reports of this current, one a second; what follows but frames."""
    left: list[object] = []
    for _ in range(seconds):
        rig.now += 1.0
        left += rig.measured(amperes)
    return left


def told(rig: Rigged) -> tuple[str, ...]:
    return tuple(map(str, rig.connector.condition.told()))


def charging(limit: float = 32) -> Rigged:
    rig = quiet().limited(limit).charging()
    rig.in_flight.clear()
    reports(rig, limit)
    return rig


def test_a_charger_that_ignores_stop_is_faulted_and_told_to_stop_each_second() -> None:
    rig = charging()
    rig.remote_stop()
    rig.echo()
    assert reports(rig, 32, 2) == []  # it may need 2 s to begin
    outputs = reports(rig, 32, 12)
    assert notes(outputs) == ["32 A flow, it was told Stop: Stop"]
    assert told(rig) == ("Faulted", "OverCurrentFailure", "32 A flow, it was told Stop")
    stops = len(rig.flying)
    assert stops >= 5
    assert set(rig.flying) == {Stop()}
    reports(rig, 32, 10)
    assert len(rig.flying) == stops + 10


def test_nothing_begins_while_it_flows_and_all_is_well_when_it_does_not_any_more() -> None:
    rig = charging()
    rig.remote_stop()
    rig.echo()
    reports(rig, 32, 20)
    rig.echo()
    assert rig.connector.why_not() == "more flows than the charger may deliver"
    reports(rig, 0, 2)
    assert rig.status == "Faulted"
    reports(rig, 0)
    assert (rig.status, rig.connector.why_not()) == ("Finishing", None)
    assert rig.flying == []


def test_more_than_the_limit_is_stopped_and_ends_the_transaction() -> None:
    rig = charging(16)
    assert reports(rig, 19, 60) == []  # 3 A are within the accuracy
    assert notes(reports(rig, 20, 3)) == ["20 A flow, it was told no more than 16 A: Stop"]
    assert rig.flying == [Stop()]
    assert told(rig)[:2] == ("Faulted", "OverCurrentFailure")
    assert the_stop(rig.echo()).reason == Reason.other


def test_of_100_a_3_percent_more_may_flow() -> None:
    rig = charging(200)
    assert reports(rig, 206, 60) == []
    assert len(reports(rig, 207, 3)) == 1


def test_one_or_two_reports_are_none() -> None:
    rig = charging(16)
    for _ in range(10):
        assert reports(rig, 40, 2) == []
        assert reports(rig, 16, 1) == []


def test_many_reports_within_a_second_are_none_yet() -> None:
    rig = charging(16)
    for _ in range(100):
        rig.now += 0.01
        assert rig.measured(40) == []
    rig.now += 0.6
    assert len(rig.measured(40)) == 1


def test_a_zero_right_behind_what_flows_hides_nothing() -> None:
    rig = charging(16)
    reports(rig, 40, 3)
    assert rig.flying == [Stop()]
    rig.now += 1.0
    rig.measured(40, 0)  # faster than it is told: the zero alone goes to the central system
    assert rig.flying == [Stop(), Stop()]


def test_what_no_charger_delivers_hides_nothing_that_came_with_it() -> None:
    rig = charging(16)
    assert notes(rig.measured(17, 65535)) == ["Current above 1000 A, the bench's max: ignored"]
    assert rig.connector.charger.current == 17


def test_a_lower_limit_is_not_to_be_met_at_once() -> None:
    """Two seconds, then the ceiling falls with a time constant of 8 s."""
    rig = charging(100)
    rig.limited(10)
    rig.echo()
    # From 10 s on: 10 + 90 * exp(-(t - 2) / 8), and 3 A.
    for second in range(1, 40):
        allowed = 13 + 90 * math.exp(-max(0, second - 2) / 8)
        assert reports(rig, math.floor(allowed)) == [], second


def test_current_without_any_transaction_is_stopped_too() -> None:
    rig = quiet().up()
    reports(rig, 0)
    assert notes(reports(rig, 5, 3)) == ["5 A flow, it was told Stop: Stop"]
    assert rig.flying == [Stop()]


@pytest.mark.parametrize("amperes", [0, 1])
def test_what_is_reported_while_nothing_flows_is_nothing(amperes: int) -> None:
    rig = quiet().up()
    assert reports(rig, amperes, 60) == []
    assert rig.status == "Preparing"


def test_what_ran_before_this_life_may_come_down() -> None:
    rig = quiet().up()
    assert reports(rig, 100, 2) == []
    for second in range(40):
        assert reports(rig, round(100 * 0.8**second)) == []


def test_after_the_link_was_down_it_may_come_down_again() -> None:
    rig = quiet().up()
    reports(rig, 0)
    rig.event(LinkDown("down"))
    rig.event(LinkUp())
    rig.in_flight.clear()
    for second in range(40):
        assert reports(rig, round(100 * 0.8**second)) == []


def test_a_started_charger_of_which_nothing_flows_is_told_without_a_fault() -> None:
    rig = charging()
    reports(rig, 0, 30)
    assert rig.status == "Charging"
    assert reports(rig, 0) == []
    assert told(rig) == ("SuspendedEV", "NoError", "None")
    reports(rig, 6)
    assert rig.status == "Charging"


def test_a_current_that_no_charger_here_can_deliver_is_not_believed() -> None:
    rig = charging()
    assert notes(reports(rig, 65535, 2)) == ["Current above 1000 A, the bench's max: ignored"]
    assert rig.connector.charger.current == 32
    assert rig.flying == []
