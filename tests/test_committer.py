"""A group of jobs in one transaction, each with its outcome."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from rig.committer import Committer, Entry, StoreFailed
from rig.database import Database
from rig.ledger import Ledger
from rig.logic.csms.tags import Tag

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
    entry = Entry(lambda ledger: [tag.id_tag for tag in ledger.tags.all()])
    assert committer.write([entry]) is None
    found: list[str] = entry.outcome
    return found


def test_each_of_a_group_has_its_outcome(committer: Committer) -> None:
    group = [Entry(lambda ledger: 7), Entry(put("A")), Entry(lambda ledger: 8)]
    assert committer.write(group) is None
    assert [entry.outcome for entry in group] == [7, None, 8]
    assert known(committer) == ["A"]


def test_of_a_group_the_bad_one_alone_is_not_stored(committer: Committer) -> None:
    group = [Entry(put("A")), Entry(bad), Entry(put("B"))]
    assert committer.write(group) is None
    assert [type(entry.outcome) for entry in group] == [type(None), StoreFailed, type(None)]
    assert known(committer) == ["A", "B"]


def test_a_database_that_is_gone_stores_nothing_of_a_group(
    committer: Committer, tmp_path: Path
) -> None:
    (tmp_path / "csms.db").rename(tmp_path / "elsewhere.db")
    group = [Entry(put("A")), Entry(put("B"))]
    assert "moved or removed" in str(committer.write(group))
    assert all(isinstance(entry.outcome, StoreFailed) for entry in group)
    (tmp_path / "elsewhere.db").rename(tmp_path / "csms.db")
    assert known(committer) == []  # by a new connection
