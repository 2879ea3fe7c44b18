"""The parts of a charge point, and what they return passed on."""

from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import Reason, RemoteStartStopStatus

from rig.bus.logic.link import LinkUp, NotSent, Sent
from rig.bus.logic.messages import SetLimit, Start, Stop
from rig.cp.logic.actuator import Transmit
from rig.cp.logic.charging_profile import Kind, Profile, Purpose
from rig.cp.logic.kept import Keep
from rig.cp.logic.outcome import Began, Ended, Live, Record
from rig.cp.logic.point import Point, Send, Settings
from rig.cp.logic.transaction import StartOrder
from rig.ocppj.logic.exchange import Answer, Ask, Note
from tests.cp.logic.world import IDENTITY, NOON, codec, profile
from tests.role.logic.looks import ticks

STATUS = call.Heartbeat()
STOP = call.StopTransaction(0, "2026-01-31T12:00:00Z", 0)
VALUES = call.MeterValues(2, [])
PROFILE = Profile(2, 7, 0, Purpose.tx_profile, Kind.relative, ((0.0, 10.0),))


def point(connectors: int = 2, **saved: Any) -> Point:
    settings = Settings(IDENTITY, connectors=connectors)
    return Point(settings, codec(), lambda now: NOON + now, 0.0, saved)


def messages(outputs: list[Any], connector: int) -> list[Any]:
    """What is sent to one connector."""
    sent = [item for item in outputs if isinstance(item, Send)]
    return [item.message for item in sent if item.connector == connector]


def echoed(one: Point, outputs: list[Any]) -> list[Any]:
    """All frames are carried; what follows, frames of the same kind included."""
    left: list[Any] = []
    for output in outputs:
        if isinstance(output, Send):
            connector = one.connectors[output.connector]
            carried = connector.bus(Sent(output.key), 0.0)
            left += echoed(one, one.pass_on(output.connector, carried, 0.0))
        else:
            left.append(output)
    return left


def up(one: Point) -> Point:
    for number, connector in one.connectors.items():
        echoed(one, one.pass_on(number, connector.bus(LinkUp(), 0.0), 0.0))
    return one


def test_connectors_are_numbered_from_1_and_0_is_the_charge_point() -> None:
    one = point(3)
    assert one.numbers == [1, 2, 3]
    assert one.condition_of(2) is one.connectors[2].condition
    assert one.condition_of(0).status == "Available"
    assert one.condition_of(1).status == "Faulted"  # its link is not up yet


def test_what_is_out_of_service_stays_so_over_a_restart() -> None:
    """5.2."""
    one = point(availability={"0": "Inoperative", "2": "Inoperative"})
    assert [one.condition_of(number).operative for number in (0, 1, 2)] == [False, True, False]


def test_the_configuration_outlasts_a_restart() -> None:
    one = point(configuration={"HeartbeatInterval": "17"})
    assert one.configuration.integer("HeartbeatInterval") == 17


def test_only_what_changed_of_the_configuration_is_kept() -> None:
    one = point(configuration={"HeartbeatInterval": "17"})
    before = one.configuration.changed
    one.configuration.change("ConnectionTimeOut", "5")
    one.configuration.change("HeartbeatInterval", "17")
    assert one.keep_configuration(before) == [Keep("configuration", "ConnectionTimeOut", "5")]


def test_what_a_connector_returns_is_passed_on() -> None:
    one = point()
    one.delivery.open()
    note, answer = Note("n"), Answer("1", call_result.Heartbeat("now"))
    assert one.pass_on(2, [note, answer, Transmit(5, Stop())], 0.0) == [
        note,
        answer,
        Send(2, 5, Stop()),
    ]


def test_what_is_recorded_is_kept_and_asked() -> None:
    one = point()
    one.delivery.open()
    kept, asked = one.pass_on(2, [Record(STOP, 9)], 0.0)
    assert isinstance(kept, Keep)
    assert (kept.section, isinstance(asked, Ask)) == ("queue", True)


def test_what_is_live_is_asked_and_not_kept() -> None:
    one = point()
    one.delivery.open()
    assert one.pass_on(2, [Live(VALUES, None)], 0.0) == [Ask(VALUES)]


def test_a_profile_begins_and_ends_with_its_transaction() -> None:
    one = point()
    one.pass_on(2, [Began(PROFILE)], 0.0)
    assert (one.limits.of(1, 0.0), one.limits.of(2, 0.0)) == (None, 10)
    one.pass_on(1, [Ended()], 0.0)
    assert one.limits.of(2, 0.0) == 10
    one.pass_on(2, [Ended()], 0.0)
    assert one.limits.of(2, 0.0) is None


def start(one: Point, number: int, order: StartOrder) -> list[Any]:
    begun = one.connectors[number].begin(order, 0.0)
    return one.pass_on(number, begun, 0.0)


def test_a_transaction_that_starts_goes_on_at_once_where_nobody_must_be_told() -> None:
    one = up(point())
    assert messages(start(one, 2, StartOrder("RIG")), 2) == [Start()]
    (running,) = one.running()
    assert (running.connector, running.is_starting) == (2, True)


def test_the_profile_that_a_start_brings_is_in_force_while_it_starts() -> None:
    one = up(point())
    assert messages(start(one, 2, StartOrder("RIG", profile=PROFILE)), 2) == [SetLimit(10)]
    assert one.put_limits_in_force(0.0) == []  # it is in flight


def install(one: Point, limit: float) -> list[Any]:
    request = call.SetChargingProfile(0, profile(limit))
    installing, outputs = one.limits.install("ask", request, one.numbers, 0.0)
    assert installing
    told: list[Any] = list(outputs)
    for number in one.numbers:
        ordered = one.connectors[number].order_limit(installing, limit, 0.0)
        told += one.pass_on(number, ordered, 0.0)
    return told


def test_a_connector_that_was_told_a_profile_keeps_it_until_all_were() -> None:
    one = up(point())
    first, second = install(one, 16)
    assert one.pass_on(1, one.connectors[1].bus(Sent(first.key), 0.0), 0.0) == [
        Keep("limit", "1", 16, may_wait=True)
    ]
    assert one.put_limits_in_force(0.0) == []
    accepted = one.pass_on(2, one.connectors[2].bus(Sent(second.key), 0.0), 0.0)
    assert [item.response.status for item in accepted if isinstance(item, Answer)] == ["Accepted"]
    assert one.put_limits_in_force(0.0) == []


def test_a_connector_that_was_told_a_rejected_profile_gets_its_limit_back() -> None:
    """Else it would go on with 32 A, while GetCompositeSchedule says 16."""
    one = up(point())
    echoed(one, install(one, 16))
    first, second = install(one, 32)
    echoed(one, [first])
    lost = one.connectors[2].bus(NotSent(second.key, "no echo"), 0.0)
    rejected = one.pass_on(2, lost, 0.0)
    assert [item.response.status for item in rejected if isinstance(item, Answer)] == ["Rejected"]
    restored = one.put_limits_in_force(0.0)
    assert messages(restored, 1) == [SetLimit(16)]


def test_all_chargers_are_stopped() -> None:
    one = up(point())
    outputs = one.stop_all(Reason.other, 0.0)
    assert messages(outputs, 1) == messages(outputs, 2) == [Stop()]


def test_a_transaction_of_the_life_before_is_ended_also_where_its_connector_is_gone() -> None:
    left = {"number": 3, "id_tag": "RIG", "parent": None, "started": NOON, "meter_start": 5}
    running = {"2": {"transaction": left, "ending": None, "data": None}}
    one = point(1, running=running, meter={"2": 17.9})
    outputs = one.begin_life(0.0)
    assert Keep("running", "2", None) in outputs
    (queued,) = [item for item in outputs if isinstance(item, Keep) and item.section == "queue"]
    assert queued.value["payload"]["meter_stop"] == 17
    assert queued.value["payload"]["reason"] == "PowerLoss"
    assert one.begin_life(0.0) == [Keep("lived", "once", True)]


def test_time_wakes_only_those_that_are_due() -> None:
    one = up(point())
    assert one.wake_at == 0.5  # after the Stop
    order = StartOrder("RIG")
    one.connectors[2].condition.plugged = False
    one.pass_on(2, one.connectors[2].begin(order, 0.0), 0.0)
    assert ticks(one, 2.4) == []
    assert len(ticks(one, 2.5)) == 2  # neither charger is there
    assert one.wake_at == 60.0  # ConnectionTimeOut
    assert [type(item) for item in one.tick(60.0)] == [Note]


def test_an_answer_of_a_start_names_its_request() -> None:
    one = up(point())
    left = echoed(one, start(one, 1, StartOrder("RIG", unique_id="7")))
    accepted = call_result.RemoteStartTransaction(RemoteStartStopStatus.accepted)
    assert Answer("7", accepted) in left
