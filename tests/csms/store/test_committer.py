"""A group of jobs in one transaction, each with its outcome."""

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from rig.csms.logic.tags import Tag
from rig.csms.store.committer import Committer, PendingJob, StoreFailed
from rig.csms.store.database import Database
from rig.csms.store.ledger import Ledger
from tests.messages import NOW, values

LOG = logging.getLogger("rig.test")


@pytest.fixture
def committer(tmp_path: Path) -> Committer:
    opened = Committer(Database(f"sqlite:///{tmp_path}/csms.db"), "accept", LOG)
    opened.open()
    return opened


def put(id_tag: str) -> Callable[[Ledger], None]:
    return lambda ledger: ledger.tags.put(Tag(id_tag))


def bad(ledger: Ledger) -> None:
    ledger.tags.put(Tag("HALF"))
    raise ValueError("cannot be stored")


def known(committer: Committer) -> list[str]:
    entry = PendingJob(lambda ledger: [tag.id_tag for tag in ledger.tags.all()])
    assert committer.write([entry]) is None
    found: list[str] = entry.outcome
    return found


def test_each_of_a_group_has_its_outcome(committer: Committer) -> None:
    group = [PendingJob(lambda ledger: 7), PendingJob(put("A")), PendingJob(lambda ledger: 8)]
    assert committer.write(group) is None
    assert [entry.outcome for entry in group] == [7, None, 8]
    assert known(committer) == ["A"]


def test_of_a_group_the_bad_one_alone_is_not_stored(committer: Committer) -> None:
    group = [PendingJob(put("A")), PendingJob(bad), PendingJob(put("B"))]
    assert committer.write(group) is None
    assert [type(entry.outcome) for entry in group] == [type(None), StoreFailed, type(None)]
    assert known(committer) == ["A", "B"]


def test_a_database_that_is_gone_stores_nothing_of_a_group(
    committer: Committer, tmp_path: Path
) -> None:
    (tmp_path / "csms.db").rename(tmp_path / "elsewhere.db")
    group = [PendingJob(put("A")), PendingJob(put("B"))]
    assert "moved or removed" in str(committer.write(group))
    assert all(isinstance(entry.outcome, StoreFailed) for entry in group)
    (tmp_path / "elsewhere.db").rename(tmp_path / "csms.db")
    assert known(committer) == []  # by a new connection


def too_many(charge_point: str) -> Callable[[Ledger], None]:
    sampled = [{"value": str(each)} for each in range(1_100)]
    request = values({"timestamp": "2026-09-21T14:30:00Z", "sampled_value": sampled})
    return lambda ledger: ledger.answer(charge_point, request, NOW)


def told(tmp_path: Path) -> list[tuple[str, str]]:
    """The charge points of which samples were left out, and how many."""
    with sqlite3.connect(tmp_path / "csms.db") as other:
        found = other.execute("SELECT charge_point, detail FROM security_events ORDER BY 1")
        return [(charge_point, detail.split()[0]) for charge_point, detail in found]


def test_what_is_left_out_of_messages_is_said_and_once_for_many(
    committer: Committer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        committer.write([PendingJob(too_many("CP_1"))])
    (line,) = caplog.messages
    assert line == (
        "database: 100 samples beyond 1000 of a MeterValues or 10000 of a StopTransaction "
        "left out so far"
    )
    assert told(tmp_path) == [("CP_1", "300")]


def test_what_is_left_out_is_counted_once_beside_a_bad_job(
    committer: Committer, tmp_path: Path
) -> None:
    committer.write([PendingJob(too_many("CP_1")), PendingJob(bad), PendingJob(too_many("CP_2"))])
    assert told(tmp_path) == [("CP_1", "100"), ("CP_2", "100")]
