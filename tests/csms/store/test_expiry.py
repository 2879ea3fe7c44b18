"""What a database need not keep any longer, and what it must."""

from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus
from sqlalchemy import Connection, Table, func, select

from rig.csms.store import expiry
from rig.csms.store.expiry import DAY, Progress, delete_batch
from rig.csms.store.ledger import Ledger
from rig.csms.store.tables import (
    charge_points,
    meter_values,
    security_events,
    statuses,
    stray_stops,
    transactions,
)
from tests.messages import NOW, sample, start, stop, values

KEEP = 30 * DAY
LONG_AGO = NOW - 31 * DAY
OLD = "2026-08-21T00:00:00Z"  # 31 days before NOW
YOUNG = "2026-08-23T00:00:00Z"  # 29 days
STATUS = call.StatusNotification(1, ChargePointErrorCode.no_error, ChargePointStatus.available)


def delete_older(ledger: Ledger) -> list[int]:
    """One pass; how many rows each batch deleted."""
    ledger.flush()
    place: Progress | None = Progress()
    deleted = []
    while place:
        place, number = ledger.delete_batch(place, NOW - KEEP, NOW + KEEP)
        deleted.append(number)
    return deleted


def count(connection: Connection, table: Table) -> int:
    number: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
    return number


def kept_values(connection: Connection) -> list[str]:
    return sorted(connection.execute(select(meter_values.c.value)).scalars())


def begin(ledger: Ledger, at: float, **what: Any) -> int:
    number: int = ledger.answer("CP_1", start(**what), at).transaction_id
    return number


def test_what_charge_points_said_goes_when_it_is_older_and_what_they_are_stays(
    ledger: Ledger, connection: Connection
) -> None:
    for moment, said in ((LONG_AGO, OLD), (NOW - 29 * DAY, YOUNG)):
        ledger.note("CP_1", call.BootNotification("m", "v"), moment)
        ledger.note("CP_1", STATUS, moment)
        ledger.note_security("CP_1", "X", "", moment)
        ledger.answer("CP_1", values(sample("7", said)), moment)
        ledger.answer("CP_1", stop(-1, at=said), moment)
    assert sum(delete_older(ledger)) == 4
    for table in (statuses, security_events, meter_values, stray_stops, charge_points):
        assert count(connection, table) == 1, table.name


def test_a_finished_transaction_goes_with_its_values_by_the_moment_its_stop_came(
    ledger: Ledger, connection: Connection
) -> None:
    old = begin(ledger, LONG_AGO, meter=1)
    ledger.answer("CP_1", stop(old, data=[sample("old", OLD)]), LONG_AGO)
    long = begin(ledger, LONG_AGO, meter=2)
    ledger.answer("CP_1", values(sample("long", OLD), transaction=long), LONG_AGO)
    ledger.answer("CP_1", stop(long), NOW)
    delete_older(ledger)
    assert list(connection.execute(select(transactions.c.id)).scalars()) == [long]
    assert kept_values(connection) == ["long"]


def test_what_runs_stays_with_its_values_however_old(
    ledger: Ledger, connection: Connection
) -> None:
    number = begin(ledger, LONG_AGO)
    ledger.answer("CP_1", values(sample("7", OLD), transaction=number), LONG_AGO)
    delete_older(ledger)
    assert [each.id for each in ledger.running("CP_1")] == [number]
    assert kept_values(connection) == ["7"]


def test_one_whose_stop_never_came_goes_when_a_later_one_began_on_its_connector(
    ledger: Ledger,
) -> None:
    begin(ledger, LONG_AGO, meter=1)
    later = begin(ledger, LONG_AGO, meter=2)
    elsewhere = begin(ledger, LONG_AGO, connector=2)
    delete_older(ledger)
    assert [each.id for each in ledger.running("CP_1")] == [elsewhere, later]


def test_values_are_kept_for_the_transactions_of_their_own_charge_point_alone(
    ledger: Ledger, connection: Connection
) -> None:
    number = begin(ledger, LONG_AGO)
    ledger.answer("CP_2", values(sample("7", OLD), transaction=number), LONG_AGO)
    delete_older(ledger)
    assert kept_values(connection) == []


@pytest.mark.parametrize("moment", ["no moment", "1970-01-01T00:00:00Z", "9999-12-31T00:00:00Z"])
def test_a_sample_whose_moment_makes_no_sense_does_not_stay_for_ever(
    moment: str, ledger: Ledger, connection: Connection
) -> None:
    number = begin(ledger, NOW)
    ledger.answer("CP_1", values(sample("strange", moment)), NOW)
    ledger.answer("CP_1", values(sample("mine", moment), transaction=number), NOW)
    delete_older(ledger)
    assert kept_values(connection) == ["mine"]


def test_no_batch_looks_at_more_rows_than_it_may_and_a_pass_sees_all(
    ledger: Ledger, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "BATCH", 3)
    number = begin(ledger, LONG_AGO)
    for each in range(10):
        ledger.answer("CP_1", values(sample(f"{each}", OLD)), LONG_AGO)
        ledger.answer("CP_1", values(sample("held", OLD, unit=f"{each}"), transaction=number), NOW)
        ledger.answer("CP_1", values(sample("late", f"2027-01-01T00:00:0{each}Z")), LONG_AGO)
    deleted = delete_older(ledger)
    assert max(deleted) <= 3
    assert sum(deleted) == 20
    assert kept_values(connection) == ["held"] * 10


def test_a_batch_that_was_rolled_back_is_deleted_by_the_next_try(
    ledger: Ledger, connection: Connection
) -> None:
    ledger.note_security("CP_1", "X", "", LONG_AGO)
    ledger.flush()
    events = Progress(2)  # after transactions and statuses
    with connection.begin_nested() as savepoint:
        assert delete_batch(connection, events, NOW - KEEP, NOW + KEEP)[1] == 1
        savepoint.rollback()
    assert delete_batch(connection, events, NOW - KEEP, NOW + KEEP)[1] == 1


def test_an_id_that_was_given_is_never_given_again(ledger: Ledger) -> None:
    old = begin(ledger, LONG_AGO)
    ledger.answer("CP_1", stop(old), LONG_AGO)
    delete_older(ledger)
    assert begin(ledger, NOW) == old + 1
