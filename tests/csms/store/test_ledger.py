"""Transactions as the database keeps them: starts, stops and what each is answered."""

from typing import Any

import pytest
from ocpp.v16 import call, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import AuthorizationStatus as Status
from ocpp.v16.enums import Reason
from sqlalchemy import Connection, Table, select

from rig.csms.logic.tags import Tag
from rig.csms.logic.transactions import Transaction
from rig.csms.store.ledger import Ledger, Memory
from rig.csms.store.tables import meter_values, stray_stops, transactions
from tests.messages import NOW, sample, start, stop

# The first id of a database made at NOW: 1790000000 - 1577836800 (2020-01-01) + 1.
FIRST = 212163201
ACCEPTED = IdTagInfo(Status.accepted)


@pytest.fixture
def strict(connection: Connection) -> Ledger:
    """One that takes no unknown tags."""
    return Ledger(connection, "invalid", Memory())


def kept(ledger: Ledger, connection: Connection, table: Table) -> list[Any]:
    ledger.flush()
    return list(connection.execute(select(table)))


def begin(ledger: Ledger, charge_point: str = "CP_1", **what: Any) -> int:
    """The id of a transaction that begins."""
    number: int = ledger.answer(charge_point, start(**what), NOW).transaction_id
    return number


def verdict(ledger: Ledger, charge_point: str, request: call.StartTransaction) -> str:
    return str(ledger.answer(charge_point, request, NOW).id_tag_info.status.value)


# starting


def test_a_start_gets_an_id_and_the_verdict_on_its_tag(ledger: Ledger) -> None:
    ledger.tags.put(Tag("ABC", expires=NOW + 60, parent="FLEET"))
    answer = ledger.answer("CP_1", start(tag="abc"), NOW)
    info = IdTagInfo(Status.accepted, "FLEET", "2026-09-21T14:14:20.000Z")  # NOW + 60 s
    assert answer == call_result.StartTransaction(FIRST, info)


def test_a_start_is_kept_as_it_came(ledger: Ledger) -> None:
    number = ledger.answer("CP_1", start(2, "AbC", 1000), NOW).transaction_id
    assert ledger.running("CP_1") == [
        Transaction(number, "CP_1", 2, "AbC", "Accepted", 1000, "2026-09-21T14:00:00Z")
    ]


def test_a_start_that_is_sent_again_gets_the_same_id(ledger: Ledger) -> None:
    first = begin(ledger)
    assert begin(ledger, connector=2) == first + 1
    assert begin(ledger) == first
    assert len(ledger.running("CP_1")) == 2


def test_a_start_that_is_sent_again_gets_the_same_answer_whatever_became_of_its_tag(
    ledger: Ledger,
) -> None:
    ledger.tags.put(Tag("ABC", expires=NOW + 60, parent="FLEET"))
    first = ledger.answer("CP_1", start(tag="ABC"), NOW)
    ledger.tags.put(Tag("ABC", Status.blocked))
    again = ledger.answer("CP_1", start(tag="ABC"), NOW + 120)
    info = IdTagInfo(Status.accepted, "FLEET", "2026-09-21T14:14:20.000Z")  # NOW + 60 s
    assert first == again == call_result.StartTransaction(FIRST, info)


def test_a_start_that_is_sent_again_gets_the_same_answer_whatever_ended_meanwhile(
    ledger: Ledger,
) -> None:
    ledger.tags.put(Tag("ABC"))
    other = begin(ledger, "CP_2", tag="ABC")
    assert verdict(ledger, "CP_1", start(tag="ABC")) == "ConcurrentTx"
    ledger.answer("CP_2", stop(other), NOW)
    assert verdict(ledger, "CP_1", start(tag="ABC")) == "ConcurrentTx"


def test_a_start_that_is_sent_again_after_its_stop_begins_nothing(ledger: Ledger) -> None:
    first = begin(ledger)
    ledger.answer("CP_1", stop(first), NOW)
    assert begin(ledger) == first
    assert ledger.running("CP_1") == []


def test_each_transaction_has_a_higher_id(ledger: Ledger) -> None:
    numbers = [begin(ledger, f"CP_{n}", meter=n) for n in range(3)]
    assert numbers == [FIRST, FIRST + 1, FIRST + 2]


def test_a_start_gets_an_id_whatever_its_content(ledger: Ledger, strict: Ledger) -> None:
    # 4.8: sanity checks should never cause it not to respond.
    bad = call.StartTransaction(-(10**30), "\0\ud800", 10**30, "0000-99-99T\0", 10**30)
    assert ledger.answer("CP_1", bad, NOW) == call_result.StartTransaction(FIRST, ACCEPTED)
    assert ledger.answer("CP_1", bad, NOW).transaction_id == FIRST
    assert verdict(strict, "CP_1", start(tag="nobody")) == "Invalid"


def test_the_status_that_a_start_was_given_is_kept(strict: Ledger) -> None:
    begin(strict)
    assert [each.status for each in strict.running("CP_1")] == ["Invalid"]


# the same tag twice


def test_a_tag_that_runs_elsewhere_is_concurrent(ledger: Ledger) -> None:
    ledger.tags.put(Tag("ABC"))
    assert verdict(ledger, "CP_1", start()) == "Accepted"
    assert verdict(ledger, "CP_2", start(tag="abc")) == "ConcurrentTx"
    assert verdict(ledger, "CP_1", start(connector=2)) == "ConcurrentTx"


def test_the_first_of_two_stays_accepted_when_it_is_sent_again(ledger: Ledger) -> None:
    ledger.tags.put(Tag("ABC"))
    assert verdict(ledger, "CP_1", start()) == "Accepted"
    assert verdict(ledger, "CP_2", start()) == "ConcurrentTx"
    assert verdict(ledger, "CP_1", start()) == "Accepted"
    assert verdict(ledger, "CP_2", start()) == "ConcurrentTx"


def test_a_tag_may_run_again_after_its_stop(ledger: Ledger) -> None:
    ledger.tags.put(Tag("ABC"))
    ledger.answer("CP_1", stop(begin(ledger)), NOW)
    assert verdict(ledger, "CP_2", start()) == "Accepted"


def test_a_start_whose_stop_never_came_holds_nobody_up_once_its_connector_goes_on(
    ledger: Ledger,
) -> None:
    ledger.tags.put(Tag("ABC"))
    begin(ledger)
    assert verdict(ledger, "CP_1", start(meter=2000)) == "Accepted"  # the same connector
    begin(ledger, tag="OTHER", meter=3000)
    assert verdict(ledger, "CP_2", start()) == "Accepted"


def test_a_tag_that_may_and_an_unknown_one_run_as_often_as_they_like(ledger: Ledger) -> None:
    ledger.tags.put(Tag("ABC", concurrent=True))
    for tag in ("ABC", "NEW"):
        assert verdict(ledger, "CP_1", start(tag=tag)) == "Accepted"
        assert verdict(ledger, "CP_2", start(tag=tag)) == "Accepted"


def test_authorize_never_says_concurrent(ledger: Ledger) -> None:
    ledger.tags.put(Tag("ABC"))  # 7.2: ConcurrentTx is relevant for StartTransaction alone
    begin(ledger)
    assert ledger.answer("CP_2", call.Authorize("ABC"), NOW) == call_result.Authorize(ACCEPTED)


def test_a_tag_that_nobody_can_have_is_unknown(strict: Ledger) -> None:
    answer = strict.answer("CP_1", call.Authorize("\0\ud800"), NOW)
    assert answer.id_tag_info.status == "Invalid"


# stopping


def test_a_stop_ends_the_transaction(ledger: Ledger, connection: Connection) -> None:
    number = begin(ledger)
    request = call.StopTransaction(3000, "2026-09-21T15:00:00Z", number, Reason.remote, "abc")
    assert ledger.answer("CP_1", request, NOW) == call_result.StopTransaction(ACCEPTED)
    assert ledger.running("CP_1") == []
    [row] = kept(ledger, connection, transactions)
    ended = (row.meter_stop, row.stopped, row.reason, row.stop_tag, row.stop_at)
    assert ended == (3000, "2026-09-21T15:00:00Z", "Remote", "abc", NOW)
    assert kept(ledger, connection, stray_stops) == []


def test_a_stop_without_a_tag_is_told_nothing_of_one(ledger: Ledger) -> None:
    answer = ledger.answer("CP_1", stop(begin(ledger)), NOW)
    assert answer == call_result.StopTransaction(None)


def test_a_stop_that_is_sent_again_changes_nothing(ledger: Ledger, connection: Connection) -> None:
    number = begin(ledger)
    once = ledger.answer("CP_1", stop(number, tag="ABC"), NOW)
    before = kept(ledger, connection, transactions)
    assert ledger.answer("CP_1", stop(number, tag="ABC"), NOW + 60) == once
    assert kept(ledger, connection, transactions) == before
    assert kept(ledger, connection, stray_stops) == []


def test_the_first_stop_wins_and_another_one_is_kept_aside(
    ledger: Ledger, connection: Connection
) -> None:
    number = begin(ledger)
    ledger.answer("CP_1", stop(number, 3000), NOW)
    assert ledger.answer("CP_1", stop(number, 9000), NOW) == call_result.StopTransaction(None)
    assert kept(ledger, connection, transactions)[0].meter_stop == 3000
    assert [row.meter_stop for row in kept(ledger, connection, stray_stops)] == [9000]


@pytest.mark.parametrize("number", [-1, 7, 10**30])  # -1: errata 3.18
def test_a_stop_of_nothing_known_is_accepted_and_kept_once(
    number: int, ledger: Ledger, connection: Connection
) -> None:
    for _ in range(2):
        answer = ledger.answer("CP_1", stop(number, tag="ABC"), NOW)
        assert answer == call_result.StopTransaction(ACCEPTED)
    [row] = kept(ledger, connection, stray_stops)
    assert row.transaction_id == min(number, 2**63 - 1)
    assert (row.charge_point, row.meter_stop, row.stop_tag) == ("CP_1", 3000, "ABC")


def test_nobody_stops_the_transaction_of_another_charge_point(
    ledger: Ledger, connection: Connection
) -> None:
    number = begin(ledger)
    ledger.answer("CP_2", stop(number), NOW)
    assert [each.id for each in ledger.running("CP_1")] == [number]
    assert [row.charge_point for row in kept(ledger, connection, stray_stops)] == ["CP_2"]


def test_the_data_of_a_stop_are_meter_values_of_its_connector(
    ledger: Ledger, connection: Connection
) -> None:
    number = begin(ledger, connector=2)
    ledger.answer("CP_1", stop(number, data=[sample("1"), sample("2", phase="L1")]), NOW)
    found = {
        (row.connector, row.transaction_id, row.value, row.phase)
        for row in kept(ledger, connection, meter_values)
    }
    assert found == {(2, number, "1", None), (2, number, "2", "L1")}


def test_the_data_of_an_unknown_stop_are_kept_as_well(
    ledger: Ledger, connection: Connection
) -> None:
    ledger.answer("CP_1", stop(-1, data=[sample("1")]), NOW)
    [row] = kept(ledger, connection, meter_values)
    assert (row.connector, row.transaction_id, row.value) == (None, -1, "1")
