"""What OCPP says against what is on the bus, typed second by second."""

from typing import Any

from rig.bus.logic.link import LinkDown
from rig.bus.logic.messages import Current, SetLimit, Start, Stop
from rig.detect.cross_layer import CrossLayer
from rig.detect.events import Connection, Listening
from rig.detect.ordered import Ordered
from rig.detect.verdict import Verdict
from tests.detect.said import answer, meter_values, ordered, profile, status, told
from tests.detect.simulation import Timed, Watching, verdicts

LIMIT = 32.0  # A, of the bench


def cross_layer(connector: int = 1, connectors: int = 1) -> Watching:
    """The charge point is connected since 0 s, and its end is heard."""
    made = Watching(CrossLayer(Ordered(connector, connectors, LIMIT, None), connector))
    verdicts(made, [(0.0, Listening("cp")), (0.0, Connection("cp", "CP_1", "connected"))])
    assert made.tick(0.0).state == "ok"
    return made


def accepted(action: str, at: float, **payload: Any) -> list[Timed]:
    """A command of the central system, Accepted after 0.02 s."""
    asked = ordered(action, **payload)
    return [(at, asked), (at + 0.02, answer(asked, status="Accepted"))]


def charging(limit: float = 16.0) -> Watching:
    """Since 1 s, by RemoteStartTransaction with a limit; 16 A are reported from 2 s on."""
    made = cross_layer()
    start = accepted("RemoteStartTransaction", 1.0, connectorId=1, chargingProfile=profile(limit))
    bus: list[Timed] = [(1.01, SetLimit(limit)), (1.011, Start())]
    begun = told("StartTransaction", connectorId=1, idTag="A", meterStart=0)
    transaction: list[Timed] = [(1.1, begun), (1.15, answer(begun, transactionId=7))]
    events = [start[0], *bus, start[1], *transaction, (1.2, status("Charging"))]
    verdicts(made, [*events, *((2.0 + n, Current(limit)) for n in range(4))])
    assert made.tick(6.0).state == "ok"
    return made


def alarm(detector: Watching, at: float) -> Verdict:
    verdict = detector.tick(at)
    assert verdict.state == "alarm"
    return verdict


# --- a command on the bus that nobody ordered


def test_a_limit_that_no_ocpp_message_asks_for_is_named_after_a_second_and_a_half() -> None:
    made = charging()
    made.receive(SetLimit(40.0), 10.0)
    assert made.tick(11.0).state == "ok"
    said = alarm(made, 12.0)
    assert said.why == "SetLimit 40 A on the bus, and no OCPP message asks for it"


def test_it_stands_until_the_limit_is_one_that_was_asked_for_and_8_s_at_least() -> None:
    made = charging()
    made.receive(SetLimit(40.0), 10.0)
    alarm(made, 12.0)
    made.receive(SetLimit(16.0), 12.5)
    alarm(made, 19.0)
    assert made.tick(20.0).state == "ok"


def test_a_limit_of_the_bench_or_of_a_profile_needs_no_message_of_its_own() -> None:
    made = charging()
    made.receive(SetLimit(LIMIT), 10.0)
    made.receive(SetLimit(15.0), 20.0)  # 16 A, rounded down to a step of the DBC
    assert made.tick(30.0).state == "ok"


def test_a_limit_shortly_after_a_profile_is_explained_whatever_it_says() -> None:
    made = charging()
    profiles = accepted("SetChargingProfile", 10.0, connectorId=1, csChargingProfiles={})
    verdicts(made, [*profiles, (11.5, SetLimit(9.0))])
    assert made.tick(20.0).state == "ok"


def test_a_start_without_a_transaction_is_named() -> None:
    made = cross_layer()
    made.receive(Start(), 10.0)
    assert alarm(made, 12.0).why == "Start on the bus, and no OCPP message asks for it"


def test_a_start_by_a_card_is_explained_by_the_transaction_that_is_told() -> None:
    made = cross_layer()
    begun = told("StartTransaction", connectorId=1, idTag="A", meterStart=0)
    verdicts(made, [(10.0, Start()), (10.8, begun)])
    assert made.tick(12.0).state == "ok"


def test_a_stop_in_a_transaction_is_named() -> None:
    made = charging()
    made.receive(Stop(), 10.0)
    assert alarm(made, 12.0).why == "Stop on the bus, and no OCPP message asks for it"


def test_a_stop_is_explained_by_what_the_charge_point_tells_of_it() -> None:
    for explains in (status("SuspendedEV"), told("StopTransaction", transactionId=7)):
        made = charging()
        verdicts(made, [(10.0, Stop()), (10.3, explains)])
        assert made.tick(12.0).state == "ok"


def test_a_command_that_changes_nothing_is_none() -> None:
    made = charging()
    verdicts(made, [(10.0, Start()), (11.0, SetLimit(16.0))])
    assert made.tick(20.0).state == "ok"


def test_what_our_charge_point_tells_of_another_sender_is_an_alarm_at_once() -> None:
    made = charging()
    tells = told(
        "SecurityEventNotification",
        type="ForeignCommand",
        techInfo="connector 1: SetLimit limit=40 A by another sender",
    )
    made.receive(tells, 10.0)
    said = alarm(made, 10.0)
    assert said.why == (
        "the charge point tells of connector 1: SetLimit limit=40 A by another sender"
    )
    assert made.tick(18.0).state == "ok"


# --- a command of OCPP that does not come to the bus


def test_a_start_that_was_accepted_and_does_not_come_is_named() -> None:
    made = cross_layer()
    verdicts(made, accepted("RemoteStartTransaction", 10.0, connectorId=1))
    assert made.tick(11.0).state == "ok"
    assert alarm(made, 12.0).why == "a start was accepted, no Start on the bus"
    made.receive(Start(), 15.0)
    assert made.tick(20.0).state == "ok"


def test_a_start_that_waits_for_a_car_is_none() -> None:
    made = cross_layer()
    remote = accepted("RemoteStartTransaction", 10.0, connectorId=1)
    verdicts(made, [(1.0, status("Available")), *remote, (10.1, status("Preparing"))])
    assert made.tick(60.0).state == "ok"


def test_a_start_that_waits_for_the_tag_to_be_authorized_is_none() -> None:
    made = cross_layer()
    remote = accepted("RemoteStartTransaction", 10.0, connectorId=1)
    verdicts(made, [*remote, (10.1, told("Authorize", idTag="A"))])
    assert made.tick(60.0).state == "ok"


def test_a_start_that_was_rejected_is_none() -> None:
    made = cross_layer()
    asked = ordered("RemoteStartTransaction", connectorId=1)
    verdicts(made, [(10.0, asked), (10.1, answer(asked, status="Rejected"))])
    assert made.tick(20.0).state == "ok"


def test_a_start_that_names_no_connector_may_be_that_of_another_one() -> None:
    made = cross_layer(connector=2, connectors=2)
    verdicts(made, accepted("RemoteStartTransaction", 10.0, idTag="A"))
    assert made.tick(20.0).state == "ok"


def test_a_stop_that_was_accepted_and_does_not_come_is_named() -> None:
    made = charging()
    verdicts(made, accepted("RemoteStopTransaction", 10.0, transactionId=7))
    said = alarm(made, 12.0)
    assert said.why == "the end of the transaction was accepted, no Stop on the bus"


def test_a_limit_that_was_accepted_and_does_not_come_is_named_with_both() -> None:
    made = charging()
    verdicts(
        made, accepted("SetChargingProfile", 10.0, connectorId=1, csChargingProfiles=profile(8.0))
    )
    assert alarm(made, 12.0).why == "a limit of 8 A was accepted, the charger was told 16 A"


def test_the_most_of_the_charge_point_holds_for_a_profile_above_it() -> None:
    made = charging()
    most = profile(10.0, "ChargePointMaxProfile")
    events = [
        *accepted("SetChargingProfile", 10.0, connectorId=0, csChargingProfiles=most),
        (10.01, SetLimit(10.0)),
        *accepted("SetChargingProfile", 20.0, connectorId=1, csChargingProfiles=profile(20.0)),
    ]
    verdicts(made, events)
    assert made.tick(30.0).state == "ok"


def test_a_schedule_of_several_periods_is_not_judged_but_explains_its_limits() -> None:
    made = charging()
    periods = [{"startPeriod": 0, "limit": 10.0}, {"startPeriod": 60, "limit": 20.0}]
    two = profile(0.0, chargingSchedulePeriod=periods)
    verdicts(made, accepted("SetChargingProfile", 10.0, connectorId=1, csChargingProfiles=two))
    verdicts(made, [(60.0, SetLimit(20.0)), (90.0, SetLimit(10.0))])
    assert made.tick(100.0).state == "ok"


def test_what_concerns_another_connector_is_not_judged_here() -> None:
    made = cross_layer(connector=1, connectors=2)
    verdicts(made, accepted("RemoteStartTransaction", 10.0, connectorId=2))
    assert made.tick(20.0).state == "ok"


# --- the meter

SECONDS = "2026-12-01T12:00:{:02d}Z"


def test_a_meter_that_says_twice_what_the_charger_does_not_report_is_named() -> None:
    made = charging()
    made.receive(meter_values(8.0, SECONDS.format(10)), 10.0)
    assert made.tick(10.0).state == "ok"
    made.receive(meter_values(8.0, SECONDS.format(20)), 20.0)
    said = alarm(made, 20.0)
    assert said.why == "the meter says 8 A, the charger reported 16 A"
    made.receive(meter_values(16.0, SECONDS.format(30)), 30.0)
    assert made.tick(30.0).state == "ok"


def test_a_meter_value_may_be_any_of_the_last_three_reports_and_one_ampere_off() -> None:
    made = charging()
    verdicts(made, [(7.0, Current(10.0)), (8.0, Current(12.0)), (9.0, Current(14.0))])
    for n, amps in enumerate([9.0, 12.0, 15.0, 10.0]):
        made.receive(meter_values(amps, SECONDS.format(10 + n)), 10.0 + n)
    assert made.tick(20.0).state == "ok"


def test_old_values_of_an_offline_queue_are_not_compared() -> None:
    made = charging()
    made.receive(meter_values(16.0, SECONDS.format(50)), 50.0)
    for second in (10, 20, 30):
        made.receive(meter_values(8.0, SECONDS.format(second)), 51.0)
    assert made.tick(52.0).state == "ok"


def test_values_that_break_the_schema_are_left_to_the_central_system() -> None:
    made = charging()
    values: list[Any] = [[{}], [{"timestamp": "noon", "sampledValue": []}], 7]
    for wrong in values:
        made.receive(told("MeterValues", connectorId=1, meterValue=wrong), 10.0)
    assert made.tick(11.0).state == "ok"


# --- what it cannot know


def test_without_ocpp_it_is_unknown() -> None:
    made = Watching(CrossLayer(Ordered(1, 1, LIMIT, None)))
    made.receive(Start(), 1.0)
    assert made.tick(10.0).why == "no OCPP is heard: neither end offers it"


def test_an_end_that_tells_no_more_leaves_it_blind() -> None:
    made = charging()
    made.receive(SetLimit(40.0), 10.0)
    alarm(made, 12.0)
    assert made.receive(Listening("cp", "gone"), 13.0).state == "unknown"
    assert made.tick(30.0).state == "unknown"


def test_while_the_charge_point_is_offline_nothing_is_judged() -> None:
    made = charging()
    made.receive(Connection("cp", "CP_1", "closed"), 10.0)
    verdicts(made, [(11.0, Stop()), (12.0, Start()), (13.0, SetLimit(9.0))])
    assert made.tick(20.0).why == "the charge point is not connected"
    made.receive(Connection("cp", "CP_1", "connected"), 21.0)
    assert made.tick(30.0).state == "ok"


def test_the_central_systems_end_alone_is_enough() -> None:
    made = Watching(CrossLayer(Ordered(1, 1, LIMIT, None)))
    verdicts(made, [(0.0, Listening("csms")), (0.0, Connection("csms", "CP_1", "connected"))])
    asked = ordered("RemoteStartTransaction", "csms", connectorId=1)
    verdicts(made, [(10.0, asked), (10.1, answer(asked, status="Accepted"))])
    assert alarm(made, 12.0).why == "a start was accepted, no Start on the bus"


def test_a_bus_that_went_down_is_compared_anew() -> None:
    made = charging()
    made.receive(SetLimit(40.0), 10.0)
    alarm(made, 12.0)
    made.receive(LinkDown("vcan0 is down"), 13.0)
    assert made.tick(20.0).state == "ok"
