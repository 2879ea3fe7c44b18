"""Meter values, and what else a charge point says, as the database keeps it."""

from typing import Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus
from sqlalchemy import Connection

from rig.csms.store.ledger import Ledger
from rig.csms.store.tables import charge_points, meter_values, security_events, statuses
from tests.csms.store.test_ledger import begin, kept
from tests.messages import NOW, sample, stop, values

# meter values


def test_a_value_that_is_sent_again_is_kept_once(ledger: Ledger, connection: Connection) -> None:
    several = values(sample("1"), sample("2"), transaction=7)
    for _ in range(3):
        assert ledger.answer("CP_1", several, NOW) == call_result.MeterValues()
        ledger.flush()
    ledger.answer("CP_1", several, NOW)
    found = kept(ledger, connection, meter_values)
    assert {(row.transaction_id, row.value) for row in found} == {(7, "1"), (7, "2")}
    assert len(found) == 2


def test_a_long_signed_value_is_kept_whole(ledger: Ledger, connection: Connection) -> None:
    signed = "0A1B" * 20_000
    ledger.answer("CP_1", values(sample(signed, format="SignedData")), NOW)
    assert [row.value for row in kept(ledger, connection, meter_values)] == [signed]


def test_meter_values_without_any_value_are_answered(ledger: Ledger) -> None:
    assert ledger.answer("CP_1", values({"timestamp": "x", "sampled_value": []}), NOW)
    ledger.flush()


# notes


def test_a_boot_says_what_a_charge_point_is(ledger: Ledger, connection: Connection) -> None:
    ledger.note("CP_1", call.BootNotification("One", "Rig", iccid="89"), NOW)
    ledger.note("CP_1", call.BootNotification("Two", "Rig"), NOW + 5)
    [row] = kept(ledger, connection, charge_points)
    assert (row.charge_point_vendor, row.charge_point_model) == ("Rig", "Two")
    assert (row.iccid, row.booted_at, row.seen_at) == (None, NOW + 5, NOW + 5)


def test_a_boot_is_newer_than_what_gathered_before_it(
    ledger: Ledger, connection: Connection
) -> None:
    ledger.note("CP_1", call.Heartbeat(), NOW)
    ledger.note("CP_1", call.BootNotification("One", "Rig"), NOW + 5)
    assert kept(ledger, connection, charge_points)[0].seen_at == NOW + 5


def test_a_heartbeat_and_any_other_message_say_when_it_was_last_seen(
    ledger: Ledger, connection: Connection
) -> None:
    ledger.note("CP_1", call.Heartbeat(), NOW)
    assert kept(ledger, connection, charge_points)[0].seen_at == NOW
    ledger.answer("CP_1", values(), NOW + 10)
    assert kept(ledger, connection, charge_points)[0].seen_at == NOW + 10
    ledger.answer("CP_1", values(), NOW + 19.9)  # exact to 10 s
    assert kept(ledger, connection, charge_points)[0].seen_at == NOW + 10


def test_a_clock_that_was_set_back_is_followed(ledger: Ledger, connection: Connection) -> None:
    ledger.note("CP_1", call.Heartbeat(), NOW)
    ledger.note("CP_1", call.Heartbeat(), NOW - 3600)
    assert kept(ledger, connection, charge_points)[0].seen_at == NOW - 3600


def test_each_status_is_kept(ledger: Ledger, connection: Connection) -> None:
    status = call.StatusNotification(
        1, ChargePointErrorCode.ground_failure, ChargePointStatus.faulted, info="wet\0"
    )
    ledger.note("CP_1", status, NOW)
    ledger.note("CP_1", status, NOW + 1)
    found = kept(ledger, connection, statuses)
    assert [row.at for row in found] == [NOW, NOW + 1]
    said = (found[0].connector, found[0].status, found[0].error_code, found[0].info)
    assert said == (1, "Faulted", "GroundFailure", "wet\\x00")


def many(number: int) -> dict[str, Any]:
    """A meterValue with as many samples."""
    sampled = [{"value": str(each)} for each in range(number)]
    return {"timestamp": "2026-09-21T14:30:00Z", "sampled_value": sampled}


def test_of_a_meter_values_the_first_thousand_samples_are_kept_and_a_row_tells_of_the_rest(
    ledger: Ledger, connection: Connection
) -> None:
    assert ledger.answer("CP_1", values(many(32_000)), NOW) == call_result.MeterValues()
    assert len(kept(ledger, connection, meter_values)) == 1_000
    [row] = kept(ledger, connection, security_events)
    assert (row.charge_point, row.event, row.at) == ("CP_1", "SamplesLeftOut", NOW)
    assert row.detail.startswith("31000 samples beyond 1000 of a MeterValues")


def test_of_transaction_data_ten_thousand_are_kept_and_the_stop_counts(
    ledger: Ledger, connection: Connection
) -> None:
    number = begin(ledger)
    ledger.answer("CP_1", stop(number, data=[many(10_002)]), NOW)
    assert ledger.running("CP_1") == []
    assert len(kept(ledger, connection, meter_values)) == 10_000
    [row] = kept(ledger, connection, security_events)
    assert row.detail.startswith("2 samples beyond")


def test_a_message_that_has_no_more_than_it_may_leaves_nothing_out(
    ledger: Ledger, connection: Connection
) -> None:
    ledger.answer("CP_1", values(many(600), many(400)), NOW)
    ledger.answer("CP_1", stop(begin(ledger), data=[many(10_000)]), NOW)
    assert kept(ledger, connection, security_events) == []
    assert not ledger.left_out


def test_all_that_is_left_out_in_a_minute_is_one_row(
    ledger: Ledger, connection: Connection
) -> None:
    for second in range(3):
        ledger.answer("CP_1", values(many(1_001)), NOW + second)
        ledger.flush()
    ledger.answer("CP_1", values(many(1_001)), NOW + 60)
    rows = kept(ledger, connection, security_events)
    assert [row.detail.split()[0] for row in rows] == ["3", "1"]


def test_a_security_event_is_kept(ledger: Ledger, connection: Connection) -> None:
    ledger.note_security("CP_1", "SecondConnection", "from 10.0.0.7", NOW)
    [row] = kept(ledger, connection, security_events)
    assert (row.at, row.event, row.detail) == (NOW, "SecondConnection", "from 10.0.0.7")
