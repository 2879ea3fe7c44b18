"""The OCPP session of a charge point, as its central system tells it."""

from typing import Any

import pytest

from rig.detect.events import Connection, Listening, Said
from rig.detect.ocpp_session import OcppSession
from rig.ocppj.logic.framing import Call, Malformed
from tests.detect.said import answer, ordered, profile, told
from tests.detect.simulation import Timed, Watching, verdicts


def joined() -> Connection:
    return Connection("csms", "CP_1", "connected")


def session() -> Watching:
    """Connected since 0 s, booted with an interval of 300 s."""
    made = Watching(OcppSession())
    boot = told("BootNotification", "csms", chargePointModel="m", chargePointVendor="v")
    accepted = answer(boot, status="Accepted", interval=300, currentTime="2026-12-01T12:00:00Z")
    verdicts(made, [(0.0, Listening("csms")), (0.0, joined()), (0.1, boot), (0.2, accepted)])
    assert made.tick(1.0).state == "ok"
    return made


def transaction(number: int, at: float, connector: int = 1) -> list[Timed]:
    begun = told("StartTransaction", "csms", connectorId=connector, idTag="A", meterStart=0)
    return [(at, begun), (at + 0.1, answer(begun, transactionId=number))]


def ended(number: int, at: float) -> list[Timed]:
    stop = told("StopTransaction", "csms", transactionId=number, meterStop=9)
    return [(at, stop), (at + 0.1, answer(stop))]


def why(detector: Watching, events: list[Timed]) -> str:
    """Of the alarm that the last event raises."""
    verdict = verdicts(detector, events)[-1][1]
    assert verdict.state == "alarm"
    return verdict.why


# --- connections


def test_a_second_connection_that_is_refused_is_named() -> None:
    refused = Connection("csms", "CP_1", "refused", "this id is connected already")
    said = why(session(), [(10.0, refused)])
    assert said == "a second connection with the same id: this id is connected already"


def test_a_second_connection_that_is_taken_is_named() -> None:
    assert why(session(), [(10.0, joined())]) == "a second connection with the same id"


def test_one_that_closed_may_come_again() -> None:
    made = session()
    closed = Connection("csms", "CP_1", "closed", "1006")
    said = verdicts(made, [(10.0, closed), (11.0, joined())])
    assert {verdict.state for _, verdict in said} == {"ok"}


def test_a_refusal_before_any_connection_is_a_warning() -> None:
    made = Watching(OcppSession())
    refused = Connection("csms", "CP_1", "refused", "its password is wrong")
    verdicts(made, [(0.0, Listening("csms")), (1.0, refused)])
    verdict = made.tick(1.0)
    assert (verdict.state, verdict.why) == (
        "warn",
        "a connection was refused: its password is wrong",
    )
    assert made.tick(15.9).state == "warn"
    assert made.tick(16.0).state == "ok"


def test_a_central_system_that_is_not_there_is_no_anomaly_of_the_charge_point() -> None:
    made = Watching(OcppSession())
    gone = Connection("cp", "CP_1", "refused", "connection refused")
    verdicts(made, [(0.0, Listening("cp")), *((float(n), gone) for n in range(1, 20))])
    assert made.tick(20.0).state == "ok"


@pytest.mark.parametrize(("times", "state"), [(5, "ok"), (6, "alarm")])
def test_six_connections_in_a_minute_are_a_storm(times: int, state: str) -> None:
    made = Watching(OcppSession())
    verdicts(made, [(0.0, Listening("csms"))])
    for number in range(times):
        made.receive(joined(), 1.0 + 10 * number)
        last = made.receive(Connection("csms", "CP_1", "closed"), 2.0 + 10 * number)
    assert last.state == state


# --- messages


@pytest.mark.parametrize(("times", "state"), [(9, "ok"), (10, "alarm")])
def test_ten_heartbeats_in_ten_seconds_are_a_flood(times: int, state: str) -> None:
    beats: list[Timed] = [(10.0 + n, told("Heartbeat", "csms")) for n in range(times)]
    assert verdicts(session(), beats)[-1][1].state == state


def test_what_was_queued_while_offline_may_come_all_at_once() -> None:
    made = session()
    for number in range(50):
        queued = told("MeterValues", "csms", connectorId=1, meterValue=[])
        assert made.receive(queued, 10.0 + number / 100).state == "ok"


def test_a_message_that_is_none_is_a_warning_and_three_are_an_alarm() -> None:
    made = session()
    wrong = Said("csms", "CP_1", True, Malformed("not JSON"))
    assert made.receive(wrong, 10.0).why == "a message that is none: not JSON"
    assert made.receive(wrong, 11.0).state == "warn"
    assert why(made, [(12.0, wrong)]) == "3 messages that are none, the last is not JSON"


def test_one_that_says_nothing_for_two_and_a_half_intervals_is_named() -> None:
    made = session()
    assert made.tick(750.0).state == "ok"
    assert made.tick(751.0).why == (
        "connected, and nothing said for 751 s: its Heartbeat is due each 300 s"
    )


@pytest.mark.parametrize("interval", ["x", None, 0, -1, True, {}])
def test_an_interval_that_is_none_judges_nothing(interval: Any) -> None:
    made = session()
    boot = told("BootNotification", "csms")
    verdicts(made, [(2.0, boot), (2.1, answer(boot, status="Accepted", interval=interval))])
    assert made.tick(3.0).state == "ok"


# --- the order of transactions


def test_an_ordinary_session_is_in_order() -> None:
    made = session()
    values = told("MeterValues", "csms", connectorId=1, transactionId=7, meterValue=[])
    events = [*transaction(7, 10.0), (20.0, values), *ended(7, 30.0), *transaction(8, 40.0)]
    assert {verdict.state for _, verdict in verdicts(made, events)} == {"ok"}


def test_a_second_start_at_a_connector_is_named() -> None:
    events = [*transaction(7, 10.0), transaction(8, 20.0)[0]]
    assert why(session(), events) == "StartTransaction at connector 1, which has one that is open"


def test_starts_at_two_connectors_are_in_order() -> None:
    events = [*transaction(7, 10.0), *transaction(8, 20.0, connector=2)]
    assert verdicts(session(), events)[-1][1].state == "ok"


def test_the_end_of_one_that_is_over_is_named() -> None:
    events = [*transaction(7, 10.0), *ended(7, 20.0), ended(7, 30.0)[0]]
    assert why(session(), events) == "StopTransaction 7, which is over"


def test_an_end_that_was_not_answered_may_come_again() -> None:
    events = [*transaction(7, 10.0), ended(7, 20.0)[0], *ended(7, 30.0)]
    assert verdicts(session(), events)[-1][1].state == "ok"


def test_values_of_another_transaction_are_named() -> None:
    values = told("MeterValues", "csms", connectorId=1, transactionId=99, meterValue=[])
    said = why(session(), [*transaction(7, 10.0), (20.0, values)])
    assert said == "MeterValues of transaction 99 at connector 1, which has 7"


def test_values_of_one_that_began_before_this_watch_are_in_order() -> None:
    values = told("MeterValues", "csms", connectorId=1, transactionId=99, meterValue=[])
    assert session().receive(values, 10.0).state == "ok"


# --- between the two ends


def test_a_message_that_is_another_one_at_the_other_end_is_named() -> None:
    made = session()
    verdicts(made, [(5.0, Listening("cp"))])
    sent = ordered("SetChargingProfile", "csms", connectorId=1, csChargingProfiles=profile(16.0))
    assert isinstance(sent.message, Call)
    changed = sent.message._replace(payload={"connectorId": 1, "csChargingProfiles": profile(80.0)})
    got = Said("cp", "CP_1", False, changed)
    assert why(made, [(10.0, sent), (10.1, got)]) == (
        "SetChargingProfile was changed on its way between the two ends"
    )


def test_that_stands_until_one_of_its_kind_comes_through_as_it_was() -> None:
    made = session()
    verdicts(made, [(5.0, Listening("cp"))])
    sent = ordered("SetChargingProfile", "csms", connectorId=1)
    assert isinstance(sent.message, Call)
    got = Said("cp", "CP_1", False, sent.message._replace(payload={"connectorId": 2}))
    beat = told("Heartbeat", "cp")
    other_end = Said("csms", "CP_1", True, beat.message)
    verdicts(made, [(10.0, sent), (10.1, got), (50.0, beat), (50.1, other_end)])
    assert made.tick(60.0).state == "alarm"
    again = ordered("SetChargingProfile", "csms", connectorId=1)
    verdicts(made, [(70.0, again), (70.1, Said("cp", "CP_1", False, again.message))])
    assert made.tick(70.1).state == "ok"


def test_a_second_transaction_that_was_let_in_makes_the_first_one_no_stranger() -> None:
    made = session()
    verdicts(made, [*transaction(7, 10.0), *transaction(8, 20.0)])
    values = told("MeterValues", "csms", connectorId=1, transactionId=7, meterValue=[])
    assert made.tick(40.0).state == "ok"
    assert made.receive(values, 41.0).state == "ok"
    verdicts(made, [*ended(8, 50.0), *ended(7, 60.0), *transaction(9, 70.0)])
    assert made.tick(70.2).state == "ok"


def test_the_same_message_at_both_ends_is_in_order() -> None:
    made = session()
    verdicts(made, [(5.0, Listening("cp"))])
    beat = told("Heartbeat", "cp")
    same = Said("csms", "CP_1", True, beat.message)
    assert {v.state for _, v in verdicts(made, [(10.0, beat), (10.1, same)])} == {"ok"}


# --- what it cannot know


def test_without_ocpp_it_is_unknown() -> None:
    made = Watching(OcppSession())
    assert made.tick(1.0).state == "unknown"
    made.receive(Listening("csms"), 2.0)
    assert made.tick(2.0).state == "ok"
    assert made.receive(Listening("csms", "gone"), 3.0).why == (
        "no OCPP is heard: neither end offers it"
    )
