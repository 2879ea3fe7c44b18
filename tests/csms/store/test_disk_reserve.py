"""The database while its disk is down to the reserve."""

import logging
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus

from rig.csms.store.committer import Committer, PendingJob
from rig.csms.store.database import Database
from rig.csms.store.disk_reserve import DiskReserve
from rig.csms.store.ledger import Ledger
from tests.disk import Disk
from tests.disk import disk_fixture as disk_fixture
from tests.messages import NOW, sample, start, stop, values

LOG = logging.getLogger("rig.test")
CALM = call.StatusNotification(1, ChargePointErrorCode.no_error, ChargePointStatus.available)
FAULT = call.StatusNotification(1, ChargePointErrorCode.ground_failure, ChargePointStatus.faulted)
BEGINS = "the disk is down to its reserve: only transactions and errors are stored"
ENDS = "the disk has room again: everything is stored; left out meanwhile: "


@pytest.fixture
def committer(tmp_path: Path) -> Committer:
    opened = Committer(Database(f"sqlite:///{tmp_path}/csms.db"), "accept", LOG)
    opened.open()
    return opened


def asked(committer: Committer, request: Any) -> Any:
    entry = PendingJob(lambda ledger: ledger.answer("CP_1", request, NOW))
    assert committer.write([entry]) is None
    return entry.outcome


def noted(committer: Committer, request: Any) -> None:
    assert committer.write([PendingJob(lambda ledger: ledger.note("CP_1", request, NOW))]) is None


def rows(tmp_path: Path, what: str) -> list[Any]:
    with sqlite3.connect(tmp_path / "csms.db") as other:
        return list(other.execute(f"SELECT {what}"))


def bad(ledger: Ledger) -> None:
    raise ValueError("cannot be stored")


def test_transactions_and_errors_are_stored_and_the_rest_is_answered(
    committer: Committer, disk: Disk, tmp_path: Path
) -> None:
    disk.fill()
    number = asked(committer, start()).transaction_id
    asked(committer, values(sample("1"), sample("2"), transaction=number))
    noted(committer, call.BootNotification("m", "v"))
    noted(committer, CALM)
    noted(committer, FAULT)
    asked(committer, stop(number, data=[sample("3")]))
    asked(committer, stop(-1))
    assert rows(tmp_path, "meter_stop FROM transactions") == [(3000,)]
    assert rows(tmp_path, "count(*) FROM stray_stops") == [(1,)]
    assert rows(tmp_path, "booted_at FROM charge_points") == [(NOW,)]
    assert rows(tmp_path, "error_code FROM statuses") == [("GroundFailure",)]
    assert rows(tmp_path, "count(*) FROM meter_values") == [(0,)]


def test_it_is_said_and_kept_once_when_it_begins_and_once_when_it_ends(
    committer: Committer, disk: Disk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asked(committer, values(sample("1")))
    disk.fill()
    for value in "234":
        asked(committer, values(sample(value)))
    noted(committer, CALM)
    disk.empty()
    for value in "56":
        asked(committer, values(sample(value)))
    ends = f"{ENDS}3 meter values, 1 statuses"
    assert caplog.messages == [f"database: {BEGINS}", f"database: {ends}"]
    events = "charge_point, event, detail FROM security_events ORDER BY at"
    assert rows(tmp_path, events) == [("", "DiskReserve", BEGINS), ("", "DiskReserve", ends)]
    assert rows(tmp_path, "value FROM meter_values ORDER BY value") == [("1",), ("5",), ("6",)]


def test_what_is_left_out_is_counted_once_beside_a_bad_job(
    committer: Committer, disk: Disk, tmp_path: Path
) -> None:
    disk.fill()
    good = PendingJob(lambda ledger: ledger.answer("CP_1", values(sample("1")), NOW))
    committer.write([good, PendingJob(bad)])
    disk.empty()
    asked(committer, values(sample("2")))
    details = [detail for (detail,) in rows(tmp_path, "detail FROM security_events ORDER BY at")]
    assert details == [BEGINS, f"{ENDS}1 meter values"]


def test_what_was_not_committed_is_said_and_kept_later(
    committer: Committer, disk: Disk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk.fill()
    (tmp_path / "csms.db").rename(tmp_path / "elsewhere.db")
    assert committer.write([PendingJob(lambda ledger: None)])
    assert caplog.messages == []
    (tmp_path / "elsewhere.db").rename(tmp_path / "csms.db")
    committer.write([PendingJob(lambda ledger: None)])
    assert caplog.messages == [f"database: {BEGINS}"]
    assert rows(tmp_path, "detail FROM security_events") == [(BEGINS,)]


def test_the_disk_of_a_server_is_its_own(disk: Disk) -> None:
    disk.fill()
    reserve = DiskReserve(Database("postgresql://rig@host/rig").file, LOG)
    assert not reserve.look()
    assert DiskReserve(Database("sqlite://").file, LOG).look() is False
    assert disk.looks == 0
